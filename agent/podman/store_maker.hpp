// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "agent/host/store_maker.hpp"
#include "agent/podman/podman_cli.hpp"
#include "agent/process/file_descriptor.hpp"
#include "agent/process/process.hpp"

namespace agent::podman {

struct StoreMakerOptions {
    PodmanOptions podman = {};
    /// Looked up in PATH where it has no slash.
    std::string mksquashfs = "mksquashfs";
    std::string unsquashfs = "unsquashfs";
    /// Who runs this.
    uid_t user = ::geteuid();
};

/// By podman(1) and mksquashfs(1). A scratch directory is `.update-agent-store-<pid>`, and locked
/// as long as this process or a podman of it lives.
class StoreMaker : public host::StoreMaker {
  public:
    explicit StoreMaker(StoreMakerOptions options = {}) : options_(std::move(options)) {}

    [[nodiscard]] model::Result<> check() override;
    [[nodiscard]] model::Result<std::filesystem::path> make_scratch(
        const std::filesystem::path& parent) override;
    [[nodiscard]] model::Result<std::filesystem::path> unpack(
        const std::filesystem::path& layout, const std::set<std::string>& refs,
        const std::filesystem::path& scratch) override;
    [[nodiscard]] model::Result<> take_out(const std::filesystem::path& file,
                                           const std::set<model::Sha256>& images,
                                           const std::filesystem::path& layout,
                                           const std::filesystem::path& scratch) override;
    [[nodiscard]] model::Result<> discard(const std::filesystem::path& scratch) override;
    [[nodiscard]] model::Result<> pack(const std::filesystem::path& directory,
                                       const std::filesystem::path& file) override;

  private:
    [[nodiscard]] model::Result<> remove_abandoned(const std::filesystem::path& parent) const;
    [[nodiscard]] model::Result<> remove(const std::filesystem::path& scratch) const;
    /// What a store below `scratch` needs beside it.
    [[nodiscard]] model::Result<> prepare(const std::filesystem::path& scratch) const;
    /// A call of podman that knows that store only.
    [[nodiscard]] model::Result<> call_podman(std::vector<std::string> arguments,
                                              const std::string& title,
                                              const std::filesystem::path& scratch) const;
    [[nodiscard]] model::Result<> pull(const std::filesystem::path& layout, const std::string& ref,
                                       const std::filesystem::path& scratch) const;
    /// Of what podman keeps of a layer's archive, where the same has several forms.
    [[nodiscard]] model::Result<> pack_again(const std::filesystem::path& packed) const;
    [[nodiscard]] model::Result<> gzip(const std::string& option,
                                       const std::filesystem::path& file) const;
    [[nodiscard]] model::Result<> ask_mksquashfs() const;
    [[nodiscard]] process::Command command(std::vector<std::string> arguments,
                                           std::string title) const;
    /// What of a scratch directory has to have a short path in lower-case letters.
    [[nodiscard]] std::filesystem::path runtime_of(const std::filesystem::path& scratch) const;

    StoreMakerOptions options_;
    process::FileDescriptor lock_;
};

/// Mount points that a text of proc_pid_mountinfo(5) has at or below the directory, the latest
/// first.
[[nodiscard]] std::vector<std::filesystem::path> mounts_at_or_below(
    std::istream& mountinfo, const std::filesystem::path& directory);

}  // namespace agent::podman
