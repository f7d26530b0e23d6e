// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <set>
#include <string>
#include <vector>

#include "agent/planning/plan.hpp"

namespace agent::planning {

/// What a request brings that is not installed with the same content. That is not judged again:
/// the host may have changed since, and there is nothing to do.
using Brought = std::vector<const Candidate*>;

/// Each adds its reasons against the request to `problems`.

/// Whether this machine may run the bundle: os, architectures, compatible.
void check_machine(const Candidate& candidate, const MachineFacts& facts,
                   model::Problems& problems);
/// Whether dpkg has the packages that the bundle wants on the host, or they can be installed.
void check_host_packages(const Candidate& candidate, const MachineFacts& facts,
                         model::Problems& problems);
/// What keeps the missing ones of all bundles from being installed together.
void check_package_proposal(const MachineFacts& facts, model::Problems& problems);
/// Whether the engine's store has the secrets that its containers are given.
void check_secrets(const Candidate& candidate, const MachineFacts& facts,
                   model::Problems& problems);
/// Whether its images can be used where they are to be mounted: by this machine, by its containers,
/// and beside those of the other bundles of the resulting set.
void check_image_store(const Candidate& candidate, const model::InstalledSet& result,
                       const MachineFacts& facts, model::Problems& problems);
/// Whether what is installed still has the image store that it would be said to have.
void check_kept_store(const Candidate& candidate, const MachineFacts& facts,
                      model::Problems& problems);
/// Whether the machine has the devices of the bundle's containers.
void check_devices(const Candidate& candidate, const MachineFacts& facts,
                   model::Problems& problems);
/// Whether the resulting set is whole: every requirement there in a version of its range, one base,
/// no bundle that requires itself over others. A requirement that is removed is check_removal()'s.
void check_requirements(const model::InstalledSet& result, const std::set<model::BundleId>& removed,
                        model::Problems& problems);
/// Whether every name belongs to one: ids and containers among the bundles, units on the host.
void check_names(const model::InstalledSet& result, const Brought& brought,
                 const MachineFacts& facts, model::Problems& problems);
/// Whether every volume and group that the resulting set names is there for who names it, and
/// whether the places and gids of what is brought are allowed and belong to one bundle.
void check_volumes(const model::InstalledSet& result, const Brought& brought,
                   const model::VolumeRoots& roots, model::Problems& problems);
/// Whether every schema that is brought can be used, and every add-on with a scope is what the
/// schema of its base allows.
void check_scopes(const model::InstalledSet& result, const Brought& brought,
                  const MachineFacts& facts, model::Problems& problems);
/// Whether a candidate may take the place of what is installed with its id: by its version, its
/// content and its signer.
void check_successor(const Candidate& candidate, const model::InstalledBundle& there,
                     const Request& request, model::Problems& problems);
/// Whether its version is not lower than one that was confirmed here.
void check_floor(const Candidate& candidate, const Request& request, const MachineFacts& facts,
                 model::Problems& problems);
/// Whether the set with that digest did not fail its health before.
void check_failed_sets(const model::Sha256& digest, const MachineFacts& facts,
                       model::Problems& problems);
/// Whether what is removed is installed, and not required by what the result has.
void check_removal(const model::InstalledSet& installed, const model::InstalledSet& result,
                   const std::set<model::BundleId>& removed, model::Problems& problems);

/// Ids in the order of their requirements, those without any first and by name. A cycle, which
/// no installed set has, is begun at the first of its names.
[[nodiscard]] std::vector<model::BundleId> by_requirements(const model::InstalledSet& set);

/// `ID VERSION`.
[[nodiscard]] std::string label(const model::Description& description);
/// With commas between.
[[nodiscard]] std::string joined(const std::vector<std::string>& words);

}  // namespace agent::planning
