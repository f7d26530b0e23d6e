// SPDX-License-Identifier: GPL-3.0-or-later
// Snapshots of volumes, on the file system that the tests run on.
#include "agent/volumes/snapshot.hpp"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <limits>

#include "agent/volumes/volume.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace agent;
using namespace agent::volumes;
using model::ErrorCode;
using test::read_text;
using test::write_text;
namespace fs = std::filesystem;

namespace {

const std::string kVolume = "/opt/data/maps";
const std::string kSnapshot = "/opt/data/.snapshots/3/maps";
constexpr auto kNoLimit = std::numeric_limits<std::uint64_t>::max();

struct Machine {
    test::TemporaryDirectory directory;
    fs::path root = directory.path();
    Machine() {
        const auto made = prepare(root, kVolume, {.read_only = {2000}, .read_write = {2001}});
        if (!made) FAIL(made.error().text());
    }

    [[nodiscard]] fs::path at(const std::string& path) const {
        return root / fs::path(path).relative_path();
    }
    [[nodiscard]] fs::path in_volume(const std::string& name) const { return at(kVolume) / name; }
    [[nodiscard]] fs::path in_snapshot(const std::string& name) const {
        return at(kSnapshot) / name;
    }
    [[nodiscard]] SnapshotCost take(std::uint64_t limit = kNoLimit) const {
        const auto cost = take_snapshot(root, kVolume, kSnapshot, limit);
        if (!cost) FAIL(cost.error().text());
        return *cost;
    }
    void put_back() const {
        const auto back = put_back_snapshot(root, kVolume, kSnapshot);
        if (!back) FAIL(back.error().text());
    }
};

struct stat status_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status;
}

std::string attribute(const fs::path& path, const char* name) {
    std::string value(1000, '\0');
    const auto size = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    if (size < 0) return "none";
    value.resize(static_cast<std::size_t>(size));
    return value;
}

/// One of everything that a container can make.
void fill(const Machine& machine) {
    write_text(machine.in_volume("inner/chart"), "north");
    write_text(machine.in_volume("tool"), "#!/bin/sh\n");
    REQUIRE(::chmod(machine.in_volume("tool").c_str(), 04751) == 0);
    if (::geteuid() == 0) REQUIRE(::lchown(machine.in_volume("tool").c_str(), 2001, 2002) == 0);
    REQUIRE(::chmod(machine.in_volume("tool").c_str(), 04751) == 0);
    // Not every file system, and not everybody, may have both.
    for (const auto* name : {"user.note", "trusted.note"})
        static_cast<void>(::setxattr(machine.in_volume("tool").c_str(), name, "mine", 4, 0));
    fs::create_hard_link(machine.in_volume("inner/chart"), machine.in_volume("same"));
    fs::create_symlink("/etc/passwd", machine.in_volume("link"));
    REQUIRE(::mkfifo(machine.in_volume("pipe").c_str(), 0600) == 0);
    const int sparse = ::open(machine.in_volume("sparse").c_str(), O_WRONLY | O_CREAT, 0600);
    REQUIRE(::pwrite(sparse, "x", 1, 10 << 20) == 1);
    REQUIRE(::ftruncate(sparse, 20 << 20) == 0);
    ::close(sparse);
    const timespec times[] = {{1000, 1}, {2000, 2}};
    for (const auto* name : {"tool", "link", "inner", "pipe"})
        REQUIRE(::utimensat(AT_FDCWD, machine.in_volume(name).c_str(), times,
                            AT_SYMLINK_NOFOLLOW) == 0);
}

