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
    tests::check_fails(tar->begin("a", piece.size()), ErrorCode::no_space, {"/dev/full"});
    tests::check_fails(tar->begin_aligned("a", piece.size()), ErrorCode::no_space, {"/dev/full"});
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

namespace {

/// A tar file of a member of so many bytes, and an aligned one of `content` behind it.
void write_aligned(const std::filesystem::path& path, std::size_t before, const std::string& member,
                   const std::string& content) {
    const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    auto tar = TarWriter::create(fd, path);
    REQUIRE(tar.has_value());
    REQUIRE(tar->add("before", std::string(before, 'b')));
    REQUIRE(tar->begin_aligned(member, content.size()));
    REQUIRE(tar->write(std::as_bytes(std::span(content))));
    REQUIRE(tar->add("behind", "behind"));
    REQUIRE(tar->finish());
}

}  // namespace

TEST_CASE("An aligned member's data is at a multiple of 4096, whatever is before it") {
    const tests::TemporaryDirectory dir;
    const auto path = dir.path() / "t";
    const std::string content = "hsqs" + std::string(5000, 'c');
    for (const std::string& member : {std::string("aligned"), std::string(150, 'l')}) {
        for (std::size_t before = 0; before <= 5000; before += 250) {
            INFO(before << " bytes before " << member);
            write_aligned(path, before, member, content);
            const auto text = tests::read_text(path);
            const auto offset = text.find(content);
            REQUIRE(offset != std::string::npos);
            CHECK(offset % 4096 == 0);
            CHECK(offset < before + 2 * 4096);
            write_aligned(dir.path() / "again", before, member, content);
            CHECK(tests::read_text(dir.path() / "again") == text);
        }
    }
}

TEST_CASE("The first member can be aligned") {
    const tests::TemporaryDirectory dir;
    const auto path = dir.path() / "t";
    const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    auto tar = TarWriter::create(fd, path);
    REQUIRE(tar.has_value());
    REQUIRE(tar->begin_aligned("a", 4));
    REQUIRE(tar->write(std::as_bytes(std::span("hsqs", 4))));
    REQUIRE(tar->finish());
    CHECK(tests::read_text(path).find("hsqs") == 4096);
    tests::must(dir.path(), "tar -tf t >names");
    CHECK(tests::read_text(dir.path() / "names") == "a\n");
}

TEST_CASE("tar and Python read a file with an aligned member, and see nothing else in it") {
    const tests::TemporaryDirectory dir;
    const std::string content(5000, 'c');
    for (const std::size_t before : {0U, 1U, 600U, 1100U, 1600U, 2100U, 2600U, 3100U, 3600U}) {
        INFO(before);
        write_aligned(dir.path() / "t", before, "aligned", content);
        tests::must(dir.path(), "rm -rf out && mkdir out && tar -xf t -C out && tar -tf t >names");
        CHECK(tests::read_text(dir.path() / "names") == "before\naligned\nbehind\n");
        CHECK(tests::read_text(dir.path() / "shell.log").empty());
        CHECK(tests::read_text(dir.path() / "out/aligned") == content);
        CHECK(tests::read_text(dir.path() / "out/behind") == "behind");
        // Only the machines that build have it for certain.
        if (tests::shell(dir.path(), "command -v python3") != 0) continue;
        tests::must(dir.path(),
                    "python3 -c 'import tarfile; t = tarfile.open(\"t\"); "
                    "print(*t.getnames()); print(len(t.extractfile(\"aligned\").read()))'");
        CHECK(tests::read_text(dir.path() / "shell.log") == "before aligned behind\n5000\n");
    }
}
