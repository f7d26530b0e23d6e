// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bus/authority.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace agent::bus {

namespace {

using model::ErrorCode;
using model::Result;

/// A person may have to find a password.
constexpr std::uint64_t kPersonTakes = 120'000'000;
constexpr std::uint64_t kPolkitTakes = 10'000'000;
constexpr std::uint32_t kAllowInteraction = 1;

struct CredsUnref {
    void operator()(sd_bus_creds* creds) const { sd_bus_creds_unref(creds); }
};

model::Error refusal(const std::string& action, const std::string& why) {
    return {ErrorCode::not_permitted,
            "this needs the right " + action + ", " + why +
                "; call as root, with --interactive where a password gives it, or let a rule of "
                "polkit give it"};
}

Result<> judge(sd_bus_message* reply, const std::string& action) {
    if (const auto* error = sd_bus_message_get_error(reply); error != nullptr) {
        const std::string_view name = error->name;
        if (name == SD_BUS_ERROR_SERVICE_UNKNOWN || name == SD_BUS_ERROR_NAME_HAS_NO_OWNER)
            return model::fail(refusal(action, "and polkit is not installed"));
        return model::fail(
            refusal(action, std::string("and polkit does not answer: ") +
                                (error->message != nullptr ? error->message : error->name)));
    }
    int authorized = 0;
    int challenge = 0;
    if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
        sd_bus_message_read(reply, "bb", &authorized, &challenge) < 0)
        return model::fail(refusal(action, "and polkit gives no answer that is understood"));
    if (authorized != 0) return {};
    return model::fail(refusal(
        action, challenge != 0 ? "which has to be authenticated for" : "which the caller has not"));
}

}  // namespace

struct Authority::Question {
    Authority& authority;
    Message call;
    std::string action;
    std::uint32_t uid;
    Then then;
};

Result<std::uint32_t> sender_uid(sd_bus_message* message) {
    sd_bus_creds* raw = nullptr;
    int result = sd_bus_query_sender_creds(message, SD_BUS_CREDS_EUID, &raw);
    const std::unique_ptr<sd_bus_creds, CredsUnref> creds(raw);
    uid_t uid = 0;
    if (result >= 0) result = sd_bus_creds_get_euid(raw, &uid);
    if (result < 0)
        return model::fail(ErrorCode::not_permitted, "it is not known who calls, or he has left");
    return uid;
}

int Authority::on_answer(sd_bus_message* reply, void* data, sd_bus_error* /*error*/) {
    const std::unique_ptr<Question> question(static_cast<Question*>(data));
    auto& authority = question->authority;
    --authority.pending_;
    if (--authority.pending_of_[question->uid] == 0) authority.pending_of_.erase(question->uid);
    question->then(judge(reply, question->action));
    return 1;
}

int Authority::ask(sd_bus_message* call, const char* action, std::uint32_t uid, Then& then) {
    auto* bus = sd_bus_message_get_bus(call);
    sd_bus_message* raw = nullptr;
    int result = sd_bus_message_new_method_call(
        bus, &raw, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
        "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
    const Message question(raw);
    const bool interactive = sd_bus_message_get_allow_interactive_authorization(call) > 0;
    if (result >= 0)
        result = sd_bus_message_append(raw, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                                       sd_bus_message_get_sender(call), action, 0,
                                       interactive ? kAllowInteraction : 0U, "");
    if (result < 0) return result;
    auto asked = std::make_unique<Question>(Question{.authority = *this,
                                                     .call = Message(sd_bus_message_ref(call)),
                                                     .action = action,
                                                     .uid = uid,
                                                     .then = std::move(then)});
    // A bus that ends answers every call, with an error, so that the question is always freed.
    result = sd_bus_call_async(bus, nullptr, raw, on_answer, asked.get(),
                               interactive ? kPersonTakes : kPolkitTakes);
    if (result < 0) {
        then = std::move(asked->then);
        return result;
    }
    static_cast<void>(asked.release());
    ++pending_;
    ++pending_of_[uid];
    return result;
}

void Authority::check(sd_bus_message* call, const char* action, Then then) {
    const auto uid = sender_uid(call);
    if (!uid) return then(model::fail(uid.error()));
    if (*uid == 0) return then({});
    const auto of_one = pending_of_.find(*uid);
    if (pending_ >= kMostPending || (of_one != pending_of_.end() && of_one->second >= kMostOfOne))
        return then(model::fail(ErrorCode::busy, "too many callers wait to be let in; try again"));
    if (ask(call, action, *uid, then) < 0)
        then(model::fail(refusal(action, "and polkit cannot be asked")));
}

}  // namespace agent::bus
