// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/model/installed_set.hpp"
#include "agent/store/paths.hpp"

namespace agent::store {

/// What generation.toml says beside the set itself.
struct GenerationInfo {
    unsigned number = 0;
    unsigned parent = 0;
    /// Such as `install mqtt-base 1.0.0`.
    std::string reason;
    model::SystemTime time;
    /// Major version of the systemd that the units were rendered for.
    unsigned systemd_version = 0;
    /// Images in the engine that the agent brought there, for this generation or an earlier one;
    /// no other one is ever removed.
    std::set<model::Sha256> brought_images = {};
    bool operator==(const GenerationInfo&) const = default;
};

/// Everything of a new generation; immutable once written.
struct Generation {
    GenerationInfo info;
    model::InstalledSet set;
    /// File name to text: units/
    std::map<std::string, std::string> units;
    /// Targets linked in units/installed-bundles.target.wants/
    std::vector<std::string> wants;
    bool has_devices = false;
    /// Container name to text: containers/
    std::map<std::string, std::string> containers;
};

/// `generations/<n>.state`: what became of a generation, kept beside it.
struct GenerationState {
    bool confirmed = false;
    unsigned boots = 0;
    bool operator==(const GenerationState&) const = default;
};

/// The generations on disk, and the link that says which one is current.
class Generations {
  public:
    explicit Generations(Paths paths) : paths_(std::move(paths)) {}

    /// Number that the link names; 0 where there is none. ErrorCode::invalid for a link elsewhere.
    /// Reads nothing but the link.
    [[nodiscard]] model::Result<unsigned> current() const;
    /// Sorted numbers of the generations that are there.
    [[nodiscard]] model::Result<std::vector<unsigned>> list() const;
    /// Generation 0 is the empty set, there or not. ErrorCode::not_found for another one that is
    /// not there, ErrorCode::conflict for one that a newer agent wrote.
    [[nodiscard]] model::Result<model::InstalledSet> read_set(unsigned number) const;
    [[nodiscard]] model::Result<GenerationInfo> read_info(unsigned number) const;
    /// The set of the current generation.
    [[nodiscard]] model::Result<model::InstalledSet> installed() const;
    /// Unit file name to text; works on a generation that a newer agent wrote.
    [[nodiscard]] model::Result<std::map<std::string, std::string>> read_units(
        unsigned number) const;
    /// Container name to text of containers/<name>; works as read_units() does.
    [[nodiscard]] model::Result<std::map<std::string, std::string>> read_containers(
        unsigned number) const;

    /// One more than the highest number that is there or current.
    [[nodiscard]] model::Result<unsigned> next_number() const;
    /// Writes the generation into a temporary directory, each bundle's manifest, signature and
    /// description from its kept bundle directory, syncs it, reads it back and renames it to its
    /// number. ErrorCode::internal for a number that is there, for a name that is no file name,
    /// and for a set that does not read back as it is.
    [[nodiscard]] model::Result<> write(const Generation& generation) const;
    /// Makes the directories, an empty generation 0, and the link to it if there is no link.
    /// Changes nothing where a set is installed.
    [[nodiscard]] model::Result<> ensure_initial() const;
    /// Makes it the current one by one rename of the link: the commit point.
    [[nodiscard]] model::Result<> switch_to(unsigned number) const;
    /// Makes a link to the current generation, which a later switch back to it takes instead of
    /// making one: there may be no room for it then. It is one of the leftovers.
    [[nodiscard]] model::Result<> keep_way_back() const;
    /// Removes the generation and its state; never the current one (ErrorCode::internal).
    [[nodiscard]] model::Result<> remove(unsigned number) const;
    /// What interrupted writes and removals left anywhere in the state, or what a running operation
    /// has begun.
    [[nodiscard]] model::Result<std::vector<std::filesystem::path>> leftovers() const;
    /// Removes what interrupted writes and removals left anywhere in the state. Only for the holder
    /// of the lock: it cannot tell them from those of a running operation.
    [[nodiscard]] model::Result<> remove_leftovers() const;

    /// A missing file is the default state.
    [[nodiscard]] model::Result<GenerationState> read_state(unsigned number) const;
    [[nodiscard]] model::Result<> write_state(unsigned number, const GenerationState& state) const;

  private:
    [[nodiscard]] std::filesystem::path way_back() const;
    [[nodiscard]] model::Result<> ensure_empty_generation() const;
    [[nodiscard]] model::Result<std::vector<std::filesystem::path>> states_of_nothing() const;
    [[nodiscard]] model::Result<> commit(const Generation& generation,
                                         const std::filesystem::path& unfinished) const;

    Paths paths_;
};

}  // namespace agent::store
