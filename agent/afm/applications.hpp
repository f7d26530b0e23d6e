// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/afm/json_text.hpp"
#include "agent/model/installed_set.hpp"

namespace agent::afm {

/// `id@version`, what an application is called; a bundle is one application.
[[nodiscard]] std::string application_id(const model::Description& description);
/// ErrorCode::not_found for an application that is not installed, or not in that version.
[[nodiscard]] model::Result<const model::Description*> find_application(
    const model::InstalledSet& set, const std::string& id);

/// The eight keys that say what an application is.
[[nodiscard]] Json detail(const model::Description& description);
[[nodiscard]] Json runnables(const model::InstalledSet& set);
[[nodiscard]] std::vector<model::Description> applications_of(const model::InstalledSet& set);

/// The services of an application's containers; first that of the leader, whose process's id is the
/// runid: the first container that no other one requires.
[[nodiscard]] std::vector<std::string> services_of(const model::Description& description);

/// A container's service, as systemd and the kernel have it.
struct ServiceView {
    std::string active;
    bool frozen = false;
    std::uint32_t main_pid = 0;
    std::vector<std::uint32_t> pids;
};

/// The state of an application of which something does not run yet.
inline constexpr const char* kStarting = "starting";

/// An application that runs.
struct Runner {
    std::uint32_t runid = 0;
    /// The leader of the group first.
    std::vector<std::uint32_t> pids;
    /// "starting", "running" or "paused".
    std::string state;
    std::string id;
    model::BundleId bundle;
    bool operator==(const Runner&) const = default;
};

/// `services` in the order of services_of(). Nothing where the leader does not run, or is about to
/// end.
[[nodiscard]] std::optional<Runner> runner_of(const model::Description& description,
                                              const std::vector<ServiceView>& services);
[[nodiscard]] Json state_of(const Runner& runner);

}  // namespace agent::afm
