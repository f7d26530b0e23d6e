// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/linux_image_mounts.hpp"

#include <cstdio>
#include <functional>

#include "tests/unit/catch.hpp"
#include "tests/unit/machine/image_mounts.hpp"

using agent::host::StoreMount;
using agent::host::StoreSupport;
using agent::model::ErrorCode;
using test::MountingMachine;
namespace fs = std::filesystem;

namespace {

const auto kRootHash = agent::model::Sha256::parse(std::string(64, 'a')).value();
constexpr std::uint64_t kHashOffset = 8192;

/// A superblock that says how long the file system is, which a hash tree follows.
std::string store_text(std::size_t size, const std::string& tree = std::string("verity\0\0", 8)) {
    std::string text = "hsqs" + std::string(36, '\0');
    text += static_cast<char>(size & 0xffU);
    text += static_cast<char>(size >> 8U);
    text.resize(kHashOffset, '\0');
    text += tree;
    text.resize(kHashOffset + 8192, '\0');
    return text;
}

StoreMount store_at(const MountingMachine& machine, bool verity) {
    return {.file = machine.root() / "store.sqfs",
            .where = machine.root() / "state/mounts/aaaa",
            .verity = verity,
            .root_hash = kRootHash,
            .hash_offset = kHashOffset};
}

}  // namespace

TEST_CASE("A store is mounted by mount(8), on a directory that is made for it") {
    const MountingMachine machine;
    auto mounts = machine.mounts();
    const auto hashed = store_at(machine, false);
    REQUIRE(mounts.mount(hashed));
    CHECK(machine.calls() == "mount -t squashfs -o ro,nodev,nosuid,loop " + hashed.file.string() +
                                 " " + hashed.where.string() + "\n");
    CHECK(fs::is_directory(hashed.where));
    CHECK(fs::status(hashed.where.parent_path()).permissions() == fs::perms::owner_all);
    auto verified = store_at(machine, true);
    verified.where = machine.root() / "state/mounts/bbbb";
    REQUIRE(mounts.mount(verified));
    CHECK(machine.calls().ends_with(
        "mount -t squashfs -o ro,nodev,nosuid,verity.hashdevice=" + verified.file.string() +
        ",verity.hashoffset=8192,verity.roothash=" + kRootHash.hex() + " " +
        verified.file.string() + " " + verified.where.string() + "\n"));
}

TEST_CASE("What is mounted directly below a directory is known, and not mounted again") {
    const MountingMachine machine;
    const auto store = store_at(machine, true);
    const auto below = store.where.parent_path();
    const auto line = [](const fs::path& where) {
        return "36 22 7:0 / " + where.string() + " ro - squashfs /dev/loop0 ro\n";
    };
    test::write_text(machine.root() / "proc/self/mountinfo",
                     line("/") + line(below) + line(store.where) + line(store.where) +
                         line(store.where / "deeper") + line(below.string() + "2/x") +
                         line(below / "with\\040blank"));
    auto mounts = machine.mounts();
    const std::set<fs::path> expected{store.where, below / "with blank"};
    CHECK(mounts.mounted(below).value() == expected);
    CHECK(mounts.mounted(below.string() + "/").value() == expected);
    CHECK(mounts.mounted("/nowhere").value().empty());
    REQUIRE(mounts.mount(store));
    CHECK(machine.calls().empty());
    machine.remove("proc/self/mountinfo");
    CHECK_FALSE(mounts.mounted(below));
}

TEST_CASE("What is mounted is read from the file that its loop device has") {
    struct Row {
        const char* what;
        const char* device;
        const char* backing_file;
        bool reads;
    };
    for (const auto& row : std::vector<Row>{
             {"the file", "7:0", "store.sqfs", true},
             {"the file below dm-verity", "253:1", "store.sqfs", true},
             {"a file that is gone", "7:0", "store.sqfs (deleted)", false},
             {"a file that is gone below dm-verity", "253:1", "store.sqfs (deleted)", false},
             {"another file", "7:0", "other.sqfs", false},
             {"one that nobody can see here", "7:0", "elsewhere/store.sqfs", true},
             {"no loop device", "8:1", "other.sqfs", true},
         }) {
        INFO(row.what);
        const MountingMachine machine;
        const auto store = store_at(machine, false);
        test::write_text(store.file, "");
        test::write_text(machine.root() / "other.sqfs", "");
        test::write_text(machine.root() / "proc/self/mountinfo",
                         std::string("36 22 ") + row.device + " / " + store.where.string() +
                             " ro - squashfs x ro\n");
        const auto sys = machine.root() / "sys";
        test::write_text(sys / "block/loop0/loop/backing_file",
                         (machine.root() / row.backing_file).string() + "\n");
        fs::create_directories(sys / "dev/block");
        fs::create_directories(sys / "block/dm-1/slaves/loop0");
        fs::create_directories(sys / "block/sda1");
        fs::create_directory_symlink("../../block/loop0", sys / "dev/block/7:0");
        fs::create_directory_symlink("../../block/dm-1", sys / "dev/block/253:1");
        fs::create_directory_symlink("../../block/sda1", sys / "dev/block/8:1");
        CHECK(machine.mounts().reads(store.where, store.file) == row.reads);
        CHECK(machine.mounts().reads(store.where.string() + "2", store.file));
    }
}

