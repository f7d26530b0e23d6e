// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/client/service.hpp"

#include <cerrno>
#include <system_error>

#include "agent/bus/names.hpp"
#include "agent/client/conversation.hpp"
#include "agent/client/failures.hpp"
#include "agent/client/job_state.hpp"
#include "agent/client/request_message.hpp"

namespace agent::client {

using model::ErrorCode;
using model::Result;
using std::chrono::steady_clock;

namespace {

/// Whoever looks at a job has this right, polkit willing.
constexpr const char* kQueryAction = "org.updateagent.query";
/// The first cancelling is for the job, the second one for those who wait for it.
constexpr unsigned kLeaves = 2;

/// A machine without a bus is none where a service should be.
Absent unreachable(int result) {
    return {.why = "the system bus cannot be reached: " + std::generic_category().message(-result),
            .failed = result != -ENOENT && result != -ECONNREFUSED};
}

Absent not_there(const Failure& failure) {
    return {.why = "the service is not there: " + failure.message,
            .failed = !means_absent(failure.name)};
}

}  // namespace

class Service::State {
  public:
    explicit State(const ServiceOptions& options) : options_(options), talk_(options.look) {}

    tl::expected<void, Absent> reach();
    Result<std::variant<Job, Absent>> ask(const Request& request, Watcher& watcher);

    struct Manner {
        /// So many times somebody cancels until the job is left to itself.
        unsigned leaves = kLeaves;
        /// Whether the job is told of it.
        bool cancels = true;
        /// It may have ended already.
        bool ask_first = false;
    };
    Result<Ended> follow(Job job, Watcher& watcher, const Manner& manner);

  private:
    bus::Message new_call(const std::string& path, const char* interface, const char* method) const;
    void cancel(Job job);
    Result<std::optional<Ended>> properties(Job job, const Watcher& watcher, const Manner& manner);
    std::optional<model::Error> judge(const Failure& failure, Job job, const Manner& manner) const;
    Conversation::Reply ask_properties(Job job, const Conversation::Leaves& leaves) const;
    std::optional<Ended> take_in(const Event& event, const std::string& path, Watcher& watcher);

