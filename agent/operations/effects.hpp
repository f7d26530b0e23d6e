// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "agent/bundle/reader.hpp"
#include "agent/operations/context.hpp"
#include "agent/operations/health.hpp"
#include "agent/operations/units_seen.hpp"
#include "agent/planning/data_steps.hpp"
#include "agent/store/generations.hpp"
#include "agent/volumes/volume.hpp"

namespace agent::operations {

// One effect a struct: what is done to the machine, and enough to undo it. Doing one twice is the
// same as doing it once.

/// Unpacks a bundle file into its kept directory. Undo: removes the directory.
struct KeepBundle {
    model::BundleId id;
    model::Version version;
    /// An earlier generation keeps the same content, which is replaced in case it was damaged, and
    /// stays.
    bool kept_already = false;
    /// Its images are verified by the kernel whenever they are read, and not hashed here.
    bool verity = false;
    /// Of a delta file: the image store that its own is made from, below the kept bundles.
    std::string delta_from = {};
};
/// Mounts the images of bundles that are not unpacked, and lets the engine see them. Undo: takes
/// those away that no kept bundle has.
struct AttachImages {
    /// Names of kept directories: those that must be there, and of these the new ones.
    std::vector<std::string> bundles;
    std::vector<std::string> fresh;
};
/// Installs Debian packages that the bundles want and that were not there, with what they depend
/// on. Undo: takes out those that are there in this version and that nothing else needs by now.
struct InstallPackages {
    std::vector<model::NewPackage> packages;
};
/// Brings an image of a kept bundle into the engine's store and names it. Undo: removes it, unless
/// somebody else uses it by now.
struct BringImage {
    model::BundleId bundle;
    model::Version version;
    model::Sha256 id;
    std::string name;
    /// Image that has the name until then, and gets it back.
    std::optional<model::Sha256> named_before;
};
/// Brings an image from its registry into the engine's store. Undo: removes it, unless somebody
/// else uses it by now.
struct PullImage {
    model::Sha256 id;
    /// With its digest, which the store has as a name then.
    std::string name;
};
/// Gives an image that is there the name that the description has for it. Undo: gives the name back
/// to the image that had it, if one had.
struct NameImage {
    model::Sha256 id;
    std::string name;
    std::optional<model::Sha256> named_before;
};
/// Puts on disk what the engine has written; podman does not.
struct SyncEngineStore {};
/// Makes a directory that containers mount, and gives it its rights. Undo: as it was, but for one
/// that something was put into.
struct PrepareVolume {
    std::string path;
    volumes::Rights rights;
    /// What there was when it was planned.
    volumes::Former former;
};
/// Undo: removes the container.
struct CreateContainer {
    std::string podman_name;
    /// As they are stored.
    std::vector<std::string> arguments;
    /// One of a set that was kept is there, and has a device by a number of before.
    bool anew = false;
};
/// A container that is to be created again, and the generation that has its arguments.
struct RecreatedContainer {
    unsigned generation = 0;
    model::ContainerName name;
    std::string podman_name;
};
/// Removes containers whose devices are others by now, and creates them again. Stops what runs of
/// `services` before that, and starts it again. What fails keeps none of the others from it.
/// Undo: creates those that are missing, and starts what ran.
struct RecreateContainers {
    std::vector<RecreatedContainer> containers;
    /// Theirs, and those that restart with them, in the order in which they start.
    std::vector<std::string> services;
    /// Of their bundles, and what upholds the services meanwhile.
    std::vector<std::string> targets;
    std::vector<std::string> upholders;
    /// Those of the services, which a start would wait for.
    std::vector<std::string> pauses;
    /// How long the starts are waited for.
    std::chrono::milliseconds bound{};
};
/// Undo: removes the generation.
struct WriteGeneration {
    store::Generation generation;
};
/// Looks which units of the old set are up, or on their way there: what was stopped by hand, or was
/// broken, is not started nor judged. Nothing to undo.
struct NoteActive {
    std::vector<std::string> units;
};
/// Keeps a volume as it is, before it is written to. Undo: puts that in its place.
struct SnapshotVolume {
    std::string path;
    std::string snapshot;
};
/// Looks whether files of file providers can be copied, before anything is stopped for it.
struct CheckFiles {
    unsigned from = 0;
    planning::FileChange change;
};
/// Removes and copies files of file providers, and notes which there are of the new generation.
/// Undone by the snapshots before it.
struct ChangeFiles {
    unsigned from = 0;
    unsigned to = 0;
    planning::FileChange change;
};
/// Gives a volume the data of a snapshot, which is kept. Undone by the snapshot before it.
struct RestoreVolume {
    std::string path;
    std::string snapshot;
};
/// Runs an init container to its end, and removes it. Undo: ends it where it still runs; what it
/// wrote is for the volumes' snapshots.
struct RunInit {
    std::string podman_name;
    std::vector<std::string> arguments;
    std::chrono::milliseconds max_wait{};
    /// What runs was disturbed before it, and waits for it.
    bool in_switch = false;
};
/// Stops what has volumes that are worked on, and what would start it again; Activate and
/// StartUnits bring it back. Undo: starts what was up of `starts`.
struct HoldUnits {
    std::vector<std::string> units;
    /// The services and their targets, and the targets of replaced bundles, which Activate leaves
    /// to this effect on the way back.
    std::vector<std::string> starts;
};
/// Stops what is removed, and ends the masks of what was stopped by hand, which would outlive it.
/// Undo: masks those again, and starts those of the targets that were up.
struct StopUnits {
    std::vector<std::string> units;
    std::vector<std::string> targets;
};
/// The switch: renames the link, daemon-reload, then restarts those of the changed services that
/// were up. Undo: the same with the old generation, and what was up of the replaced bundles.
struct Activate {
    unsigned from = 0;
    unsigned to = 0;
    std::vector<std::string> restart;
    std::vector<std::string> replaced_targets;
    /// Those of the changed services, which a restart would wait for.
    std::vector<std::string> pauses;
    /// How long the restarts are waited for; who is not up then is for the watch to tell.
    std::chrono::milliseconds bound{};
    /// Units that HoldUnits stopped: on the way back they stay down until their data is back.
    std::vector<std::string> held = {};
    /// Units that are there no more: systemd forgets that they failed.
    std::vector<std::string> gone = {};
};
/// Starts and waits, as long as the containers may take; the judgement is the watch's. Undo: stops
/// what was new.
struct StartUnits {
    std::vector<std::string> targets;
    /// Targets that are there already, started again where they were up.
    std::vector<std::string> replaced_targets;
    /// Units that were not there before, in the order in which they stop.
    std::vector<std::string> added;
    std::chrono::milliseconds bound{};
};
/// Watches until all are healthy. Nothing to undo.
struct WatchHealth {
    /// Of bundles that are new.
    std::vector<WatchedContainer> containers;
    /// New or changed containers of other bundles, by the bundle's target: judged where that was
    /// up.
    std::map<std::string, std::vector<WatchedContainer>> changed;
    /// All others: judged where they were up.
    std::vector<WatchedContainer> untouched;
    HealthBounds bounds;
};
/// Notes beside the generation what became of it. Nothing to undo: the note goes with the
/// generation.
struct NoteState {
    unsigned generation = 0;
    store::GenerationState state;
};

using Effect =
    std::variant<KeepBundle, AttachImages, InstallPackages, BringImage, PullImage, NameImage,
                 SyncEngineStore, PrepareVolume, CreateContainer, RecreateContainers,
                 WriteGeneration, CheckFiles, SnapshotVolume, ChangeFiles, RestoreVolume, RunInit,
                 NoteActive, HoldUnits, StopUnits, Activate, StartUnits, WatchHealth, NoteState>;

class OperationLock;

/// What effects work on.
struct World {
    const Context& context;
    /// Has lent the lock of the units, until a transaction touches what runs; null: it is held.
    OperationLock* lock = nullptr;
    /// Opened bundle files, positioned behind their descriptions.
    std::map<model::BundleId, bundle::BundleReader> readers;
    UnitsSeen seen = {};
    /// While the machine boots nothing of the set runs yet: there is nothing to stop, to start or
    /// to load, and what is current then is loaded and started after.
    bool booting = false;
    /// How often a registry is asked that does not answer.
    unsigned pull_attempts = 3;
    /// When Activate had switched; the health's start-timeout counts from then.
    std::optional<std::chrono::steady_clock::time_point> started = std::nullopt;
    /// What is worth a word in the history.
    std::vector<std::string> notes = {};
};

/// Whether it is the one at which the new set becomes the current one.
[[nodiscard]] bool is_switch(const Effect& effect);
/// Whether it is one that what runs can notice, or comes after such a one.
[[nodiscard]] bool disturbs(const Effect& effect);
/// For progress and error texts: "creating container broker-1a2b3c4d".
[[nodiscard]] std::string to_string(const Effect& effect);
[[nodiscard]] model::Result<> perform(const Effect& effect, World& world);
/// Undoes an effect that was done, half done or not begun.
[[nodiscard]] model::Result<> undo(const Effect& effect, World& world);

}  // namespace agent::operations
