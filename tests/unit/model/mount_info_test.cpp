// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/mount_info.hpp"

#include "tests/unit/catch.hpp"

using agent::model::MountEntry;
using agent::model::parse_mount;
using agent::model::parse_mount_info;

TEST_CASE("A mount is read with what is escaped in its path, whatever its optional fields") {
    const std::vector<std::pair<const char*, MountEntry>> rows{
        {"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw", {"/", "8:1", "22", "ext4"}},
        {"36 22 7:0 /sub /mnt ro - squashfs /dev/loop0 ro", {"/mnt", "7:0", "36", "squashfs"}},
        {"36 22 7:0 / /m ro shared:1 master:2 propagate_from:3 unbindable - xfs x ro",
         {"/m", "7:0", "36", "xfs"}},
        // Blank, backslash, tabulator and line end; then what only looks like one of them.
        {"1 2 7:0 / /a\\040b\\134\\011\\012c ro - t x ro", {"/a b\\\t\nc", "7:0", "1", "t"}},
        {"1 2 7:0 / /\\134040 ro - t x ro", {"/\\040", "7:0", "1", "t"}},
        {"1 2 7:0 / /\\377\\000 ro - t x ro", {std::string("/\xff\0", 3), "7:0", "1", "t"}},
        {"1 2 7:0 / /odd\\04 ro - t x ro", {"/odd\\04", "7:0", "1", "t"}},
        {"1 2 7:0 / /x\\089\\400\\777\\ ro - t x ro", {"/x\\089\\400\\777\\", "7:0", "1", "t"}},
        {"1 2 7:0 / /umlaut\xc3\xbc#! ro - t x ro", {"/umlaut\xc3\xbc#!", "7:0", "1", "t"}},
        // What the kernel does not escape.
        {"1 2 7:0 / /a\rb\vc\fd ro - t x ro", {"/a\rb\vc\fd", "7:0", "1", "t"}},
        // Fields that could be taken for the separator, or for the mount point.
        {"1 2 7:0 - /- - - t x ro", {"/-", "7:0", "1", "t"}},
        {"1 2 7:0 / /a ro - t - - x - y", {"/a", "7:0", "1", "t"}},
        {"1 2 7:0 / /a ro - fuse.a\\040b  rw,x=/other", {"/a", "7:0", "1", "fuse.a\\040b"}},
        // Lines that end early have no type.
        {"1 2 7:0 / /a", {"/a", "7:0", "1", ""}},
        {"1 2 7:0 / /a ro shared:1", {"/a", "7:0", "1", ""}},
        {"1 2 7:0 / /a ro -", {"/a", "7:0", "1", ""}},
    };
    for (const auto& [line, mount] : rows) {
        INFO(line);
        const auto parsed = parse_mount(line);
        REQUIRE(parsed);
        CHECK(*parsed == mount);
    }
}

TEST_CASE("A line that is no mount is left out") {
    const auto* line =
        GENERATE("", " ", "garbage", "1 2 3:4 /", "1 2 3:4 / ", "1 2 3:4 / a rw - t x",
                 "1 2 3:4  / /a", " 1 2 3:4 / rw - t x", "1\t2\t3:4\t/\t/a\trw", "- - - - -");
    INFO(line);
    CHECK_FALSE(parse_mount(line));
    CHECK(parse_mount_info(std::string(line) + "\n1 2 3:4 / /a rw - t x rw\n" + line) ==
          std::vector<MountEntry>{{"/a", "3:4", "1", "t"}});
}

TEST_CASE("Mounts are read in their order, also where several are at one place") {
    CHECK(parse_mount_info("").empty());
    CHECK(parse_mount_info("1 2 3:4 / /a rw - t x rw\n\n2 2 3:5 / /a rw - u x rw") ==
          std::vector<MountEntry>{{"/a", "3:4", "1", "t"}, {"/a", "3:5", "2", "u"}});
}
