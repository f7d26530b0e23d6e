// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "agent/host/image_mounts.hpp"

namespace agent::machine {

struct ImageMountOptions {
    /// mount(8) and modprobe(8).
    std::string mount_program = "/bin/mount";
    std::string modprobe_program = "/sbin/modprobe";
    /// Of one call of either.
    std::chrono::milliseconds timeout = std::chrono::minutes(2);
    /// Where /proc, /sys, /dev and the libraries are looked for.
    std::filesystem::path root = "/";
};

/// Mounts of the running kernel, by mount(8), which knows dm-verity and sets up loop devices. What
/// is read through a loop device is cached once: it reads its file directly where that can be had.
class LinuxImageMounts : public host::ImageMounts {
  public:
    explicit LinuxImageMounts(ImageMountOptions options = {}) : options_(std::move(options)) {}

    void keep_open(int descriptor) override { inherited_ = descriptor; }
    [[nodiscard]] host::StoreSupport support() override;
    [[nodiscard]] model::Result<std::set<std::filesystem::path>> mounted(
        const std::filesystem::path& below) override;
    [[nodiscard]] bool reads(const std::filesystem::path& where,
                             const std::filesystem::path& file) override;
    [[nodiscard]] std::optional<bool> damaged(const std::filesystem::path& where) override;
    /// What is mounted there already stays as it is.
    [[nodiscard]] model::Result<> mount(const host::StoreMount& store) override;
    [[nodiscard]] model::Result<> mount_layers(const std::vector<std::filesystem::path>& layers,
                                               const std::filesystem::path& where) override;
    [[nodiscard]] model::Result<> unmount(const std::filesystem::path& where) override;

  private:
    [[nodiscard]] model::Result<> call_mount(const host::StoreMount& store);
    [[nodiscard]] model::Error cause_of(const std::string& said, const host::StoreMount& store);
    void read_file_directly(const std::filesystem::path& where) const;

    ImageMountOptions options_;
    int inherited_ = -1;
};

}  // namespace agent::machine
