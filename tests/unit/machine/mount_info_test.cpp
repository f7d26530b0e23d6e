// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/mount_info.hpp"

#include "tests/unit/catch.hpp"

using agent::machine::MountEntry;
using agent::machine::parse_mount_info;

TEST_CASE("Mounts are read in their order, with what is escaped in their paths") {
    CHECK(parse_mount_info("22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
                           "36 22 7:0 / /a\\040b\\134\\011\\012 ro - squashfs /dev/loop0 ro\n"
                           "37 22 253:0 / /umlaut\xc3\xbc ro - squashfs /dev/mapper/x ro\n"
                           "38 22 0:5 / /odd\\04 /x\\089 - tmpfs x rw\n") ==
          std::vector<MountEntry>{{"/", "8:1"},
                                  {"/a b\\\t\n", "7:0"},
                                  {"/umlaut\xc3\xbc", "253:0"},
                                  {"/odd\\04", "0:5"}});
}

TEST_CASE("A line that is none is left out") {
    const auto* text = GENERATE("", "\n", "1 2 3:4 /\n", "garbage");
    CHECK(parse_mount_info(text).empty());
}
