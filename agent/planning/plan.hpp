// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/containers/create_spec.hpp"
#include "agent/model/host_packages.hpp"
#include "agent/model/installed_set.hpp"
#include "agent/model/problem.hpp"
#include "agent/planning/data_steps.hpp"
#include "agent/units/render.hpp"

namespace agent::planning {

/// What a bundle has as text, beside what was parsed.
struct BundleTexts {
    /// For the places of what is wrong in it, and to be compared with a scope.
    std::string description = {};
    /// Of the scopes that a base defines, by their names.
    std::map<std::string, std::string> schemas = {};
};

/// A bundle that was read and trusted, and that the request wants installed.
struct Candidate {
    model::Description description;
    model::Sha256 digest;
    /// SHA-256 of the trust anchor's certificate; empty for an unsigned bundle.
    std::string anchor;
    /// File it came from, for messages.
    std::string source;
    /// Bytes of its members.
    std::uint64_t bytes = 0;
    /// A bundle of a kept generation, which is put back: it was admitted once.
    bool kept = false;
    BundleTexts texts = {};
    /// Of a bundle whose images are mounted.
    std::optional<model::InstalledStore> store = std::nullopt;
    /// Of a delta file: the image store that its own is made from, below the kept bundles.
    std::string delta_from = {};
    /// What keeps a delta file from being used, with what to do; empty where nothing does.
    std::string delta_obstacle = {};
    /// Create specs as that generation stored them; used as they are instead of being made anew.
    std::map<model::ContainerName, containers::CreateSpec> specs = {};
};

struct Request {
    /// To be installed, or to take the place of another version.
    std::vector<Candidate> add;
    std::vector<model::BundleId> remove;
    /// Lets a version in that is lower than one that was confirmed here.
    bool allow_downgrade = false;
    /// Lets another trust anchor take over an installed id.
    bool allow_signer_change = false;
    /// Lets a set in that failed its health before.
    bool retry = false;
    /// Deletes the own volumes of add-ons that are removed.
    bool purge = false;
    /// Generation whose set is put back, if it is.
    unsigned restored = 0;
    /// Data of volumes that is put back with a set.
    std::vector<RestoreData> restores = {};
};

/// What the plan depends on beside the installed set and the request.
struct MachineFacts {
    /// Absent where os-release(5) has none that can be read.
    std::optional<model::Version> os_version;
    /// Debian's name, such as amd64.
    std::string architecture;
    /// `machine` of agent.toml.
    std::string machine;
    /// Unit files of the host, by name: names that a bundle cannot take.
    std::map<std::string, std::string> foreign_units;
    /// The highest version of each id that was confirmed on this machine, installed or not.
    std::map<model::BundleId, model::Version> floors;
    /// Sets that failed their health, by set_digest(), and what is known of it, such as "did not
    /// become healthy on 2026-01-02 03:04:05Z: broker.service: failed".
    std::map<model::Sha256, std::string> failed_sets;
    /// Host packages that the candidates want and that are not there as they want them, by
    /// model::to_string(): the version that is installed, empty where none is.
    std::map<std::string, std::string> missing_packages;
    /// What the machine's package manager would do about them; absent where they are not to be
    /// installed.
    std::optional<model::PackageProposal> packages = std::nullopt;
    /// Of the installed bundles that scopes are about, where the request may change what they
    /// allow.
    std::map<model::BundleId, BundleTexts> texts = {};
    /// Secrets in the engine's store; absent where nobody wants any, or the engine is not asked.
    std::optional<std::set<std::string>> secrets = std::nullopt;
    /// Devices that the candidates want and that no container can be created with, by path: why.
    std::map<std::string, std::string> unusable_devices;
    /// Where a candidate has an image store: what keeps this machine from using it, with what to
    /// do, empty where nothing does; and whether its blocks are verified while they are read.
    std::string store_obstacle = {};
    bool store_verity = false;
    /// Bundles of kept generations whose images are mounted, such as "base 1.0.0", and the trust
    /// anchor of each: what is kept is mounted, too.
    std::map<std::string, std::string> kept_stores = {};
    /// Files of the candidates' image stores that are not kept here, by the bundles' ids.
    std::map<model::BundleId, std::string> absent_stores = {};
    /// Number of the generation that the plan would make.
    unsigned next_generation = 1;
    /// Also where volumes may lie.
    units::RenderContext render;
};

/// A directory of the machine that containers mount, and who may do what in it, by gid.
struct PlannedVolume {
    std::string host_path;
    /// For messages: its name, and the bundle that defines it.
    std::string label;
    std::vector<std::uint32_t> read_only;
    std::vector<std::uint32_t> read_write;
    bool operator==(const PlannedVolume&) const = default;
};

/// What an operation will do: shown by --dry-run, executed as it is.
struct Plan {
    /// What is brought in, in the order of their requirements.
    std::vector<Candidate> add;
    /// Versions that those of `add` replace; the others are new.
    std::map<model::BundleId, model::Version> replaced;
    /// In the order in which they stop: a bundle before those that it requires.
    std::vector<model::BundleId> remove;
    /// Asked for, and installed already with the same content.
    std::vector<model::BundleId> unchanged;
    /// The set that is there afterwards.
    model::InstalledSet result;
    /// set_digest() of it.
    model::Sha256 digest;
    /// Every container of what is added, and those of others that find their volumes in another
    /// place, or their groups with another number.
    std::map<model::ContainerName, containers::CreateSpec> specs;
    /// What those mount, and what is added defines, each once; one that lies in another comes after
    /// it.
    std::vector<PlannedVolume> volumes;
    /// Host paths of volumes that are deleted once all is done.
    std::vector<std::string> purge;
    units::RenderedUnits units;
    /// Units to stop before the switch, in this order: all of a bundle that is removed, and of one
    /// that is replaced the services that it has no more.
    std::vector<std::string> stop;
    /// Services whose [Service] section changed while they may run, in the order of
    /// `restart_order`.
    std::vector<std::string> restart;
    /// Those, what systemd restarts with them because it depends on them, and what stops while its
    /// data is worked on, in the order in which
    /// they start: a service after those that it requires. They stop in the reverse order.
    std::vector<std::string> restart_order;
    /// What the restarted ones may be in after too many crashes, as they were and as they will be.
    std::vector<std::string> pauses;
    /// Unit files that are not there afterwards.
    std::vector<std::string> gone;
    /// Targets to start after the switch: of what is new, and of what is replaced and up.
    std::vector<std::string> start;
    /// Units that were not there before, in the order in which they stop.
    std::vector<std::string> added;
    DataPlan data;
    /// Debian packages that are installed first.
    model::PackageProposal host_packages;
    /// Bytes of the bundle files that are read.
    std::uint64_t bytes = 0;

    [[nodiscard]] bool nothing_to_do() const { return add.empty() && remove.empty(); }
};

/// Names of all units that the candidates bring, to be looked up on the host before planning.
[[nodiscard]] std::vector<std::string> unit_names(const std::vector<Candidate>& candidates);
[[nodiscard]] std::vector<std::string> unit_names(const model::Description& bundle);

/// All units of an installed bundle, in the order in which they are stopped.
[[nodiscard]] std::vector<std::string> units_to_stop(const model::InstalledBundle& bundle);

/// The plan, or all reasons against it.
[[nodiscard]] tl::expected<Plan, model::Problems> make_plan(const model::InstalledSet& installed,
                                                            const Request& request,
                                                            const MachineFacts& facts);

/// The units and create specs of a set as it is, for this machine.
[[nodiscard]] units::RenderedUnits render(const model::InstalledSet& set,
                                          const MachineFacts& facts);

}  // namespace agent::planning
