// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/linux_image_mounts.hpp"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <thread>

#include "agent/machine/dm_status.hpp"
#include "agent/machine/kernel_support.hpp"
#include "agent/machine/store_file.hpp"
#include "agent/model/mount_info.hpp"
#include "agent/model/store_mount.hpp"
#include "agent/process/process.hpp"

namespace agent::machine {

namespace {

using host::StoreMount;
using model::Error;
using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

Result<std::vector<model::MountEntry>> mounts_of(const fs::path& root) {
    const auto file = root / "proc/self/mountinfo";
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        return model::fail(ErrorCode::internal,
                           file.string() + " cannot be read: is /proc mounted?");
    return model::parse_mount_info(std::string(std::istreambuf_iterator<char>(stream), {}));
}

fs::path without_slash(const fs::path& path) {
    const auto normal = path.lexically_normal();
    return normal.has_filename() ? normal : normal.parent_path();
}

/// Only root reaches what is mounted below a directory that is made here.
Result<> make_mount_point(const fs::path& where) {
    std::error_code error;
    if (fs::create_directories(where.parent_path(), error))
        fs::permissions(where.parent_path(), fs::perms::owner_all, error);
    if (!error) fs::create_directory(where, error);
    if (error)
        return model::fail(
            model::errno_error(error.value(), "cannot make the mount point " + where.string()));
    return {};
}

std::string options_of(const StoreMount& store) {
    return model::store_mount_options(
        {.root_hash = store.root_hash, .hash_offset = store.hash_offset, .verity = store.verity},
        store.file.string());
}

/// The first line, without "mount: WHERE: " and the full stop: a later one sends to dmesg(1).
std::string said_by_mount(const process::Output& output, const fs::path& where) {
    auto line = output.standard_error.substr(0, output.standard_error.find('\n'));
    for (const auto& prefix : {std::string("mount: "), where.string() + ": "})
        if (line.starts_with(prefix)) line.erase(0, prefix.size());
    while (line.ends_with('.') || line.ends_with(' '))
        line.pop_back();
    return line.empty() ? "it ended with " + std::to_string(output.status) : line;
}

/// Directory of the kernel's for what is seen at the mount point; empty where nothing is mounted.
fs::path block_device_at(const fs::path& root, const fs::path& where) {
    const auto mounts = mounts_of(root);
    if (!mounts) return {};
    const auto last = std::find_if(mounts->rbegin(), mounts->rend(),
                                   [&](const auto& mount) { return mount.where == where; });
    return last == mounts->rend() ? fs::path() : root / "sys/dev/block" / last->device;
}

bool is_mapped(const fs::path& block) {
    std::error_code error;
    return !block.empty() && fs::exists(block / "dm", error);
}

/// The loop devices that read the files of what is mounted from the device: itself, or those that
/// a mapped device is made of.
std::vector<std::string> loop_devices(const fs::path& block) {
    std::error_code error;
    std::vector<std::string> names{fs::read_symlink(block, error).filename().string()};
    for (const auto& slave : fs::directory_iterator(block / "slaves", error))
        names.push_back(slave.path().filename().string());
    std::erase_if(names, [](const auto& name) { return !name.starts_with("loop"); });
    return names;
}

/// The kernel's path of what a loop device reads; empty where it cannot be told.
std::string backing_file(const fs::path& root, const std::string& name) {
    std::ifstream stream(root / "sys/block" / name / "loop/backing_file");
    std::string path;
    std::getline(stream, path);
    return path;
}

/// The kernel removes a mapped device a moment after nobody has it any more, and until then
/// mount(8) would take it for what has the same root hash. Who still has it may keep it.
void wait_until_unmapped(const fs::path& block) {
    constexpr int kTries = 50;
    constexpr std::chrono::milliseconds kPause{10};
    for (int i = 0; i < kTries && is_mapped(block); ++i)
        std::this_thread::sleep_for(kPause);
}

}  // namespace

host::StoreSupport LinuxImageMounts::support() {
    host::StoreSupport support{.problem = why_no_store(options_), .verity = false};
    support.verity = support.problem.empty() && why_no_verity(options_).empty();
    return support;
}

Result<std::set<fs::path>> LinuxImageMounts::mounted(const fs::path& below) {
    TRY_ASSIGN(const auto mounts, mounts_of(options_.root));
    const auto directory = without_slash(below);
    std::set<fs::path> found;
    for (const auto& mount : mounts)
        if (mount.where.parent_path() == directory && mount.where != directory)
            found.insert(mount.where);
    return found;
}

bool LinuxImageMounts::reads(const fs::path& where, const fs::path& file) {
    constexpr std::string_view kDeleted = " (deleted)";
    const auto names = loop_devices(block_device_at(options_.root, without_slash(where)));
    return std::all_of(names.begin(), names.end(), [&](const auto& name) {
        const auto path = backing_file(options_.root, name);
        if (path.ends_with(kDeleted)) return false;
        std::error_code error;
        if (!fs::exists(path, error) || !fs::exists(file, error)) return true;
        return fs::equivalent(path, file, error) || error;
    });
}

std::optional<bool> LinuxImageMounts::damaged(const fs::path& where) {
    const auto block = block_device_at(options_.root, without_slash(where));
    // Asking would load the device-mapper where it is not used.
    if (!is_mapped(block)) return std::nullopt;
    return verity_found_damage(options_.root / "dev/mapper/control", block.filename().string());
}

Result<> LinuxImageMounts::mount(const StoreMount& store) {
    TRY_ASSIGN(const auto there, mounted(store.where.parent_path()));
    if (there.contains(without_slash(store.where))) return {};
    TRY(make_mount_point(store.where));
    if (auto called = call_mount(store); !called) {
        std::error_code ignored;
        fs::remove(store.where, ignored);
        return called;
    }
    read_file_directly(without_slash(store.where));
    return {};
}

Result<> LinuxImageMounts::call_mount(const StoreMount& store) {
    const auto output = process::run(
        {.arguments = {options_.mount_program, "-t", std::string(model::kStoreFileSystem), "-o",
                       options_of(store), store.file.string(), store.where.string()},
         // What it says is read here, too.
         .environment = {{"LC_ALL", "C"}},
         .timeout = options_.timeout,
         .title = "mount " + store.file.string(),
         .inherited = inherited_});
    if (!output && output.error().code() == ErrorCode::not_found)
        return model::fail(ErrorCode::conflict,
                           output.error().text() + "; install the package mount");
    if (!output) return model::fail(output.error());
    if (output->status == 0) return {};
    return model::fail(cause_of(said_by_mount(*output, store.where), store));
}

/// mount(8) says the same of many failures.
Error LinuxImageMounts::cause_of(const std::string& said, const StoreMount& store) {
    const auto because = " (mount(8): " + said + ")";
    const auto file = store.file.string();
    if (const auto reason = why_no_store(options_); !reason.empty())
        return {ErrorCode::conflict, reason + because};
    if (const auto whole = check_store_file(store); !whole)
        return {whole.error().code(), whole.error().message() + because};
    if (store.verity) {
        if (const auto reason = why_no_verity(options_); !reason.empty())
            return {ErrorCode::conflict, reason + because};
        // The first read through dm-verity is of the superblock.
        if (said.find("can't read superblock") != std::string::npos)
            return {ErrorCode::invalid,
                    file + " is not what the root hash " + store.root_hash.hex() +
                        " says: remove the bundle and install it again" + because};
    }
    if (!has_free_loop_device(options_))
        return {ErrorCode::conflict,
                "no loop device is free: detach some (losetup -l), or raise the kernel's "
                "loop.max_loop; a container needs more of the machine's /dev/loop devices" +
                    because};
    return {ErrorCode::internal,
            "cannot mount " + file + (store.verity ? " with dm-verity" : "") + because};
}

Result<> LinuxImageMounts::mount_layers(const std::vector<fs::path>& layers,
                                        const fs::path& where) {
    TRY(make_mount_point(where));
    constexpr unsigned long kFlags = MS_RDONLY | MS_NODEV | MS_NOSUID;
    std::string directories;
    for (const auto& layer : layers)
        directories += (directories.empty() ? "" : ":") + layer.string();
    // An overlay that is only read has two directories at least.
    const auto options =
        "lowerdir=" + directories + (layers.size() == 1 ? ":" + where.string() : "");
    if (::mount("overlay", where.c_str(), "overlay", kFlags, options.c_str()) == 0) return {};
    const int error = errno;
    std::error_code ignored;
    fs::remove(where, ignored);
    return model::fail(
        model::errno_error(error, "cannot mount an image's layers on " + where.string()));
}

/// Else its pages would be in memory as those of the device as well. Not every file system can.
void LinuxImageMounts::read_file_directly(const fs::path& where) const {
    for (const auto& name : loop_devices(block_device_at(options_.root, where))) {
        const int fd = open((options_.root / "dev" / name).c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) continue;
        ioctl(fd, LOOP_SET_DIRECT_IO, 1UL);
        close(fd);
    }
}

Result<> LinuxImageMounts::unmount(const fs::path& where) {
    const auto block = block_device_at(options_.root, without_slash(where));
    // Several may be mounted there, one over the other.
    while (::umount2(where.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) {
    }
    if (errno != EINVAL && errno != ENOENT)
        return model::fail(model::errno_error(errno, "cannot unmount " + where.string()));
    wait_until_unmapped(block);
    if (::rmdir(where.c_str()) != 0 && errno != ENOENT)
        return model::fail(
            model::errno_error(errno, "cannot remove the mount point " + where.string()));
    return {};
}

}  // namespace agent::machine
