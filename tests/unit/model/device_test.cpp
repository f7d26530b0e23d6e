// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/device.hpp"

#include "tests/unit/catch.hpp"

using agent::model::DeviceNumber;
using agent::model::parse_device_number;

TEST_CASE("a device number is two decimals with a dot between") {
    CHECK(to_string(DeviceNumber{188, 0}) == "188.0");
    CHECK(parse_device_number("188.0") == DeviceNumber{188, 0});
    CHECK(parse_device_number("4095.1048575") == DeviceNumber{4095, 1048575});
    for (const auto* text : {"", ".", "1", "1.", ".1", "1.2.3", "1.-2", "0x1.2", "1:2", " 1.2",
                             "1.2 ", "1.99999999999"}) {
        INFO(text);
        CHECK_FALSE(parse_device_number(text));
    }
}
