// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/machine/linux_image_mounts.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace test {

/// A machine that can do all that image stores need, as files below a directory; its mount(8) and
/// modprobe(8) are scripts that note their calls.
class MountingMachine {
  public:
    MountingMachine() {
        using std::filesystem::create_directories;
        using std::filesystem::create_symlink;
        write_text(root() / "dev/loop-control", "");
        write_text(root() / "dev/mapper/control", "");
        write_text(root() / "proc/filesystems", "nodev\tproc\n\text4\n\tsquashfs\n");
        write_text(root() / "proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
        write_text(root() / "usr/lib/x86_64-linux-gnu/libcryptsetup.so.12", "");
        create_directories(root() / "sys/module/dm_verity");
        for (const char* process : {"self", "1"}) {
            create_directories(root() / "proc" / process / "ns");
            create_symlink("mnt:[4026531841]", root() / "proc" / process / "ns/mnt");
        }
        set_mount("exit 0");
        set_modprobe("exit 0");
    }

    [[nodiscard]] const std::filesystem::path& root() const { return directory_.path(); }
    [[nodiscard]] agent::machine::ImageMountOptions options() const {
        return {.mount_program = root() / "bin/mount",
                .modprobe_program = root() / "sbin/modprobe",
                .timeout = std::chrono::seconds(10),
                .root = root()};
    }
    [[nodiscard]] agent::machine::LinuxImageMounts mounts() const {
        return agent::machine::LinuxImageMounts(options());
    }
    /// Bodies of shell scripts; `$root` is the root.
    void set_mount(const std::string& script) const { write_program("bin/mount", script); }
    void set_modprobe(const std::string& script) const { write_program("sbin/modprobe", script); }
    void remove(const std::string& path) const { std::filesystem::remove_all(root() / path); }
    /// Every call so far, a line each.
    [[nodiscard]] std::string calls() const { return read_text(root() / "calls"); }

  private:
    void write_program(const std::string& path, const std::string& script) const {
        write_text(root() / path, "#!/bin/sh\nroot='" + root().string() +
                                      "'\necho \"${0##*/} $*\" >>\"$root/calls\"\n" + script +
                                      "\n");
        std::filesystem::permissions(root() / path, std::filesystem::perms::owner_all);
    }

    TemporaryDirectory directory_;
};

}  // namespace test
