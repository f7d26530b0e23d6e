// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/kernel_support.hpp"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "agent/model/store_mount.hpp"
#include "agent/process/process.hpp"

namespace agent::machine {

namespace {

namespace fs = std::filesystem;

/// Whether it comes to anything is for the caller to see.
void load_module(const ImageMountOptions& options, const std::string& module) {
    static_cast<void>(process::run({.arguments = {options.modprobe_program, "-q", module},
                                    .timeout = options.timeout,
                                    .title = "modprobe " + module}));
}

bool is_there(const ImageMountOptions& options, const char* path) {
    std::error_code error;
    return fs::exists(options.root / path, error);
}

template <typename Look>
bool is_there_or_comes(const ImageMountOptions& options, const std::string& module, Look look) {
    if (look()) return true;
    load_module(options, module);
    return look();
}

bool knows_file_system(const ImageMountOptions& options) {
    std::ifstream stream(options.root / "proc/filesystems");
    for (std::string line; std::getline(stream, line);)
        if (line.substr(line.find('\t') + 1) == model::kStoreFileSystem) return true;
    return false;
}

bool has_verity_module(const ImageMountOptions& options) {
    return is_there(options, "dev/mapper/control") && is_there(options, "sys/module/dm_verity");
}

/// mount(8) loads it when it is needed, from a directory of the architecture or beside these.
bool has_cryptsetup(const ImageMountOptions& options) {
    constexpr const char* kLibrary = "libcryptsetup.so.12";
    std::error_code error;
    for (const char* directory : {"usr/lib", "lib"}) {
        if (fs::exists(options.root / directory / kLibrary, error)) return true;
        for (const auto& entry : fs::directory_iterator(options.root / directory, error))
            if (fs::exists(entry.path() / kLibrary, error)) return true;
    }
    return false;
}

/// A unit with PrivateMounts= or the like, or unshare(1): what is mounted there is seen by nobody
/// else.
bool has_mounts_of_its_own(const ImageMountOptions& options) {
    std::error_code no_own;
    std::error_code no_first;
    const auto own = fs::read_symlink(options.root / "proc/self/ns/mnt", no_own);
    const auto first = fs::read_symlink(options.root / "proc/1/ns/mnt", no_first);
    return !no_own && !no_first && own != first;
}

}  // namespace

std::string why_no_store(const ImageMountOptions& options) {
    std::error_code error;
    if (!fs::exists(options.mount_program, error))
        return options.mount_program + " is not there: install the package mount";
    if (has_mounts_of_its_own(options))
        return "this command runs in a mount namespace of its own, and nobody else would see what "
               "it mounts: run it outside, without unshare(1) or a unit's PrivateMounts= and the "
               "like";
    if (!is_there_or_comes(options, "loop", [&] { return is_there(options, "dev/loop-control"); }))
        return "the kernel has no loop devices (/dev/loop-control is missing): load or build in "
               "its module loop; a container needs that device, and some of /dev/loop0 and so on";
    if (!is_there_or_comes(options, std::string(model::kStoreFileSystem),
                           [&] { return knows_file_system(options); }))
        return "the kernel does not know squashfs (/proc/filesystems): load or build in its module "
               "squashfs";
    return {};
}

std::string why_no_verity(const ImageMountOptions& options) {
    if (!has_cryptsetup(options))
        return "mount(8) finds no libcryptsetup.so.12: install the package libcryptsetup12";
    if (!is_there_or_comes(options, "dm-verity", [&] { return has_verity_module(options); }))
        return "the kernel has no dm-verity (/dev/mapper/control or /sys/module/dm_verity is "
               "missing): load or build in its modules dm-mod and dm-verity";
    return {};
}

bool has_free_loop_device(const ImageMountOptions& options) {
    const int control = open((options.root / "dev/loop-control").c_str(), O_RDWR | O_CLOEXEC);
    if (control < 0) return false;
    const int number = ioctl(control, LOOP_CTL_GET_FREE);
    close(control);
    return number >= 0 && is_there(options, ("dev/loop" + std::to_string(number)).c_str());
}

}  // namespace agent::machine
