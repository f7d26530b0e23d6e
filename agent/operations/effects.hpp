// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/bundle/reader.hpp"
#include "agent/operations/context.hpp"
#include "agent/operations/health.hpp"
#include "agent/store/generations.hpp"

namespace agent::operations {

// One effect a struct: what is done to the machine, and enough to undo it. Doing one twice is the
// same as doing it once.

/// Unpacks a bundle file into its kept directory. Undo: removes the directory.
struct KeepBundle {
    model::BundleId id;
    std::filesystem::path directory;
    /// An earlier generation keeps the same content: the file is only checked.
    bool kept_already = false;
};
/// Brings an image of a kept bundle into the engine's store and names it. Undo: removes it.
struct BringImage {
    std::filesystem::path layout;
    model::Sha256 id;
    std::string name;
    /// Image that has the name until then, and gets it back.
    std::optional<model::Sha256> named_before;
};
/// Puts on disk what the engine has written; podman does not.
struct SyncEngineStore {};
/// Undo: removes the container.
struct CreateContainer {
    std::string podman_name;
    std::vector<std::string> arguments;
};
/// Undo: removes the generation.
struct WriteGeneration {
    store::Generation generation;
};
/// Stops what is removed. Undo: starts those of the targets that were up.
struct StopUnits {
    std::vector<std::string> units;
    std::vector<std::string> targets;
};
/// The switch: renames the link, daemon-reload, then restarts those of the changed services that
/// run. Undo: the same with the old generation.
struct Activate {
    unsigned from = 0;
    unsigned to = 0;
    std::vector<std::string> restart;
};
/// Starts and waits, as long as the containers may take; the judgement is the watch's. Undo: stops
/// what was new.
struct StartUnits {
    std::vector<std::string> targets;
    /// Units that were not there before, in the order in which they stop.
    std::vector<std::string> added;
    std::chrono::milliseconds bound{};
};
/// Watches until all are healthy. Nothing to undo.
struct WatchHealth {
    std::vector<WatchedContainer> containers;
    /// Judged as well where the switch has restarted them.
    std::vector<WatchedContainer> changed;
    HealthBounds bounds;
};
/// Notes beside the generation what became of it. Nothing to undo: the note goes with the
/// generation.
struct NoteState {
    unsigned generation = 0;
    store::GenerationState state;
};

using Effect =
    std::variant<KeepBundle, BringImage, SyncEngineStore, CreateContainer, WriteGeneration,
                 StopUnits, Activate, StartUnits, WatchHealth, NoteState>;

/// What effects work on.
struct World {
    const Context& context;
    /// Opened bundle files, positioned behind their descriptions.
    std::map<model::BundleId, bundle::BundleReader> readers;
    /// Set by the first effect that what runs can notice.
    bool disturbed = false;
    /// Targets that were up when StopUnits stopped them, and services that Activate restarted.
    std::vector<std::string> stopped = {};
    std::vector<std::string> restarted = {};
    /// When StartUnits began; the health's start-timeout counts from then.
    std::optional<std::chrono::steady_clock::time_point> started = std::nullopt;
};

/// For progress and error texts: "creating container broker-1a2b3c4d".
[[nodiscard]] std::string to_string(const Effect& effect);
[[nodiscard]] model::Result<> perform(const Effect& effect, World& world);
/// Undoes an effect that was done, half done or not begun.
[[nodiscard]] model::Result<> undo(const Effect& effect, World& world);

}  // namespace agent::operations
