// SPDX-License-Identifier: GPL-3.0-or-later
// Files on a medium that fails, and files that change while they are read.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "tests/unit/bundle/bundles.hpp"

using agent::bundle::BundleReader;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::TemporaryDirectory;
using tests::write_text;

namespace {

/// The file that gives so many bytes, and then EIO as a stick that was pulled.
struct PulledStick {
    std::filesystem::path file;
    off_t gives = 0;
};

PulledStick& stick() {
    static PulledStick instance;
    return instance;
}

bool is_on_stick(int descriptor) {
    if (stick().file.empty()) return false;
    std::error_code ignored;
    const auto link = "/proc/self/fd/" + std::to_string(descriptor);
    return std::filesystem::read_symlink(link, ignored) == stick().file;
}

/// A bundle that is larger than what is read at once.
std::vector<tests::TarMember> large_members() {
    return tests::with_manifest({{"bundle.toml", std::string(tests::kDescription)},
                                 {"files/large", std::string(300'000, 'x')}});
}

}  // namespace

// Another name in C++, so that the C library's header says nothing about this definition.
extern "C" {
ssize_t read_from_stick(int descriptor, void* buffer, std::size_t size) __asm__("read");

ssize_t read_from_stick(int descriptor, void* buffer, std::size_t size) {
    if (is_on_stick(descriptor)) {
        const off_t left = stick().gives - ::lseek(descriptor, 0, SEEK_CUR);
        if (left <= 0) {
            errno = EIO;
            return -1;
        }
        size = std::min(size, static_cast<std::size_t>(left));
    }
    return ::syscall(SYS_read, descriptor, buffer, size);
}
}

TEST_CASE("A medium that fails anywhere is told as one, and leaves nothing behind") {
    const TemporaryDirectory dir;
    const auto file = dir.path() / "b";
    const std::string tar = tests::tar_text(large_members());
    write_text(file, tar);
    constexpr std::size_t kEndMark = 1024;
    for (std::size_t gives = 0; gives < tar.size() - kEndMark; gives += 1500) {
        INFO("after " << gives << " bytes");
        stick() = {std::filesystem::canonical(file), static_cast<off_t>(gives)};
        const auto extracted = tests::extract_bundle(file, dir.path() / "out");
        stick() = {};
        check_fails(extracted, ErrorCode::unreachable,
                    {file.string(), "Input/output error", "medium"});
        REQUIRE_FALSE(std::filesystem::exists(dir.path() / "out"));
    }
}

TEST_CASE("A file that is changed after its description was read is refused") {
    const TemporaryDirectory dir;
    const auto file = dir.path() / "b";
    std::string tar = tests::tar_text(large_members());
    write_text(file, tar);
    auto reader = BundleReader::open(file);
    REQUIRE(reader);
    REQUIRE(reader->read_description());
    tar[200'000] = 'y';
    write_text(file, tar);
    check_fails(reader->extract(dir.path() / "out", {}), ErrorCode::invalid,
                {"files/large", "not what the manifest lists"});
    CHECK_FALSE(std::filesystem::exists(dir.path() / "out"));
}

TEST_CASE("A file that is replaced after its description was read is the one that was opened") {
    const TemporaryDirectory dir;
    const auto file = dir.path() / "b";
    write_text(file, tests::tar_text(large_members()));
    auto reader = BundleReader::open(file);
    REQUIRE(reader);
    REQUIRE(reader->read_description());
    write_text(dir.path() / "other", "something else");
    std::filesystem::rename(dir.path() / "other", file);
    REQUIRE(reader->extract(dir.path() / "out", {}));
    CHECK(tests::read_text(dir.path() / "out/files/large") == std::string(300'000, 'x'));
}
