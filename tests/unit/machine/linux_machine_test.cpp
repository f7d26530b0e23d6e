// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/linux_machine.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::machine::LinuxMachine;
using agent::model::ErrorCode;

TEST_CASE("The version of the operating system comes from /etc, then from /usr/lib") {
    const test::TemporaryDirectory root;
    LinuxMachine machine(root.path());
    CHECK(machine.os_version_id().error().code() == ErrorCode::not_found);
    test::write_text(root.path() / "usr/lib/os-release", "VERSION_ID=\"12\"\n");
    CHECK(machine.os_version_id() == "12");
    test::write_text(root.path() / "etc/os-release", "VERSION_ID=\"13\"\n");
    CHECK(machine.os_version_id() == "13");
}

TEST_CASE("Without VERSION_ID (Debian testing) the error names the file") {
    const test::TemporaryDirectory root;
    test::write_text(root.path() / "etc/os-release", "ID=debian\n");
    const auto version = LinuxMachine(root.path()).os_version_id();
    REQUIRE_FALSE(version);
    CHECK(version.error().code() == ErrorCode::not_found);
    CHECK(version.error().text().find("etc/os-release has no VERSION_ID") != std::string::npos);
}

TEST_CASE("The architecture is dpkg's") {
    FILE* pipe = popen("dpkg --print-architecture", "r");
    REQUIRE(pipe != nullptr);
    char line[64] = "";
    REQUIRE(std::fgets(line, sizeof line, pipe) != nullptr);
    pclose(pipe);
    CHECK(LinuxMachine().architecture() + "\n" == line);
}

TEST_CASE("A path that is not there yet has the space and the file system of where it would be") {
    const test::TemporaryDirectory directory;
    LinuxMachine machine;
    const auto missing = directory.path() / "a/b/c";
    CHECK(machine.file_system(missing).value() == machine.file_system(directory.path()).value());
    CHECK(machine.file_system("/proc").value() != machine.file_system(directory.path()).value());
    const auto space = machine.free_space(missing);
    REQUIRE(space);
    struct statvfs now {};
    REQUIRE(statvfs(directory.path().c_str(), &now) == 0);
    const auto blocks = geteuid() == 0 ? now.f_bfree : now.f_bavail;
    const auto expected = std::uint64_t{blocks} * now.f_frsize;
    // Others write meanwhile.
    CHECK(*space > expected / 10 * 9);
    CHECK(*space < expected / 10 * 11);
}

TEST_CASE("A file system is written to disk by any path on it; one that is not there is an error") {
    const test::TemporaryDirectory directory;
    LinuxMachine machine;
    CHECK(machine.sync_file_system(directory.path()));
    const auto missing = machine.sync_file_system(directory.path() / "missing");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code() == ErrorCode::not_found);
}

TEST_CASE("Time goes on while sleeping") {
    LinuxMachine machine;
    const auto start = machine.monotonic();
    machine.sleep_for(std::chrono::milliseconds(20));
    CHECK(machine.monotonic() - start >= std::chrono::milliseconds(20));
    CHECK(machine.now() > std::chrono::system_clock::from_time_t(1700000000));
}