TEST_CASE("Where no block is verified, or the kernel does not say, none is known to be damaged") {
    const MountingMachine machine;
    const auto store = store_at(machine, true);
    CHECK_FALSE(machine.mounts().damaged(store.where).has_value());
    test::write_text(machine.root() / "proc/self/mountinfo",
                     "36 22 253:1 / " + store.where.string() + " ro - squashfs /dev/mapper/x ro\n");
    CHECK_FALSE(machine.mounts().damaged(store.where).has_value());
    // A control device that is none.
    fs::create_directories(machine.root() / "sys/dev/block/253:1/dm");
    CHECK_FALSE(machine.mounts().damaged(store.where).has_value());
}

TEST_CASE("Calls of mount(8) hold what they are given to keep open") {
    const MountingMachine machine;
    machine.set_mount("readlink /proc/self/fd/3 >\"$root/held\" || :");
    const auto lock = machine.root() / "lock";
    test::write_text(lock, "");
    std::FILE* const file = std::fopen(lock.c_str(), "r");
    REQUIRE(file != nullptr);
    auto mounts = machine.mounts();
    mounts.keep_open(fileno(file));
    REQUIRE(mounts.mount(store_at(machine, false)));
    CHECK(test::read_text(machine.root() / "held") == lock.string() + "\n");
    mounts.keep_open(-1);
    std::fclose(file);
    REQUIRE(mounts.mount(store_at(machine, false)));
    CHECK(test::read_text(machine.root() / "held").empty());
}

TEST_CASE("The support of a machine is what its kernel and its programs have") {
    struct Row {
        const char* what;
        std::function<void(const MountingMachine&)> change;
        std::string problem;
        bool verity;
    };
    const std::vector<Row> rows = {
        {"all", [](const auto&) {}, "", true},
        {"another mount namespace",
         [](const auto& m) {
             m.remove("proc/self/ns/mnt");
             fs::create_symlink("mnt:[1]", m.root() / "proc/self/ns/mnt");
         },
         "mount namespace of its own", false},
        {"a namespace that cannot be read", [](const auto& m) { m.remove("proc/1/ns/mnt"); }, "",
         true},
        {"no mount(8)", [](const auto& m) { m.remove("bin/mount"); }, "install the package mount",
         false},
        {"no loop devices", [](const auto& m) { m.remove("dev/loop-control"); },
         "/dev/loop-control is missing", false},
        {"no squashfs",
         [](const auto& m) {
             test::write_text(m.root() / "proc/filesystems", "nodev\tsquashfs2\n\text4\n");
         },
         "does not know squashfs", false},
        {"no device-mapper", [](const auto& m) { m.remove("dev/mapper"); }, "", false},
        {"no dm-verity", [](const auto& m) { m.remove("sys/module/dm_verity"); }, "", false},
        {"no libcryptsetup", [](const auto& m) { m.remove("usr/lib"); }, "", false},
        {"libcryptsetup in /lib",
         [](const auto& m) {
             m.remove("usr/lib");
             test::write_text(m.root() / "lib/libcryptsetup.so.12", "");
         },
         "", true},
        {"modules that come when they are asked for",
         [](const auto& m) {
             m.remove("dev/loop-control");
             m.remove("sys/module/dm_verity");
             test::write_text(m.root() / "proc/filesystems", "");
             m.set_modprobe(
                 "case $2 in loop) : >\"$root/dev/loop-control\";;\n"
                 "squashfs) echo '\tsquashfs' >>\"$root/proc/filesystems\";;\n"
                 "dm-verity) mkdir \"$root/sys/module/dm_verity\";; esac");
         },
         "", true},
        {"no modprobe",
         [](const auto& m) {
             m.remove("sbin");
             m.remove("dev/mapper");
         },
         "", false},
    };
    for (const auto& row : rows) {
        INFO(row.what);
        const MountingMachine machine;
        row.change(machine);
        const auto support = machine.mounts().support();
        INFO(support.problem);
        CHECK(support.verity == row.verity);
        CHECK(support.problem.empty() == row.problem.empty());
        CHECK(support.problem.find(row.problem) != std::string::npos);
    }
}

TEST_CASE("Nothing is asked of modprobe that is there") {
    const MountingMachine machine;
    CHECK(machine.mounts().support() == StoreSupport{.problem = "", .verity = true});
    CHECK(machine.calls().empty());
}

