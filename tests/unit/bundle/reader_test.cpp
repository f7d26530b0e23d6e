// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/reader.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "tests/unit/bundle/bundles.hpp"

using agent::bundle::BundleReader;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::extract_bundle;
using tests::shared_pki;
using tests::small_bundle;
using tests::TarMember;
using tests::TemporaryDirectory;
using tests::verify_bundle;
using tests::with_manifest;
using tests::write_text;

namespace {

const TarMember kToml{"bundle.toml", std::string(tests::kDescription)};
const TarMember kLicense{"licenses/demo", "Do as you like.\n"};
const TarMember kIndex{"images/index.json", "{}"};

unsigned mode_of(const std::filesystem::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

/// Bytes that this process has asked read(2) for so far.
std::uint64_t bytes_read() {
    const std::string text = tests::read_text("/proc/self/io");
    return std::stoull(text.substr(text.find("rchar: ") + 7));
}

}  // namespace

TEST_CASE("A bundle is opened, described and extracted, with everything it was made of") {
    const TemporaryDirectory dir;
    auto reader = BundleReader::open(small_bundle());
    REQUIRE(reader.has_value());
    CHECK(reader->digest() == agent::crypto::sha256(reader->manifest_text()));
    const auto signer =
        agent::crypto::verify_detached(reader->manifest_text(), reader->signature(),
                                       {{shared_pki().pem("root")}, {}}, tests::good_clock());
    CHECK(signer.has_value());
    const auto description = reader->read_description();
    REQUIRE(description.has_value());
    CHECK(*description == tests::kDescription);
    CHECK(reader->read_description() == *description);

    std::vector<std::pair<std::uint64_t, std::uint64_t>> steps;
    const auto target = dir.path() / "out";
    REQUIRE(reader->extract(target, [&](auto done, auto total) {
        steps.emplace_back(done, total);
        return true;
    }));
    REQUIRE_FALSE(steps.empty());
    CHECK(std::is_sorted(steps.begin(), steps.end()));
    CHECK(steps.back().first == reader->manifest().total_size());
    CHECK(steps.back().second == reader->manifest().total_size());

    auto files = tests::files_below(target);
    auto expected = tests::files_below(small_bundle().parent_path() / "layout");
    CHECK(files.at("manifest") == reader->manifest_text());
    CHECK(files.at("manifest.sig") == reader->signature());
    CHECK(files.at("bundle.toml") == tests::kDescription);
    CHECK(files.at("licenses/demo") == "Do as you like.\n");
    for (const auto& [path, content] : expected)
        CHECK(files.at("images/" + path) == content);
    CHECK(files.size() == expected.size() + 4);
}

TEST_CASE("Extracted files have modes of ours, whatever the tar and the umask say") {
    const TemporaryDirectory dir;
    const mode_t old = ::umask(0077);
    const auto result = extract_bundle(small_bundle(), dir.path() / "out");
    ::umask(old);
    REQUIRE(result.has_value());
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.path() / "out")) {
        INFO(entry.path());
        CHECK(mode_of(entry.path()) == (entry.is_directory() ? 0755U : 0644U));
    }
    CHECK(mode_of(dir.path() / "out") == 0755U);
}

TEST_CASE("Every part of a bundle can be verified without keeping anything") {
    CHECK(verify_bundle(small_bundle()));
}

TEST_CASE("A bundle without a signature can be read, and says that it has none") {
    const TemporaryDirectory dir;
    write_text(dir.path() / "b", tests::tar_text(with_manifest({kToml, kLicense, kIndex})));
    const auto reader = BundleReader::open(dir.path() / "b");
    REQUIRE(reader.has_value());
    CHECK(reader->signature().empty());
    CHECK(extract_bundle(dir.path() / "b", dir.path() / "out"));
    CHECK_FALSE(std::filesystem::exists(dir.path() / "out/manifest.sig"));
}

TEST_CASE("A target that is there already is left as it is") {
    const TemporaryDirectory dir;
    write_text(dir.path() / "kept", "x");
    CHECK_FALSE(extract_bundle(small_bundle(), dir.path()));
    CHECK(tests::files_below(dir.path()).size() == 1);
    check_fails(extract_bundle(small_bundle(), dir.path() / "missing" / "out"),
                ErrorCode::not_found, {"missing"});
}

