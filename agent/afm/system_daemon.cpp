// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/system_daemon.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "agent/afm/applications.hpp"
#include "agent/afm/outcome.hpp"
#include "agent/bus/authority.hpp"
#include "agent/store/descriptor.hpp"
#include "agent/store/generations.hpp"

namespace agent::afm {

namespace {

using model::ErrorCode;
using model::Result;

/// For the history, where the job makes "login (uid)" of it: the sender, who may leave before.
std::string who_sent(const PendingCall& call) {
    const auto uid = bus::sender_uid(call.message());
    return uid ? "uid " + std::to_string(*uid) : "unknown";
}

/// A pipe or a device must not keep anybody waiting.
Result<store::Descriptor> open_file(const std::string& path) {
    store::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.get() < 0) return model::fail(model::errno_error(errno, "cannot open " + path));
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return model::fail(model::errno_error(errno, path));
    if (!S_ISREG(status.st_mode))
        return model::fail(ErrorCode::usage, path + " is not a regular file");
    return file;
}

int append_who(sd_bus_message* message, const std::string& who) {
    return sd_bus_message_append(message, "a{sv}", 1, "who", "s", who.c_str());
}

}  // namespace

SystemDaemon::SystemDaemon(sd_bus* bus, Jobs& jobs, Authorise authorise, store::Paths paths)
    : jobs_(jobs),
      authorise_(std::move(authorise)),
      paths_(std::move(paths)),
      endpoint_(bus, "system") {
    endpoint_.add("install", [this](const auto& call, const auto& input) { install(call, input); });
    endpoint_.add("uninstall",
                  [this](const auto& call, const auto& input) { uninstall(call, input); });
}

void SystemDaemon::install(const PendingCall& call, const Json& input) {
    const auto request = install_request(input);
    if (!request) return call.refuse(request.error());
    // Before anything of the file is looked at: this program can see more than its callers.
    authorise_(call.message(), "org.updateagent.install",
               [this, call, wanted = *request, who = who_sent(call)](const Result<>& may) {
                   if (!may) return call.refuse(may.error());
                   bring(call, wanted, who);
               });
}

void SystemDaemon::bring(const PendingCall& call, const InstallRequest& request,
                         const std::string& who) {
    const auto file = open_file(request.file);
    if (!file) return call.refuse(file.error());
    const auto fill = [&](sd_bus_message* message) {
        const int result =
            sd_bus_message_append(message, "a(sh)", 1, request.file.c_str(), file->get());
        return result < 0 ? result : append_who(message, who);
    };
    jobs_.run("Install", fill, false,
              [this, call, force = request.force](const Result<JobEnd>& end) {
                  if (!end) return call.refuse(end.error());
                  installed(call, force, *end);
              });
}

void SystemDaemon::installed(const PendingCall& call, bool force, const JobEnd& end) const {
    const auto set = store::Generations(paths_).installed();
    if (!set) return call.refuse(set.error());
    const auto id = added_application(end.document, *set, force);
    if (!id) return call.refuse(id.error());
    endpoint_.tell_changed(change_text("install", *id));
    call.answer({{"added", *id}});
}

void SystemDaemon::uninstall(const PendingCall& call, const Json& input) {
    const auto id = uninstall_request(input);
    if (!id) return call.refuse(id.error());
    authorise_(call.message(), "org.updateagent.remove",
               [this, call, application = *id, who = who_sent(call)](const Result<>& may) {
                   if (!may) return call.refuse(may.error());
                   take_away(call, application, who);
               });
}

void SystemDaemon::take_away(const PendingCall& call, const std::string& id,
                             const std::string& who) {
    const auto set = store::Generations(paths_).installed();
    if (!set) return call.refuse(set.error());
    const auto application = find_application(*set, id);
    if (!application) return call.refuse(application.error());
    const auto fill = [&](sd_bus_message* message) {
        const int result =
            sd_bus_message_append(message, "as", 1, (*application)->id.value().c_str());
        return result < 0 ? result : append_who(message, who);
    };
    jobs_.run("Remove", fill, false, [this, call, id](const Result<JobEnd>& end) {
        if (!end) return call.refuse(end.error());
        endpoint_.tell_changed(change_text("uninstall", id));
        call.answer(true);
    });
}

}  // namespace agent::afm