    ServiceOptions options_;
    Conversation talk_;
    /// The service's unique name: others may send signals, too.
    std::string owner_;
    /// Another process has the name now, or nobody.
    bool changed_hands_ = false;
};

bus::Message Service::State::new_call(const std::string& path, const char* interface,
                                      const char* method) const {
    sd_bus_message* raw = nullptr;
    static_cast<void>(sd_bus_message_new_method_call(talk_.get(), &raw, bus::kName, path.c_str(),
                                                     interface, method));
    return bus::Message(raw);
}

tl::expected<void, Absent> Service::State::reach() {
    const int opened = talk_.open(options_.connect);
    if (opened < 0) return tl::unexpected(unreachable(opened));
    sd_bus_message* raw = nullptr;
    const char* daemon = "org.freedesktop.DBus";
    int result = sd_bus_message_new_method_call(talk_.get(), &raw, daemon, "/org/freedesktop/DBus",
                                                daemon, "StartServiceByName");
    const bus::Message request(raw);
    if (result >= 0) result = sd_bus_message_append(raw, "su", bus::kName, 0U);
    if (result < 0) return tl::unexpected(unreachable(result));
    const auto reply = talk_.call(request, options_.start, [] { return false; });
    if (!reply) return tl::unexpected(not_there(reply.error()));
    return {};
}

Result<std::variant<Job, Absent>> Service::State::ask(const Request& request, Watcher& watcher) {
    const std::string what = "asking the service to " + request.method;
    bus::Message message;
    int result = make_message(talk_.get(), request, message);
    if (result >= 0)
        result = sd_bus_message_set_allow_interactive_authorization(message.get(),
                                                                    options_.interactive ? 1 : 0);
    if (result < 0) return model::fail(model::errno_error(-result, what));
    const auto reply =
        talk_.call(message, options_.interactive ? options_.interactive_call : options_.call,
                   [&watcher] { return watcher.cancellations() >= kLeaves; });
    if (!reply && means_absent(reply.error().name)) return not_there(reply.error());
    if (!reply) return model::fail(told(reply.error(), what, request.action));
    owner_ = sender_of(reply->get());
    const char* path = nullptr;
    const auto job =
        sd_bus_message_read(reply->get(), "o", &path) > 0 ? job_of(path) : std::nullopt;
    if (!job) return model::fail(ErrorCode::internal, what + ": the answer is no job");
    return *job;
}

void Service::State::cancel(Job job) {
    const auto request = new_call(path_of(job), bus::kJobInterface, "Cancel");
    if (request != nullptr) talk_.tell(request, options_.call);
}

Conversation::Reply Service::State::ask_properties(Job job,
                                                   const Conversation::Leaves& leaves) const {
    const auto request = new_call(path_of(job), "org.freedesktop.DBus.Properties", "GetAll");
    if (request == nullptr || sd_bus_message_append(request.get(), "s", bus::kJobInterface) < 0)
        return tl::unexpected(Failure{Failure::Kind::no_connection, {}, {}});
    return talk_.call(request, options_.call, leaves);
}

/// An error, or nothing where it is worth asking again.
std::optional<model::Error> Service::State::judge(const Failure& failure, Job job,
                                                  const Manner& manner) const {
    if (failure.kind == Failure::Kind::left) return left(job);
    if (failure.kind == Failure::Kind::no_connection) return lost_connection(job);
    if (means_no_object(failure.name))
        return manner.ask_first && !changed_hands_ ? unknown_job(job) : lost_job(job, {});
    if (means_away(failure.name)) return std::nullopt;
    return told(failure, "asking for job " + std::to_string(job), kQueryAction);
}

/// What it has ended with, if it has; a service that is away is waited for.
Result<std::optional<Ended>> Service::State::properties(Job job, const Watcher& watcher,
                                                        const Manner& manner) {
    const auto leaves = [&] { return watcher.cancellations() >= manner.leaves; };
    const auto deadline = steady_clock::now() + options_.absence;
    auto reply = ask_properties(job, leaves);
    while (!reply) {
        if (auto error = judge(reply.error(), job, manner)) return model::fail(std::move(*error));
        const auto now = steady_clock::now();
        if (now >= deadline) return model::fail(lost_job(job, reply.error().message));
        while (steady_clock::now() < now + options_.look)
            if (!talk_.wait()) return model::fail(lost_connection(job));
        reply = ask_properties(job, leaves);
    }
    owner_ = sender_of(reply->get());
    std::optional<Ended> ended;
    const int result = read_state(reply->get(), ended);
    if (result < 0) return model::fail(model::errno_error(-result, "reading " + path_of(job)));
    return ended;
}

std::optional<Ended> Service::State::take_in(const Event& event, const std::string& path,
                                             Watcher& watcher) {
    switch (event.kind) {
        case Event::Kind::owner:
            changed_hands_ = changed_hands_ || event.text != owner_;
            owner_ = event.text;
            break;
        case Event::Kind::refusal:
            watcher.note("it cannot be cancelled: " + event.text);
            break;
        case Event::Kind::progress:
            if (event.sender == owner_ && event.path == path) watcher.record(event.text);
            break;
        case Event::Kind::ended:
            if (event.sender == owner_ && event.path == path) return event.ended;
            break;
    }
    return std::nullopt;
}

Result<Ended> Service::State::follow(Job job, Watcher& watcher, const Manner& manner) {
    const auto path = path_of(job);
    bool asked_to_cancel = false;
    bool look = manner.ask_first;
    for (;;) {
        while (const auto event = talk_.next())
            if (auto ended = take_in(*event, path, watcher)) return *ended;
        const auto cancellations = watcher.cancellations();
        if (cancellations >= manner.leaves) return model::fail(left(job));
        if (cancellations > 0 && manner.cancels && !asked_to_cancel) {
            asked_to_cancel = true;
            watcher.note("job " + std::to_string(job) +
                         " is asked to cancel; Ctrl-C once more leaves it to itself");
            cancel(job);
        }
        if (look || changed_hands_) {
            TRY_ASSIGN(const auto ended, properties(job, watcher, manner));
            if (ended) return *ended;
            look = changed_hands_ = false;
            continue;
        }
        if (!talk_.wait()) return model::fail(lost_connection(job));
    }
}

Service::Service(std::unique_ptr<State> state) : state_(std::move(state)) {}
Service::Service(Service&&) noexcept = default;
Service& Service::operator=(Service&&) noexcept = default;
Service::~Service() = default;

tl::expected<Service, Absent> Service::reach(const ServiceOptions& options) {
    auto state = std::make_unique<State>(options);
    if (auto reached = state->reach(); !reached) return tl::unexpected(std::move(reached).error());
    return Service(std::move(state));
}

Result<std::variant<Job, Absent>> Service::ask(const Request& request, Watcher& watcher) {
    return state_->ask(request, watcher);
}

Result<Ended> Service::follow(Job job, Watcher& watcher) {
    return state_->follow(job, watcher, {});
}

Result<Ended> Service::watch(Job job, Watcher& watcher) {
    return state_->follow(job, watcher, {.leaves = 1, .cancels = false, .ask_first = true});
}

}  // namespace agent::client
