// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/host/service_manager.hpp"

namespace agent::operations {

/// A container whose health decides over an operation.
struct WatchedContainer {
    std::string service;
    std::string podman_name;
    /// Whether the description has a health check, which must say healthy.
    bool health_check = false;
};

struct HealthBounds {
    std::chrono::milliseconds start_timeout;
    /// How long all must stay up with the same InvocationID.
    std::chrono::milliseconds settle_time;
};

/// One look at one container.
struct HealthSample {
    host::UnitState unit;
    /// Of the health check; empty without one.
    std::string check;
};

/// A container that is not healthy.
struct Unhealthy {
    std::string service;
    /// Why, in one line that begins with the unit.
    std::string text;
    /// Its last two runs that were looked at, the newest first, and the first one: the journal of
    /// systemd 257 has all lines of a container that was restarted directly under that. An empty
    /// one at the end stands for all runs since the boot: of a start that was refused nobody wrote.
    std::vector<std::string> invocations;
};

/// The judgement over a set of containers, from looks at it in the order of time. Pure: time is
/// given with each look.
class HealthJudge {
  public:
    enum class Verdict { pending, healthy, unhealthy };

    HealthJudge(std::vector<WatchedContainer> containers, HealthBounds bounds)
        : containers_(std::move(containers)), bounds_(bounds) {}

    /// `since_start` counts from the moment the containers were started; `samples` in the order of
    /// the containers.
    Verdict look(std::chrono::milliseconds since_start, const std::vector<HealthSample>& samples);
    /// Why it is unhealthy, as of the last look.
    [[nodiscard]] const std::vector<Unhealthy>& reasons() const { return reasons_; }

  private:
    struct Start {
        std::string invocation;
        std::string invocation_before;
        std::string first_invocation;
        unsigned count = 0;
        /// Of a container that was up at the first look: what happened before it is not counted.
        unsigned restarts_before = 0;
    };
    /// Whether it is another run than at the last look.
    bool count_start(const HealthSample& sample);
    [[nodiscard]] bool failed_for_good(const HealthSample& sample);
    [[nodiscard]] Unhealthy reason_of(const HealthSample& sample);
    [[nodiscard]] static bool up(const WatchedContainer& container, const HealthSample& sample);

    std::vector<WatchedContainer> containers_;
    HealthBounds bounds_;
    std::map<std::string, Start> starts_;
    std::optional<std::chrono::milliseconds> all_up_since_;
    std::vector<Unhealthy> reasons_;
};

/// "broker.service: failed (failed), exit-code, status 3, restarted 4 times".
[[nodiscard]] std::string describe(const host::UnitState& unit);

}  // namespace agent::operations
