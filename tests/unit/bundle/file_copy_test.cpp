// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/file_copy.hpp"

#include <fcntl.h>

#include <algorithm>
#include <vector>

#include "tests/unit/bundle/stick.hpp"
#include "tests/unit/crypto/verification.hpp"

using agent::bundle::clone_range;
using agent::bundle::copy_range;
using agent::bundle::CopyProgress;
using agent::bundle::FileDescriptor;
using agent::bundle::FileRange;
using agent::model::ErrorCode;
using agent::model::Result;
using tests::StickInUse;

namespace {

constexpr std::uint64_t kSize = 9U << 20U;

/// A file that is copied from, and one that is copied to.
struct Files {
    tests::TemporaryDirectory dir;
    std::filesystem::path source = std::filesystem::canonical(dir.path()) / "source";
    std::filesystem::path target = dir.path() / "target";
    std::string text;

    Files() {
        for (std::uint64_t i = 0; text.size() < kSize; ++i)
            text += std::to_string(i) + "\n";
        text.resize(kSize);
        tests::write_text(source, text);
    }
    [[nodiscard]] FileDescriptor open_source() const {
        return FileDescriptor(::open(source.c_str(), O_RDONLY | O_CLOEXEC));
    }
    [[nodiscard]] FileDescriptor open_target() const {
        return FileDescriptor(::open(target.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    }
    [[nodiscard]] Result<> copy(std::uint64_t offset, std::uint64_t size,
                                const CopyProgress& progress = {}) const {
        const auto from = open_source();
        return copy_range({from, source, offset, size}, open_target(), target, progress);
    }
    [[nodiscard]] bool is_copy(std::uint64_t offset, std::uint64_t size) const {
        return agent::bundle::read_file(target, kSize) == text.substr(offset, size);
    }
};

}  // namespace

TEST_CASE("Any part of a file is copied, however the file system can") {
    const Files files;
    const std::pair<std::uint64_t, std::uint64_t> parts[] = {
        {0, kSize}, {4096, 8192}, {4096, kSize - 4096}, {3, 5}, {512, 8U << 20U},
        {100, 0},   {kSize, 0}};
    for (const bool clones : {true, false}) {
        for (const bool copies : {true, false}) {
            const StickInUse in_use({.file = files.source, .copies = copies, .clones = clones});
            for (const auto& [offset, size] : parts) {
                INFO(clones << copies << ": " << size << " bytes at " << offset);
                REQUIRE(files.copy(offset, size));
                CHECK(files.is_copy(offset, size));
            }
        }
    }
}

TEST_CASE("What is cloned or copied by the kernel is not read") {
    const Files files;
    for (const bool clones : {true, false}) {
        const StickInUse in_use({.file = files.source, .clones = clones});
        REQUIRE(files.copy(0, kSize));
        CHECK(tests::stick().read == 0);
    }
}

TEST_CASE("A clone begins at a block of the file system, or there is none and nothing is written") {
    const Files files;
    const StickInUse in_use({.file = files.source, .clones = true});
    const auto from = files.open_source();
    CHECK(clone_range({from, files.source, 4096, 4096}, files.open_target()));
    CHECK(files.is_copy(4096, 4096));
    CHECK_FALSE(clone_range({from, files.source, 512, 4096}, files.open_target()));
    CHECK(tests::read_text(files.target).empty());
}

TEST_CASE("Copying tells how far it is, and can be cancelled") {
    const Files files;
    for (const bool copies : {true, false}) {
        const StickInUse in_use({.file = files.source, .copies = copies});
        std::vector<std::uint64_t> steps;
        REQUIRE(files.copy(0, kSize, [&](std::uint64_t done) {
            steps.push_back(done);
            return true;
        }));
        CHECK(steps.size() >= 2);
        CHECK(std::is_sorted(steps.begin(), steps.end()));
        CHECK(steps.back() == kSize);
        tests::check_fails(files.copy(0, kSize, [](auto) { return false; }), ErrorCode::busy,
                           {"cancelled"});
        CHECK(std::filesystem::file_size(files.target) < kSize);
    }
}

TEST_CASE("What cannot be read or written is told as that") {
    const Files files;
    SECTION("a medium that fails") {
        for (const bool copies : {true, false}) {
            const StickInUse in_use({.file = files.source, .gives = 8'500'000, .copies = copies});
            tests::check_fails(files.copy(0, kSize), ErrorCode::unreachable,
                               {files.source.string(), "Input/output error", "medium"});
        }
    }
    SECTION("a file that ends before") {
        tests::check_fails(files.copy(4096, kSize), ErrorCode::invalid,
                           {files.source.string(), "ends 4096 bytes too early"});
    }
    SECTION("a full disk") {
        const auto from = files.open_source();
        // Writing to it fails as on a full file system, see full(4).
        const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
        tests::check_fails(copy_range({from, files.source, 0, kSize}, full, "/dev/full", {}),
                           ErrorCode::no_space, {"/dev/full"});
    }
}
