// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::host {

struct ContainerInfo {
    std::string id;
    std::string name;
    /// As podman says: created, running, exited, stopping, …
    std::string state;
    std::string image_id;
    std::map<std::string, std::string> labels;
};

struct ImageInfo {
    model::Sha256 id;
    std::vector<std::string> names;
};

struct Inventory {
    std::vector<ImageInfo> images;
    std::vector<ContainerInfo> containers;
};

/// Whether a further, read-only image store is used.
struct ImageStoreUse {
    bool used = false;
    /// What keeps use_image_store() from setting it up, and what to do; empty where nothing does.
    std::string obstacle;
};

/// A container that was run to its end.
struct FinishedRun {
    /// Absent where it was ended because its time was over.
    std::optional<int> exit_code;
    /// What it wrote last, the oldest line first.
    std::vector<std::string> last_lines;
};

/// The machine's container engine. Every call is bounded by a timeout; a call that hangs is ended,
/// and an error like any other (ErrorCode::internal, naming the command and the time).
/// An engine that is not there is ErrorCode::conflict, with the package to install.
class ContainerEngine {
  public:
    virtual ~ContainerEngine() = default;

    /// Every call from now on has this descriptor of ours open, so that a lock on it is held until
    /// the last of them has ended, even where this process is killed. -1 ends it.
    virtual void keep_open(int descriptor) = 0;
    /// Removes what calls that were killed have left behind beside the store. Only for the holder
    /// of the lock.
    [[nodiscard]] virtual model::Result<> remove_leftovers() = 0;
    /// Whether the engine answers.
    [[nodiscard]] virtual model::Result<> check() = 0;
    /// Directory of the store, which a reinstalled root loses.
    [[nodiscard]] virtual model::Result<std::filesystem::path> graph_root() = 0;
    /// Those in the engine's own store, without those of read-only ones.
    [[nodiscard]] virtual model::Result<std::vector<ImageInfo>> images() = 0;
    /// Containers with a label update-agent.container, running or not.
    [[nodiscard]] virtual model::Result<std::vector<ContainerInfo>> containers() = 0;
    /// Both, asked for at the same time.
    [[nodiscard]] virtual model::Result<Inventory> inventory() = 0;
    /// Whether every call, the administrator's as well, finds images of the store that is to be in
    /// this directory.
    [[nodiscard]] virtual model::Result<ImageStoreUse> image_store_use(
        const std::filesystem::path& directory) = 0;
    /// Sees to that, where nothing configures the engine's storage yet; the directory must be there
    /// from now on. ErrorCode::conflict with what image_store_use() names.
    [[nodiscard]] virtual model::Result<> use_image_store(
        const std::filesystem::path& directory) = 0;
    /// Images and containers of the engine's own store that are built on one of these layers of
    /// other stores, to be named to people; without the containers named in `ours`.
    [[nodiscard]] virtual model::Result<std::vector<std::string>> users_of_layers(
        const std::set<std::string>& layers, const std::set<std::string>& ours) = 0;
    /// Names of the secrets in the store.
    [[nodiscard]] virtual model::Result<std::vector<std::string>> secrets() = 0;
    /// Brings the image with the reference `ref` of an OCI layout into the store and returns the id
    /// that it has there.
    [[nodiscard]] virtual model::Result<model::Sha256> pull_layout(
        const std::filesystem::path& layout, const std::string& ref) = 0;
    /// Brings the image with this reference, NAME[:TAG]@DIGEST, from its registry into the store
    /// and returns the id that it has there. ErrorCode::unreachable where the registry does not
    /// answer, not_found where it has no such image, not_permitted where it wants somebody to log
    /// in.
    [[nodiscard]] virtual model::Result<model::Sha256> pull(const std::string& reference) = 0;
    /// ErrorCode::not_found without such an image.
    [[nodiscard]] virtual model::Result<> tag(const model::Sha256& image,
                                              const std::string& name) = 0;
    /// Takes the name away; an image that is not there, or has another name, is no failure.
    [[nodiscard]] virtual model::Result<> untag(const model::Sha256& image,
                                                const std::string& name) = 0;
    /// Writes the image into an OCI layout with zstd layers, under `ref`.
    [[nodiscard]] virtual model::Result<> push_layout(const std::string& image,
                                                      const std::filesystem::path& layout,
                                                      const std::string& ref) = 0;
    /// `arguments` as CreateSpec has them.
    [[nodiscard]] virtual model::Result<> create(const std::vector<std::string>& arguments) = 0;
    /// Removes a container that does not run; one that is not there, or has no label
    /// update-agent.container, is no failure and stays as it is.
    [[nodiscard]] virtual model::Result<> remove_container(const std::string& name) = 0;
    /// Starts a container that was created with a label update-agent.init, and waits for its end,
    /// at most as long as `bound`; then, and when it is cancelled (ErrorCode::busy), it may still
    /// run.
    [[nodiscard]] virtual model::Result<FinishedRun> run_to_end(
        const std::string& name, std::chrono::milliseconds bound,
        const std::function<bool()>& cancelled) = 0;
    /// Ends and removes a container with that label; one that is not there, or lacks the label, is
    /// no failure.
    [[nodiscard]] virtual model::Result<> remove_run(const std::string& name) = 0;
    /// The file system of an image, to be read only; the caller ends that by unmount_image().
    [[nodiscard]] virtual model::Result<std::filesystem::path> mount_image(
        const model::Sha256& image) = 0;
    /// One that is not mounted, or not there, is no failure.
    [[nodiscard]] virtual model::Result<> unmount_image(const model::Sha256& image) = 0;
    /// Removes an image that no container uses; one that is not there is no failure.
    [[nodiscard]] virtual model::Result<> remove_image(const model::Sha256& image) = 0;
    /// Status of the container's health check: healthy, unhealthy, starting; empty where it has
    /// none.
    [[nodiscard]] virtual model::Result<std::string> health(const std::string& name) = 0;
};

}  // namespace agent::host
