// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/mount_table.hpp"

#include "agent/store/system_call.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::store::open_directory;
using namespace agent::volumes;

TEST_CASE("The file system that a directory lies on has its name and its type") {
    const auto proc = open_directory("/proc/self");
    REQUIRE(proc);
    CHECK(file_system_of(*proc) == "the file system /proc (proc)");
    CHECK_FALSE(mount_of(*proc).empty());
}

TEST_CASE("Nothing is mounted below a directory that has just been made") {
    const test::TemporaryDirectory temporary;
    const auto directory = open_directory(temporary.path());
    REQUIRE(directory);
    CHECK_FALSE(has_mounts_below(*directory));
    const auto parent = open_directory("/dev");
    REQUIRE(parent);
    const auto pts = open_directory("/dev/pts");
    if (pts && mount_of(*pts) != mount_of(*parent)) CHECK(has_mounts_below(*parent));
}

TEST_CASE("A directory that is not open has no file system that is known") {
    const agent::store::Descriptor none;
    CHECK(mount_of(none).empty());
    CHECK(file_system_of(none) == "a file system");
    CHECK(has_mounts_below(none));
}
