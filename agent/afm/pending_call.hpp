// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "agent/afm/failure.hpp"
#include "agent/afm/json_text.hpp"
#include "agent/bus/handles.hpp"

namespace agent::afm {

/// A method call that is answered once, now or later; copies are the same call.
class PendingCall {
  public:
    /// `open` is kept as long as the call is.
    PendingCall(sd_bus_message* message, std::shared_ptr<void> open);

    void answer(const Json& output) const;
    void answer_with_text(const std::string& output) const;
    void refuse(const model::Error& error, Doing doing = Doing::something) const;
    /// With the message as it is, but for what no bus carries.
    void refuse_with_text(const std::string& message) const;

    [[nodiscard]] sd_bus_message* message() const { return message_.get(); }
    /// Whether its caller can be asked for a password.
    [[nodiscard]] bool may_ask() const;

  private:
    std::shared_ptr<sd_bus_message> message_;
    std::shared_ptr<void> open_;
};

}  // namespace agent::afm
