// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/service_request.hpp"

#include <optional>

namespace agent::cli {

namespace {

using model::Result;

client::Request request(const char* method, const char* right) {
    client::Request request;
    request.method = method;
    request.action = std::string("org.updateagent.") + right;
    return request;
}

void add_flag(client::Request& request, const char* name, bool is_set) {
    if (is_set) request.flags.emplace_back(name);
}

/// All files that cannot be opened are told, as where they are read.
Result<> open_files(const std::vector<std::filesystem::path>& paths, ServiceRequest& asked) {
    std::optional<model::Error> first;
    std::vector<client::File> files;
    for (const auto& path : paths) {
        auto opened = bundle::open_regular(path);
        if (!opened) {
            first = first ? first->followed_by(opened.error()) : opened.error();
            continue;
        }
        files.push_back({path.string(), opened->get()});
        asked.files.push_back(std::move(*opened));
    }
    if (first) return model::fail(*first);
    asked.request.subjects = std::move(files);
    return {};
}

Result<ServiceRequest> asked_for(const Install& command) {
    ServiceRequest asked{request("Install", "install"), {}};
    add_flag(asked.request, "allow-downgrade", command.allow_downgrade);
    add_flag(asked.request, "allow-signer-change", command.allow_signer_change);
    add_flag(asked.request, "retry", command.retry);
    add_flag(asked.request, "install-host-packages", command.install_host_packages);
    TRY(open_files(command.files, asked));
    return asked;
}

ServiceRequest asked_for(const Remove& command) {
    ServiceRequest asked{request("Remove", "remove"), {}};
    add_flag(asked.request, "purge", command.purge);
    add_flag(asked.request, "retry", command.retry);
    asked.request.subjects = command.ids;
    return asked;
}

ServiceRequest asked_for(const Rollback& command) {
    ServiceRequest asked{request("Rollback", "rollback"), {}};
    add_flag(asked.request, "retry", command.retry);
    asked.request.generation = command.generation;
    return asked;
}

ServiceRequest asked_for(const Verify& command) {
    ServiceRequest asked{request("Verify", command.repair ? "install" : "query"), {}};
    add_flag(asked.request, "repair", command.repair);
    return asked;
}

ServiceRequest control(const char* method, const std::vector<std::string>& names) {
    ServiceRequest asked{request(method, "manage-units"), {}};
    asked.request.subjects = names;
    return asked;
}

ServiceRequest asked_for(const Start& command) {
    return control("Start", command.names);
}
ServiceRequest asked_for(const Stop& command) {
    return control("Stop", command.names);
}
ServiceRequest asked_for(const Restart& command) {
    return control("Restart", command.names);
}
ServiceRequest asked_for(const Pause& command) {
    return control("Pause", command.names);
}
ServiceRequest asked_for(const Resume& command) {
    return control("Resume", command.names);
}

template <typename Other>
Result<ServiceRequest> asked_for(const Other& /*command*/) {
    return model::fail(model::ErrorCode::internal, "the service has no such method");
}

}  // namespace

Result<ServiceRequest> service_request(const Command& command) {
    return std::visit([](const auto& each) -> Result<ServiceRequest> { return asked_for(each); },
                      command);
}

}  // namespace agent::cli