void check_equal(const fs::path& one, const fs::path& other) {
    INFO(one << " and " << other);
    const auto a = status_of(one);
    const auto b = status_of(other);
    CHECK(a.st_mode == b.st_mode);
    CHECK(a.st_uid == b.st_uid);
    CHECK(a.st_gid == b.st_gid);
    CHECK(a.st_nlink == b.st_nlink);
    CHECK(a.st_mtim.tv_sec == b.st_mtim.tv_sec);
    CHECK(a.st_mtim.tv_nsec == b.st_mtim.tv_nsec);
    if (S_ISREG(a.st_mode)) CHECK(a.st_size == b.st_size);
    for (const auto* name :
         {"user.note", "trusted.note", "system.posix_acl_access", "system.posix_acl_default"})
        CHECK(attribute(one, name) == attribute(other, name));
}

}  // namespace

TEST_CASE("a snapshot has everything that is in the volume, as it is") {
    const Machine machine;
    fill(machine);
    static_cast<void>(machine.take());
    check_equal(machine.at(kVolume), machine.at(kSnapshot));
    for (const auto* name : {"inner", "inner/chart", "tool", "same", "link", "pipe", "sparse"})
        check_equal(machine.in_volume(name), machine.in_snapshot(name));
    CHECK(read_text(machine.in_snapshot("inner/chart")) == "north");
    CHECK(status_of(machine.in_snapshot("same")).st_ino ==
          status_of(machine.in_snapshot("inner/chart")).st_ino);
    CHECK(fs::read_symlink(machine.in_snapshot("link")) == "/etc/passwd");
    CHECK(status_of(machine.in_snapshot("sparse")).st_blocks < 1000);
    CHECK(status_of(machine.at("/opt/data/.snapshots")).st_mode == (S_IFDIR | 0700));
}

TEST_CASE("what was done to a volume is gone when its snapshot is put back") {
    const Machine machine;
    fill(machine);
    static_cast<void>(machine.take());
    write_text(machine.in_volume("inner/chart"), "south");
    write_text(machine.in_volume("new"), "new");
    fs::remove(machine.in_volume("tool"));
    const auto acl = attribute(machine.at(kSnapshot), "system.posix_acl_access");
    for (const auto* when : {"once", "and again"}) {
        INFO(when);
        machine.put_back();
        CHECK(read_text(machine.in_volume("inner/chart")) == "north");
        CHECK(fs::exists(machine.in_volume("tool")));
        CHECK_FALSE(fs::exists(machine.in_volume("new")));
        CHECK(attribute(machine.at(kVolume), "system.posix_acl_access") == acl);
        CHECK(fs::is_empty(machine.at(kSnapshot).parent_path()));
    }
}

TEST_CASE("a way back that was broken off between its renames is gone to its end") {
    const Machine machine;
    write_text(machine.in_volume("chart"), "north");
    static_cast<void>(machine.take());
    const auto gone = machine.at("/opt/data/.snapshots/3/.gone-maps");
    fs::rename(machine.at(kVolume), gone);
    SECTION("the volume had been moved away") {}
    SECTION("and its snapshot been moved in") {
        fs::rename(machine.at(kSnapshot), machine.at(kVolume));
    }
    machine.put_back();
    CHECK(read_text(machine.in_volume("chart")) == "north");
    CHECK(fs::is_empty(gone.parent_path()));
}

TEST_CASE("what a snapshot that was broken off left is in nobody's way") {
    const Machine machine;
    write_text(machine.in_volume("chart"), "north");
    write_text(machine.at("/opt/data/.snapshots/3/.new-maps/half"), "made");
    SECTION("it is made again") {
        static_cast<void>(machine.take());
        CHECK_FALSE(fs::exists(machine.in_snapshot("half")));
        CHECK(read_text(machine.in_snapshot("chart")) == "north");
    }
    SECTION("it was not there, and the volume stays") {
        machine.put_back();
        CHECK(read_text(machine.in_volume("chart")) == "north");
    }
    CHECK_FALSE(fs::exists(machine.at("/opt/data/.snapshots/3/.new-maps")));
}

TEST_CASE("a snapshot that is there is taken as it is") {
    const Machine machine;
    write_text(machine.in_volume("chart"), "north");
    static_cast<void>(machine.take());
    write_text(machine.in_volume("chart"), "south");
    static_cast<void>(machine.take());
    CHECK(read_text(machine.in_snapshot("chart")) == "north");
}

