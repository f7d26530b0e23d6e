// SPDX-License-Identifier: GPL-3.0-or-later
// Mounting of image stores in memory: what is "mounted" is written below the mount point.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/host/image_mounts.hpp"
#include "tests/unit/operations/fake_host.hpp"

namespace test {

/// The content of a store's file: what read as a store it would have, the images of these configs.
std::string store_content(const std::vector<std::string>& configs);

class FakeMounts final : public host::ImageMounts {
  public:
    explicit FakeMounts(CallFaults& faults) : faults_(faults) {}

    void keep_open(int descriptor) override { kept_open = descriptor; }
    host::StoreSupport support() override { return supported; }
    Result<std::set<std::filesystem::path>> mounted(const std::filesystem::path& below) override;
    bool reads(const std::filesystem::path& where, const std::filesystem::path& file) override;
    std::optional<bool> damaged(const std::filesystem::path& where) override;
    Result<> mount(const host::StoreMount& store) override;
    Result<> mount_layers(const std::vector<std::filesystem::path>& layers,
                          const std::filesystem::path& where) override;
    Result<> unmount(const std::filesystem::path& where) override;

    int kept_open = -1;
    host::StoreSupport supported;
    /// What the kernel says of mount points that it verifies.
    std::map<std::filesystem::path, bool> damage;
    /// Whether all that is mounted is read from files that others have replaced, whatever is done.
    bool reads_replaced_files = false;
    /// Where the file system of every image is.
    std::filesystem::path image_files;
    /// All that was mounted, in this order.
    std::vector<host::StoreMount> made;
    /// What mount(8) says to everybody who wants verity, or wants anything.
    std::optional<model::Error> verity_failure;
    std::optional<model::Error> failure;

  private:
    CallFaults& faults_;
};

}  // namespace test
