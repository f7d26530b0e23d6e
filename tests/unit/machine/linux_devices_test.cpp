// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/linux_devices.hpp"

#include <sys/stat.h>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::machine::LinuxDevices;
using agent::model::DeviceNode;
using agent::model::DeviceNumbers;
using agent::model::ErrorCode;

TEST_CASE("A path leads to a node and its number, over any links") {
    const test::TemporaryDirectory directory;
    LinuxDevices devices;
    CHECK(devices.resolve("/dev/null") == DeviceNode{"/dev/null", {1, 3}});
    const auto link = directory.path() / "by-id" / "zero";
    std::filesystem::create_directories(link.parent_path());
    std::filesystem::create_symlink("/dev/zero", directory.path() / "zero");
    std::filesystem::create_symlink("../zero", link);
    CHECK(devices.resolve(link.string()) == DeviceNode{"/dev/zero", {1, 5}});
}

TEST_CASE("What is missing, and what is no device, is told apart") {
    const test::TemporaryDirectory directory;
    LinuxDevices devices;
    const auto dangling = (directory.path() / "dangling").string();
    std::filesystem::create_symlink("gone", dangling);
    for (const auto& path : {dangling, std::string("/dev/no-such"), std::string("/dev/null/a")}) {
        const auto missing = devices.resolve(path);
        REQUIRE_FALSE(missing);
        CHECK(missing.error().code() == ErrorCode::not_found);
        CHECK(missing.error().text() == path + " is missing");
    }
    const auto file = directory.path() / "file";
    test::write_text(file, "");
    CHECK(devices.resolve(file.string()).error().code() == ErrorCode::conflict);
    const auto of_directory = devices.resolve("/dev");
    REQUIRE_FALSE(of_directory);
    CHECK(of_directory.error().code() == ErrorCode::conflict);
    CHECK(of_directory.error().text().find("directory") != std::string::npos);
}

TEST_CASE("Numbers are remembered until they are forgotten") {
    const test::TemporaryDirectory directory;
    LinuxDevices devices(directory.path() / "run" / "devices");
    CHECK(devices.remembered("a-0123abcd") == std::nullopt);
    const DeviceNumbers numbers = {{"/dev/a b", {188, 0}}, {"/dev/c", {4095, 1048575}}};
    devices.remember("a-0123abcd", numbers);
    CHECK(devices.remembered("a-0123abcd") == numbers);
    // Where nobody has a device, that is known as well.
    devices.remember("a-0123abcd", {});
    CHECK(devices.remembered("a-0123abcd") == DeviceNumbers());
    devices.forget("a-0123abcd");
    CHECK(devices.remembered("a-0123abcd") == std::nullopt);
    devices.forget("a-0123abcd");
}

TEST_CASE("A note that is damaged, or cannot be written, is none") {
    const test::TemporaryDirectory directory;
    LinuxDevices devices(directory.path());
    test::write_text(directory.path() / "a", "188.0 /dev/a\n188\n");
    CHECK(devices.remembered("a") == std::nullopt);
    test::write_text(directory.path() / "file", "");
    LinuxDevices nowhere(directory.path() / "file" / "devices");
    nowhere.remember("a", {{"/dev/a", {1, 3}}});
    CHECK(nowhere.remembered("a") == std::nullopt);
}