TEST_CASE("a copy of more than the limit is refused, and leaves nothing") {
    const Machine machine;
    write_text(machine.in_volume("large"), std::string(1 << 20, 'x'));
    const auto cost = look_at_cost(machine.root, kVolume, kSnapshot);
    REQUIRE(cost);
    const auto taken = take_snapshot(machine.root, kVolume, kSnapshot, 1 << 19);
    // Where blocks are shared, nothing is copied.
    CHECK(taken.has_value() == (cost->method != "copy"));
    if (taken) return;
    CHECK(cost->bytes == 1 << 20);
    CHECK(taken.error().code() == ErrorCode::conflict);
    CHECK(fs::is_empty(machine.at(kSnapshot).parent_path()));
    CHECK(machine.take(1 << 20).bytes == 1 << 20);
}

TEST_CASE("from one mount to another everything is copied") {
    const Machine machine;
    write_text(machine.in_volume("chart"), std::string(5000, 'x'));
    const auto elsewhere = machine.at("/elsewhere");
    fs::create_directories(elsewhere);
    // Without the right to mount nothing lies elsewhere.
    if (::mount(machine.at(kVolume).c_str(), elsewhere.c_str(), nullptr, MS_BIND, nullptr) != 0)
        return;
    const auto cost = look_at_cost(machine.root, kVolume, "/elsewhere/maps");
    ::umount(elsewhere.c_str());
    REQUIRE(cost);
    CHECK(cost->method == "copy");
    CHECK(cost->bytes >= 5000);
}

TEST_CASE("a volume becomes a copy of a snapshot, which stays") {
    const Machine machine;
    fill(machine);
    static_cast<void>(machine.take());
    write_text(machine.in_volume("inner/chart"), "south");
    for (const auto* when : {"once", "and again"}) {
        INFO(when);
        REQUIRE(restore_snapshot(machine.root, kVolume, kSnapshot));
        check_equal(machine.in_volume("tool"), machine.in_snapshot("tool"));
        CHECK(read_text(machine.in_volume("inner/chart")) == "north");
        CHECK(read_text(machine.in_snapshot("inner/chart")) == "north");
    }
    const auto none = restore_snapshot(machine.root, kVolume, "/opt/data/.snapshots/4/maps");
    REQUIRE_FALSE(none);
    CHECK(none.error().code() == ErrorCode::not_found);
}

TEST_CASE("a volume that is a mount point gets its content back, and nothing of what is below") {
    const Machine machine;
    const auto mount_on = [](const fs::path& path) {
        return ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=1m") == 0;
    };
    // Without the right to mount there is no such volume either.
    if (!mount_on(machine.at(kVolume))) return;
    write_text(machine.in_volume("chart"), "north");
    fs::create_directory(machine.in_volume("below"));
    const bool below = mount_on(machine.in_volume("below"));
    write_text(machine.in_volume("below/other"), "not of the volume");
    const auto taken = take_snapshot(machine.root, kVolume, kSnapshot, kNoLimit);
    if (below) ::umount(machine.in_volume("below").c_str());
    write_text(machine.in_volume("chart"), "south");
    write_text(machine.in_volume("new"), "new");
    const auto back = put_back_snapshot(machine.root, kVolume, kSnapshot);
    const bool chart = read_text(machine.in_volume("chart")) == "north";
    const bool others =
        fs::exists(machine.in_volume("new")) || fs::exists(machine.in_volume("below/other"));
    ::umount(machine.at(kVolume).c_str());
    CHECK(taken);
    CHECK(back);
    CHECK(chart);
    CHECK_FALSE(others);
    CHECK(fs::is_empty(machine.at(kSnapshot).parent_path()));
}

