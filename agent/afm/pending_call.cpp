// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/pending_call.hpp"

#include "agent/afm/say.hpp"
#include "agent/bus/text.hpp"

namespace agent::afm {

PendingCall::PendingCall(sd_bus_message* message, std::shared_ptr<void> open)
    : message_(sd_bus_message_ref(message), bus::Unref()), open_(std::move(open)) {}

// A caller that has gone away meanwhile hears nothing.

void PendingCall::answer(const Json& output) const {
    answer_with_text(print_json(output));
}

void PendingCall::answer_with_text(const std::string& output) const {
    say(2, output);
    static_cast<void>(sd_bus_reply_method_return(message_.get(), "s", output.c_str()));
}

void PendingCall::refuse(const model::Error& error, Doing doing) const {
    refuse_with_text(failure_message(error, doing));
}

void PendingCall::refuse_with_text(const std::string& message) const {
    const auto sent = bus::sendable(message);
    say(message.starts_with(kFault) ? 0 : 1, sent);
    static_cast<void>(
        sd_bus_reply_method_errorf(message_.get(), SD_BUS_ERROR_FAILED, "%s", sent.c_str()));
}

bool PendingCall::may_ask() const {
    return sd_bus_message_get_allow_interactive_authorization(message_.get()) > 0;
}

}  // namespace agent::afm
