// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "agent/afm/endpoint.hpp"
#include "agent/afm/jobs.hpp"
#include "agent/afm/requests.hpp"
#include "agent/store/paths.hpp"

namespace agent::afm {

/// org.AGL.afm.system on the system bus: installs and removes, on behalf of whom polkit lets.
class SystemDaemon {
  public:
    /// Asks whether the sender of a call may do something; ErrorCode::not_permitted where not.
    using Authorise = std::function<void(sd_bus_message* call, const char* action,
                                         std::function<void(model::Result<>)> then)>;

    static constexpr const char* kName = "org.AGL.afm.system";

    SystemDaemon(sd_bus* bus, Jobs& jobs, Authorise authorise, store::Paths paths);
    [[nodiscard]] model::Result<> publish() { return endpoint_.publish(); }
    /// Whether somebody waits for an answer.
    [[nodiscard]] bool is_working() const { return endpoint_.is_answering(); }

  private:
    void install(const PendingCall& call, const Json& input);
    void uninstall(const PendingCall& call, const Json& input);
    /// `who` asked, for the history.
    void bring(const PendingCall& call, const InstallRequest& request, const std::string& who);
    void take_away(const PendingCall& call, const std::string& id, const std::string& who);
    void installed(const PendingCall& call, bool force, const JobEnd& end) const;

    Jobs& jobs_;
    Authorise authorise_;
    store::Paths paths_;
    Endpoint endpoint_;
};

}  // namespace agent::afm