TEST_CASE("what is mounted in a volume stays when its snapshot is put back, and is not purged") {
    const Machine machine;
    write_text(machine.in_volume("chart"), "north");
    write_text(machine.in_volume("deep/note"), "old");
    fs::create_directories(machine.in_volume("deep/media disk"));
    const auto disk = machine.in_volume("deep/media disk");
    // Without the right to mount nobody can lose anything by it.
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) return;
    write_text(disk / "film", "not of the volume");
    fs::permissions(disk, fs::perms::owner_all);
    const auto taken = take_snapshot(machine.root, kVolume, kSnapshot, kNoLimit);
    write_text(machine.in_volume("chart"), "south");
    write_text(machine.in_volume("deep/note"), "new");
    write_text(machine.in_volume("new"), "new");
    const auto back = put_back_snapshot(machine.root, kVolume, kSnapshot);
    const bool film = read_text(disk / "film") == "not of the volume";
    const bool restored = read_text(machine.in_volume("chart")) == "north" &&
                          read_text(machine.in_volume("deep/note")) == "old" &&
                          !fs::exists(machine.in_volume("new"));
    const auto purged = agent::volumes::remove(machine.root, kVolume);
    const bool still = fs::exists(disk / "film") && fs::exists(machine.in_volume("chart"));
    ::umount(disk.c_str());
    CHECK(taken);
    CHECK(back);
    CHECK(film);
    CHECK(restored);
    REQUIRE_FALSE(purged);
    CHECK(purged.error().text().find("unmount it first") != std::string::npos);
    CHECK(still);
}

TEST_CASE("a volume that somebody removed has nothing to keep") {
    const Machine machine;
    fs::remove_all(machine.at(kVolume));
    CHECK(take_snapshot(machine.root, kVolume, kSnapshot, kNoLimit).value().method == "none");
    CHECK(put_back_snapshot(machine.root, kVolume, kSnapshot));
    CHECK_FALSE(fs::exists(machine.at(kVolume)));
}

TEST_CASE("a volume that was removed comes back whole") {
    const Machine machine;
    write_text(machine.in_volume("chart"), "north");
    static_cast<void>(machine.take());
    fs::remove_all(machine.at(kVolume));
    machine.put_back();
    CHECK(read_text(machine.in_volume("chart")) == "north");
}

TEST_CASE("no link leads a snapshot anywhere else") {
    const Machine machine;
    const test::TemporaryDirectory elsewhere;
    fs::create_directory_symlink(elsewhere.path(), machine.at("/opt/data/.snapshots"));
    const auto taken = take_snapshot(machine.root, kVolume, kSnapshot, kNoLimit);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code() == ErrorCode::conflict);
    CHECK(fs::is_empty(elsewhere.path()));
}

TEST_CASE("a subvolume of btrfs is snapshotted, and comes back as one") {
    const Machine machine;
    fs::remove(machine.at(kVolume));
    const auto parent = ::open(machine.at("/opt/data").c_str(), O_RDONLY | O_DIRECTORY);
    btrfs_ioctl_vol_args arguments{.fd = 0, .name = "maps"};
    // On another file system it is a directory like any other.
    const bool made = ::ioctl(parent, BTRFS_IOC_SUBVOL_CREATE, &arguments) == 0;
    ::close(parent);
    write_text(machine.in_volume("chart"), "north");
    CHECK((machine.take().method == "btrfs-snapshot") == made);
    write_text(machine.in_volume("chart"), "south");
    REQUIRE(restore_snapshot(machine.root, kVolume, kSnapshot));
    CHECK(read_text(machine.in_volume("chart")) == "north");
    write_text(machine.in_volume("chart"), "south");
    machine.put_back();
    CHECK(read_text(machine.in_volume("chart")) == "north");
    constexpr ino_t kRootOfSubvolume = 256;
    if (made) CHECK(status_of(machine.at(kVolume)).st_ino == kRootOfSubvolume);
    CHECK(fs::is_empty(machine.at(kSnapshot).parent_path()));
}
