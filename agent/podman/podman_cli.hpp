// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/host/container_engine.hpp"
#include "agent/host/stuck_containers.hpp"
#include "agent/process/process.hpp"

namespace agent::podman {

struct PodmanOptions {
    /// Looked up in PATH where it has no slash.
    std::string program = "podman";
    /// Of a call that moves no image, and of one that does.
    std::chrono::milliseconds call_timeout = std::chrono::minutes(5);
    std::chrono::milliseconds image_timeout = std::chrono::hours(1);
    /// Ends every call, whatever time it had otherwise.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    /// Whether the caller wants a call ended that moves an image.
    std::function<bool()> cancelled = {};
    /// Added to the environment of every call.
    std::map<std::string, std::string> environment = {};
    /// Where storage.conf is looked for.
    std::filesystem::path root = "/";
    /// For what lives as long as one call.
    std::filesystem::path runtime_directory = "/run/update-agent";
    /// Where images are that are mounted instead of being in podman's own store.
    std::filesystem::path image_store = "/var/lib/update-agent/images";
};

/// podman(1) by its command line; works with 4.3 and 5.4. Calls may be made from several threads,
/// but only one pull at a time on a machine, which the lock of a transaction ensures.
class PodmanCli : public host::ContainerEngine, public host::StuckContainers {
  public:
    explicit PodmanCli(PodmanOptions options = {}) : options_(std::move(options)) {}

    void keep_open(int descriptor) override { inherited_ = descriptor; }
    [[nodiscard]] model::Result<> remove_leftovers() override;
    [[nodiscard]] model::Result<> check() override;
    [[nodiscard]] model::Result<std::filesystem::path> graph_root() override;
    [[nodiscard]] model::Result<std::vector<host::ImageInfo>> images() override;
    [[nodiscard]] model::Result<std::vector<host::ContainerInfo>> containers() override;
    [[nodiscard]] model::Result<host::Inventory> inventory() override;
    [[nodiscard]] model::Result<host::ImageStoreUse> image_store_use(
        const std::filesystem::path& directory) override;
    [[nodiscard]] model::Result<> use_image_store(const std::filesystem::path& directory) override;
    [[nodiscard]] model::Result<std::vector<std::string>> users_of_layers(
        const std::set<std::string>& layers, const std::set<std::string>& ours) override;
    [[nodiscard]] model::Result<std::vector<std::string>> secrets() override;
    [[nodiscard]] model::Result<model::Sha256> pull_layout(const std::filesystem::path& layout,
                                                           const std::string& ref) override;
    [[nodiscard]] model::Result<model::Sha256> pull(const std::string& reference) override;
    [[nodiscard]] model::Result<> tag(const model::Sha256& image, const std::string& name) override;
    [[nodiscard]] model::Result<> untag(const model::Sha256& image,
                                        const std::string& name) override;
    [[nodiscard]] model::Result<> push_layout(const std::string& image,
                                              const std::filesystem::path& layout,
                                              const std::string& ref) override;
    [[nodiscard]] model::Result<> create(const std::vector<std::string>& arguments) override;
    [[nodiscard]] model::Result<> remove_container(const std::string& name) override;
    [[nodiscard]] model::Result<host::FinishedRun> run_to_end(
        const std::string& name, std::chrono::milliseconds bound,
        const std::function<bool()>& cancelled) override;
    [[nodiscard]] model::Result<std::filesystem::path> mount_image(
        const model::Sha256& image) override;
    [[nodiscard]] model::Result<> unmount_image(const model::Sha256& image) override;
    [[nodiscard]] model::Result<> remove_run(const std::string& name) override;
    [[nodiscard]] model::Result<> remove_image(const model::Sha256& image) override;
    [[nodiscard]] model::Result<std::string> health(const std::string& name) override;
    [[nodiscard]] model::Result<> kill_containers(const std::string& label_value) override;
    [[nodiscard]] model::Result<> remove_by_force(const std::string& name) override;

  private:
    struct Call;
    [[nodiscard]] model::Result<std::string> run(const Call& call) const;
    [[nodiscard]] process::Command command_of(const Call& call) const;
    [[nodiscard]] model::Result<int> exit_code_of(const std::string& name) const;
    [[nodiscard]] std::vector<std::string> last_lines_of(const std::string& name) const;
    /// For the view that a pull is made from, and the blobs that it copies.
    [[nodiscard]] std::filesystem::path pull_view() const;
    [[nodiscard]] static std::filesystem::path pull_blobs(const std::filesystem::path& store);
    /// storage.conf of a pull where there is another image store.
    [[nodiscard]] std::filesystem::path pull_storage_conf() const;
    /// Environment of calls that must not see images of any other store.
    [[nodiscard]] model::Result<std::map<std::string, std::string>> own_store_only() const;
    [[nodiscard]] model::Result<> confirm_image(
        const model::Sha256& image, const std::map<std::string, std::string>& environment) const;
    [[nodiscard]] model::Result<> remove_half_made(const std::string& name) const;
    [[nodiscard]] model::Result<> remove_used_by_nobody(const model::Sha256& image) const;

    PodmanOptions options_;
    int inherited_ = -1;
};

}  // namespace agent::podman