TEST_CASE("A mount that fails says why, and leaves no directory") {
    struct Row {
        const char* what;
        bool verity;
        std::function<void(const MountingMachine&)> change;
        ErrorCode code;
        std::string told;
    };
    const auto whole = store_text(kHashOffset);
    const auto with_file = [](const std::string& text) {
        return
            [text](const MountingMachine& m) { test::write_text(m.root() / "store.sqfs", text); };
    };
    const std::vector<Row> rows = {
        {"no file", false, [](const auto&) {}, ErrorCode::internal, "is missing"},
        {"an empty file", false, with_file(""), ErrorCode::invalid, "is no squashfs"},
        {"another file", true, with_file(std::string(9000, 'x')), ErrorCode::invalid,
         "is no squashfs"},
        {"half a superblock", false, with_file("hsqs"), ErrorCode::invalid, "is cut short"},
        {"half a file system", false, with_file(store_text(20000).substr(0, 19999)),
         ErrorCode::invalid, "is cut short"},
        {"no hash tree", true, with_file(whole.substr(0, kHashOffset)), ErrorCode::invalid,
         "is cut short"},
        {"something else there", true, with_file(store_text(kHashOffset, "x")), ErrorCode::invalid,
         "has no hash tree"},
        {"no loop device left", false, with_file(whole), ErrorCode::conflict,
         "no loop device is free"},
        {"no squashfs", false,
         [&](const auto& m) {
             with_file(whole)(m);
             m.remove("proc/filesystems");
         },
         ErrorCode::conflict, "does not know squashfs"},
    };
    for (const auto& row : rows) {
        INFO(row.what);
        const MountingMachine machine;
        row.change(machine);
        machine.set_mount(
            "echo \"mount: $6: wrong fs type.\" >&2; echo 'dmesg(1) may help.' >&2; "
            "exit 32");
        const auto store = store_at(machine, row.verity);
        const auto mounted = machine.mounts().mount(store);
        REQUIRE_FALSE(mounted);
        INFO(mounted.error().text());
        CHECK(mounted.error().code() == row.code);
        CHECK(mounted.error().text().find(row.told) != std::string::npos);
        CHECK(mounted.error().text().ends_with(" (mount(8): wrong fs type)"));
        CHECK_FALSE(fs::exists(store.where));
    }
}

TEST_CASE("With dm-verity a superblock that cannot be read is another one than was signed") {
    const MountingMachine machine;
    const auto store = store_at(machine, true);
    test::write_text(store.file, store_text(kHashOffset));
    machine.set_mount("echo \"mount: $6: can't read superblock on /dev/mapper/x.\" >&2; exit 32");
    const auto mounted = machine.mounts().mount(store);
    REQUIRE_FALSE(mounted);
    CHECK(mounted.error().code() == ErrorCode::invalid);
    CHECK(mounted.error().text().find("root hash " + kRootHash.hex()) != std::string::npos);
    // Not the file, where the kernel cannot tell.
    machine.remove("dev/mapper");
    CHECK(machine.mounts().mount(store).error().code() == ErrorCode::conflict);
}

TEST_CASE("Without mount(8) nothing is mounted") {
    const MountingMachine machine;
    machine.remove("bin/mount");
    const auto mounted = machine.mounts().mount(store_at(machine, false));
    REQUIRE_FALSE(mounted);
    CHECK(mounted.error().code() == ErrorCode::conflict);
    CHECK(mounted.error().text().find("install the package mount") != std::string::npos);
}

TEST_CASE("A mount(8) that hangs is ended in time") {
    const MountingMachine machine;
    machine.set_mount("exec sleep 100");
    auto options = machine.options();
    options.timeout = std::chrono::milliseconds(100);
    const auto mounted = agent::machine::LinuxImageMounts(options).mount(store_at(machine, false));
    REQUIRE_FALSE(mounted);
    CHECK(mounted.error().code() == ErrorCode::internal);
    CHECK(mounted.error().text().find("did not end within 100 ms") != std::string::npos);
}

TEST_CASE("What is not mounted is unmounted by removing its directory, if there is one") {
    const MountingMachine machine;
    auto mounts = machine.mounts();
    const auto where = machine.root() / "state/mounts/aaaa";
    fs::create_directories(where);
    const auto unmounted = mounts.unmount(where);
    // Whoever has no right to unmount anything is told so before.
    if (!unmounted && unmounted.error().code() == ErrorCode::not_permitted) return;
    REQUIRE(unmounted);
    CHECK_FALSE(fs::exists(where));
    REQUIRE(mounts.unmount(where));
    test::write_text(where / "file", "");
    CHECK_FALSE(mounts.unmount(where));
    CHECK(fs::exists(where / "file"));
}
