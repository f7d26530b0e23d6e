// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "agent/bus/handles.hpp"
#include "agent/model/result.hpp"

namespace agent::bus {

/// uid of who has sent the call or signal, as the bus knows it.
[[nodiscard]] model::Result<std::uint32_t> sender_uid(sd_bus_message* message);

/// Asks polkit what somebody may do.
class Authority {
  public:
    using Then = std::function<void(model::Result<>)>;
    /// So many answers may be waited for, and so many for one user.
    static constexpr unsigned kMostPending = 64;
    static constexpr unsigned kMostOfOne = 8;

    /// Whether the sender of the call may do the action; `then` is called at once where nobody has
    /// to be asked, as for root, and else with polkit's answer, which may be a person's.
    /// ErrorCode::not_permitted names the action; without polkit only root is let in. The call
    /// lives until then, and so must the authority.
    void check(sd_bus_message* call, const char* action, Then then);
    [[nodiscard]] unsigned pending() const { return pending_; }

  private:
    struct Question;
    static int on_answer(sd_bus_message* reply, void* data, sd_bus_error* error);
    [[nodiscard]] int ask(sd_bus_message* call, const char* action, std::uint32_t uid, Then& then);

    unsigned pending_ = 0;
    std::map<std::uint32_t, unsigned> pending_of_;
};

}  // namespace agent::bus