TEST_CASE("Cancelling removes what was extracted") {
    const TemporaryDirectory dir;
    const auto result =
        extract_bundle(small_bundle(), dir.path() / "out", [](auto, auto) { return false; });
    check_fails(result, ErrorCode::busy, {"cancelled"});
    CHECK_FALSE(std::filesystem::exists(dir.path() / "out"));
}

TEST_CASE("Inspecting reads the first kilobytes only, and reads gigabytes no other way") {
    const TemporaryDirectory dir;
    const TarMember huge{"images/huge", "", '0', "", std::uint64_t{10} << 30U};
    const std::string manifest = tests::manifest_of({kToml}) + std::string(64, 'a') + " " +
                                 std::to_string(*huge.declared_size) + " images/huge\n";
    write_text(dir.path() / "b", tests::tar_text(TarMember{"manifest", manifest}) +
                                     tests::tar_text(kToml) + tests::tar_header(huge));
    std::filesystem::resize_file(dir.path() / "b", *huge.declared_size + (std::uint64_t{1} << 20U));
    const std::uint64_t before = bytes_read();
    auto reader = BundleReader::open(dir.path() / "b");
    REQUIRE(reader.has_value());
    CHECK(reader->read_description() == std::string(tests::kDescription));
    CHECK(bytes_read() - before < 256U << 10U);
}

TEST_CASE("Files that are no bundle say what they are") {
    const TemporaryDirectory dir;
    const auto file = dir.path() / "b";
    const auto opened = [&] { return BundleReader::open(file); };
    SECTION("missing") {
        check_fails(opened(), ErrorCode::not_found, {file.string()});
    }
    SECTION("empty") {
        write_text(file, "");
        check_fails(opened(), ErrorCode::invalid, {"not a bundle file"});
    }
    SECTION("text") {
        write_text(file, std::string(2000, 'x'));
        check_fails(opened(), ErrorCode::invalid, {file.string(), "not a bundle file"});
    }
    SECTION("an empty archive") {
        write_text(file, std::string(10240, '\0'));
        check_fails(opened(), ErrorCode::invalid, {"bundle file"});
    }
    SECTION("a directory") {
        std::filesystem::create_directory(file);
        check_fails(opened(), ErrorCode::invalid, {"not a regular file"});
    }
    SECTION("a FIFO, without waiting for its writer") {
        REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
        check_fails(opened(), ErrorCode::invalid, {"not a regular file"});
    }
    SECTION("compressed") {
        for (const auto& [tool, name] : {std::pair("gzip", "gzip"), std::pair("zstd", "zstd"),
                                         std::pair("xz", "xz"), std::pair("bzip2", "bzip2")}) {
            tests::must(dir.path(), std::string(tool) + " -c '" + small_bundle().string() + "' >'" +
                                        file.string() + "'");
            check_fails(opened(), ErrorCode::invalid, {"compressed", name, "uncompress"});
        }
    }
    SECTION("an archive of another kind") {
        tests::must(dir.path(), "ar rc b shell.log");
        check_fails(opened(), ErrorCode::invalid, {"not a bundle file"});
    }
}

TEST_CASE("Tar files by other programs are read, whatever metadata they carry") {
    const TemporaryDirectory dir;
    const auto source = dir.path() / "source";
    REQUIRE(extract_bundle(small_bundle(), source));
    // Long enough for a pax header, or GNU tar's @LongLink.
    const std::string long_path = "files/" + std::string(120, 'd') + "/" + std::string(120, 'f');
    std::filesystem::create_directories((source / long_path).parent_path());
    write_text(source / long_path, "long");
    write_text(source / "manifest", tests::read_text(source / "manifest") +
                                        tests::manifest_of({TarMember{long_path, "long"}}));
    const std::string members = " manifest manifest.sig bundle.toml licenses/demo " + long_path +
                                " images/oci-layout images/index.json $(find images/blobs -type f)";
    const std::string command =
        GENERATE(as<std::string>{}, "tar -cf", "tar --format=gnu --owner=müller -cf",
                 "tar --format=pax --xattrs --sparse -cf", "tar --format=posix --label=demo -cf",
                 "tar --format=oldgnu -cf", "tar -b 2048 -cf");
    INFO(command);
    tests::must(source, command + " ../b" + members);
    CHECK(verify_bundle(dir.path() / "b"));
}
