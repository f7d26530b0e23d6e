// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "agent/containers/create_spec.hpp"

namespace agent::planning {

/// How long an init container may run whose description does not say.
inline constexpr std::chrono::minutes kDefaultMaxWait{5};

/// One run of an init container.
struct InitRun {
    containers::CreateSpec spec;
    std::chrono::milliseconds max_wait{};
    /// Host paths of the volumes that it can write to.
    std::vector<std::string> writes;
};

/// A volume that gets the data back that it had when the set was left that is put back.
struct RestoreData {
    std::string host_path;
    std::string snapshot;
    bool operator==(const RestoreData&) const = default;
};

struct PlannedCopy {
    std::string from;
    /// Of the volume.
    std::string host_path;
    std::string to;
};

/// What comes from one file provider.
struct ProviderCopy {
    model::BundleId bundle;
    model::Sha256 image;
    /// For messages: "file-providers[0]".
    std::string key;
    std::vector<PlannedCopy> copies;
};

/// How the files of providers change with a set; also where they stay, so that it is known of the
/// new generation, too, which they are.
struct FileChange {
    /// Bundles whose files go.
    std::vector<model::BundleId> remove = {};
    std::vector<ProviderCopy> copies = {};
    /// Bundles whose files come back with the data of their volumes, and the generation that knows
    /// them.
    std::vector<model::BundleId> back = {};
    unsigned back_from = 0;
    /// Host paths of volumes.
    std::vector<std::string> writes = {};
};

using DataStep = std::variant<FileChange, RestoreData, InitRun>;
/// Host paths of the volumes that it writes to.
[[nodiscard]] std::vector<std::string> writes_of(const DataStep& step);

/// What a plan does with the data of its bundles, in this order.
struct DataPlan {
    /// Before anything is stopped, because no container has these volumes.
    std::vector<DataStep> early = {};
    /// While those of `hold` are stopped.
    std::vector<DataStep> late = {};
    /// Services of the installed set that have volumes of `late`, and what stops with them, but for
    /// those that are stopped for good; in the order in which they start.
    std::vector<std::string> hold = {};
    /// Bundles of those.
    std::vector<model::BundleId> hold_bundles = {};
};

/// In the order in which they run.
[[nodiscard]] std::vector<InitRun> init_runs(const DataPlan& data);
/// What the steps write to, sorted: of that there are snapshots before the first of them.
[[nodiscard]] std::vector<std::string> writes_of(const std::vector<DataStep>& steps);

}  // namespace agent::planning
