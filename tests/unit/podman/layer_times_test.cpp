// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/layer_times.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <sstream>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::model::ErrorCode;
using agent::podman::forget_own_times;
namespace fs = std::filesystem;

namespace {

/// Of everything in the layer; neither a clock that is behind nor one that is ahead matters.
constexpr std::time_t kTime = 4'000'000'000;

void set_time(const fs::path& path) {
    const std::array<timespec, 2> times{timespec{kTime, 0}, timespec{kTime, 0}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) == 0);
}

std::time_t time_of(const fs::path& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mtim.tv_sec;
}

std::string entry(const std::string& name, std::uint64_t size = 0) {
    return R"({"type":1,"name":")" + name + R"(","size":)" + std::to_string(size) +
           ",\"payload\":null,\"position\":1}\n";
}

}  // namespace

TEST_CASE("What podman makes in a layer has no time, what the layer's archive lists has its own") {
    const test::TemporaryDirectory temporary;
    const auto diff = temporary.path() / "diff";
    for (const auto* name : {"plain", "slash", "dotted", "absolute", "odd/name", "deep/er", "half",
                             "implied/listed", "large", "\xff"})
        fs::create_directories(diff / name);
    test::write_text(diff / "file", "x");
    test::write_text(diff / "half/file", "x");
    fs::create_symlink("plain", diff / "link");
    REQUIRE(::mkfifo((diff / "fifo").c_str(), 0600) == 0);
    for (const auto& path : fs::recursive_directory_iterator(diff))
        set_time(path.path());
    set_time(diff);
    std::istringstream archive(
        R"({"type":2,"payload":"AAAA","position":0})"
        "\n" +
        entry("./") + entry("plain") + entry("slash/") + entry("./dotted/") + entry("/absolute") +
        entry("odd/../odd/./name//") + entry("deep/er/") + entry("../deep/") + entry("file", 1) +
        entry("half/file", 1) + entry("link") + entry("fifo") + entry("implied/listed/") +
        // Another entry of that name has the content, which no directory has.
        entry("large", 1ULL << 32U) +
        R"({"type":1,"name_raw":"/w==","payload":null,"position":9})"
        "\n" +
        R"({"type":2,"payload":"AAAA","position":10})");
    REQUIRE(forget_own_times(archive, diff));
    const std::vector<std::pair<const char*, bool>> rows{
        {"", false},        {"plain", true}, {"slash", true},    {"dotted", true},
        {"absolute", true}, {"odd", false},  {"odd/name", true}, {"deep", true},
        {"deep/er", true},  {"file", true},  {"half", false},    {"half/file", true},
        {"link", true},     {"fifo", true},  {"implied", false}, {"implied/listed", true},
        {"large", false},   {"\xff", true},
    };
    for (const auto& [name, keeps] : rows) {
        INFO(name);
        CHECK(time_of(*name == '\0' ? diff : diff / name) == (keeps ? kTime : 0));
    }
}

TEST_CASE("A whiteout has no time, another device has") {
    const test::TemporaryDirectory temporary;
    const auto whiteout = temporary.path() / "whiteout";
    const auto device = temporary.path() / "device";
    if (::mknod(whiteout.c_str(), S_IFCHR, ::makedev(0, 0)) != 0 ||
        ::mknod(device.c_str(), S_IFCHR, ::makedev(1, 3)) != 0)
        return;  // Only root may.
    set_time(whiteout);
    set_time(device);
    std::istringstream archive(entry(".wh.whiteout") + entry("whiteout") + entry("device"));
    REQUIRE(forget_own_times(archive, temporary.path()));
    CHECK(time_of(whiteout) == 0);
    CHECK(time_of(device) == kTime);
}

TEST_CASE("An archive that podman has not written like this is refused") {
    const test::TemporaryDirectory temporary;
    for (const auto* text : {"x\n", "[]\n", "{}\n", R"({"type":1,"name":1})",
                             R"({"type":1,"name_raw":"-"})", R"({"type":1,"size":"1"})"}) {
        INFO(text);
        std::istringstream archive(text);
        const auto done = forget_own_times(archive, temporary.path());
        REQUIRE_FALSE(done);
        CHECK(done.error().code() == ErrorCode::internal);
    }
}

TEST_CASE("A layer that is not there is an error") {
    std::istringstream archive;
    const auto done = forget_own_times(archive, "/nowhere/diff");
    REQUIRE_FALSE(done);
    CHECK(done.error().text().find("/nowhere/diff") != std::string::npos);
}
