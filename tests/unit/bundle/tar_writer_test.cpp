// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/tar_writer.hpp"

#include <fcntl.h>

#include <vector>

#include "tests/unit/bundle/tar_text.hpp"
#include "tests/unit/crypto/verification.hpp"

using agent::bundle::FileDescriptor;
using agent::bundle::TarWriter;
using agent::model::ErrorCode;

TEST_CASE("A tar file is what the ustar format says, with the end mark and no padding") {
    const tests::TemporaryDirectory dir;
    const auto path = dir.path() / "t";
    const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    auto tar = TarWriter::create(fd, path);
    REQUIRE(tar.has_value());
    REQUIRE(tar->add("a", "content"));
    REQUIRE(tar->add("empty", ""));
    REQUIRE(tar->finish());
    CHECK(tests::read_text(path).size() == 512 + 512 + 512 + 1024);
    CHECK(tests::read_text(path).substr(0, 1) == "a");
    CHECK(tests::read_text(path).substr(257, 5) == "ustar");
}

TEST_CASE("A full disk is told as one") {
    // Writing to it fails as on a full file system, see full(4).
    const FileDescriptor fd(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    auto tar = TarWriter::create(fd, "/dev/full");
    REQUIRE(tar.has_value());
    const std::vector<std::byte> piece(4U << 20U);
    REQUIRE(tar->begin("a", piece.size()));
    tests::check_fails(tar->write(piece), ErrorCode::no_space, {"/dev/full"});
}

TEST_CASE("A writer that is given up fills nothing up") {
    const tests::TemporaryDirectory dir;
    const auto path = dir.path() / "t";
    const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    {
        auto tar = TarWriter::create(fd, path);
        REQUIRE(tar.has_value());
        REQUIRE(tar->begin("a", std::uint64_t{1} << 30U));
    }
    CHECK(std::filesystem::file_size(path) < (2U << 20U));
}
