// SPDX-License-Identifier: GPL-3.0-or-later
// What the reader refuses: archives that no writer of ours would make.
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/bundle/bundles.hpp"

using agent::bundle::BundleReader;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::extract_bundle;
using tests::small_bundle;
using tests::TarMember;
using tests::TemporaryDirectory;
using tests::with_manifest;
using tests::write_text;

namespace {

const TarMember kToml{"bundle.toml", std::string(tests::kDescription)};
const TarMember kFile{"files/a", "content of a"};
const TarMember kImage{"images/index.json", "{}"};
constexpr std::uint64_t kTenGigabytes = 10'000'000'000;

/// Extracts an archive of these bytes, which must fail so, and leave no directory behind.
void refused(const std::string& tar, std::initializer_list<std::string_view> parts) {
    const TemporaryDirectory dir;
    write_text(dir.path() / "b", tar);
    check_fails(extract_bundle(dir.path() / "b", dir.path() / "out"), ErrorCode::invalid, parts);
    check_fails(tests::verify_bundle(dir.path() / "b"), ErrorCode::invalid, parts);
    CHECK_FALSE(std::filesystem::exists(dir.path() / "out"));
}

void refused(const std::vector<TarMember>& members, std::initializer_list<std::string_view> parts) {
    refused(tests::tar_text(members), parts);
}

std::string listed(std::uint64_t size, const std::string& path) {
    return std::string(64, 'a') + " " + std::to_string(size) + " " + path + "\n";
}

/// The bundle of `kToml` and `kFile`, with `instead` in the place of `kFile`'s own member.
std::vector<TarMember> with_file_as(const TarMember& instead) {
    return {{"manifest", tests::manifest_of({kToml, kFile})}, kToml, instead};
}

}  // namespace

TEST_CASE("The first members are manifest, manifest.sig and bundle.toml, in this order") {
    const auto manifest = tests::manifest_of({kToml, kFile});
    refused({kToml, {"manifest", manifest}, kFile}, {"first member", "manifest"});
    refused({{"./manifest", manifest}, kToml, kFile}, {"first member", "./"});
    refused({{"manifest", manifest}, kFile, kToml}, {"bundle.toml"});
    refused({{"manifest", manifest}, kToml, {"manifest.sig", "x"}, kFile},
            {"member manifest.sig", "not listed"});
    refused({{"manifest", manifest}}, {"bundle.toml"});
    refused({{"manifest", manifest}, {"manifest.sig", "x"}}, {"bundle.toml"});
    refused({{"manifest", manifest}, {"manifest.sig", ""}, kToml, kFile},
            {"manifest.sig", "empty"});
    refused({{"manifest", manifest}, {"manifest", manifest}, kToml, kFile}, {"bundle.toml"});
}

TEST_CASE("What the manifest does not allow is refused") {
    SECTION("a member that is not listed") {
        refused({{"manifest", tests::manifest_of({kToml})}, kToml, kFile},
                {"files/a", "not listed"});
    }
    SECTION("bundle.toml not listed") {
        refused({{"manifest", tests::manifest_of({kFile})}, kToml, kFile},
                {"bundle.toml", "not listed"});
    }
    SECTION("a member twice") {
        refused({{"manifest", tests::manifest_of({kToml, kFile})}, kToml, kFile, kFile},
                {"files/a", "twice"});
    }
    SECTION("bundle.toml twice") {
        refused({{"manifest", tests::manifest_of({kToml})}, kToml, kToml},
                {"bundle.toml", "twice"});
    }
    SECTION("a listed member that is missing") {
        refused({{"manifest", tests::manifest_of({kToml, kFile, kImage})}, kToml},
                {"files/a and 1 others", "copy it again"});
    }
    SECTION("other content of the same size") {
        refused(with_file_as({"files/a", "content of b"}), {"files/a", "not what the manifest"});
    }
    SECTION("another description of the same size") {
        TarMember other = kToml;
        other.content[0] = 'F';
        refused({{"manifest", tests::manifest_of({kToml})}, other}, {"bundle.toml"});
    }
    SECTION("a manifest that is not one") {
        refused({{"manifest", "hello\n"}, kToml}, {"b: manifest line 1"});
    }
    SECTION("a small file after an image") {
        refused(with_manifest({kToml, kImage, kFile}), {"files/a", "too late"});
    }
    SECTION("a path that this version has no use for") {
        refused(with_manifest({kToml, {"stores/a", "x"}}), {"stores/a", "images/"});
        refused(with_manifest({kToml, {"files", "x"}}), {"member files", "files/"});
    }
}

TEST_CASE("Sizes that lie are refused before anything is read") {
    SECTION("1 MB in the header, 10 GB in the manifest") {
        refused({{"manifest", tests::manifest_of({kToml}) + listed(kTenGigabytes, "files/a")},
                 kToml,
                 {"files/a", std::string(1'000'000, 'x')}},
                {"b: has 1004032 bytes, but the manifest lists 10000000069", "copy it again"});
    }
    SECTION("10 GB in the header, 1 MB in the manifest") {
        refused({{"manifest", tests::manifest_of({kToml}) + listed(1'000'000, "files/a")},
                 kToml,
                 {"files/a", std::string(1'000'000, 'x'), '0', "", kTenGigabytes}},
                {"files/a", "has 10000000000 bytes, but the manifest lists 1000000"});
    }
    SECTION("10 GB in both, 1 MB in the file") {
        refused({{"manifest", tests::manifest_of({kToml}) + listed(kTenGigabytes, "files/a")},
                 kToml,
                 {"files/a", std::string(1'000'000, 'x'), '0', "", kTenGigabytes}},
                {"the manifest lists 10000000", "copy it again"});
    }
    SECTION("a byte more, and a byte less") {
        refused(with_file_as({"files/a", kFile.content + "x"}), {"files/a", "13 bytes", "12"});
        refused(with_file_as({"files/a", "content of "}), {"files/a", "11 bytes", "12"});
    }
    SECTION("a pax size that says otherwise") {
        auto members = with_file_as(kFile);
        members.insert(members.begin() + 2, {"pax", tests::pax_record("size=10000000000"), 'x'});
        refused(members, {"files/a", "10000000000"});
    }
}

TEST_CASE("Sizes beyond the limits are refused before anything is read") {
    constexpr std::uint64_t kMiB = 1U << 20U;
    refused({{"manifest", "", '0', "", kMiB + 1}}, {"member manifest", "1048576"});
    refused({{"manifest", "", '0', "", kTenGigabytes}}, {"member manifest", "1048576"});
    refused({{"manifest", tests::manifest_of({kToml})}, {"manifest.sig", "", '0', "", 65537}},
            {"member manifest.sig", "65536"});
    refused({{"manifest", listed(kMiB + 1, "bundle.toml")},
             {"bundle.toml", std::string(kMiB + 1, '#')}},
            {"member bundle.toml", "1048576"});
}

TEST_CASE("Whatever is not a regular file is refused by name") {
    struct Case {
        TarMember member;
        std::string_view part;
    };
    const Case cases[] = {
        {{"files/a", "", '1', "bundle.toml"}, "hard link"},
        {{"files/a", "content of a", '1', "bundle.toml"}, "hard link"},
        {{"files/a", "", '2', "/etc/passwd"}, "symbolic link"},
        {{"files/a", "", '3'}, "special file"},
        {{"files/a", "", '4'}, "special file"},
        {{"files/a", "", '5'}, "directory"},
        {{"files/a/", "", '0'}, "directory"},
        {{"files/a", "", '6'}, "special file"},
        {{"files/a", "", 'D'}, "directory"},
    };
    for (const auto& [member, part] : cases) {
        INFO("type " << member.type);
        refused(with_file_as(member), {"files/a", part});
    }
    refused({{"images", "", '5'}, {"manifest", ""}}, {"member images", "directory"});
}

TEST_CASE("A sparse file is refused, in GNU tar's formats") {
    const TemporaryDirectory dir;
    std::filesystem::create_directory(dir.path() / "files");
    write_text(dir.path() / "files/a", "x");
    std::filesystem::resize_file(dir.path() / "files/a", 8192);
    const std::string content = tests::read_text(dir.path() / "files/a");
    write_text(dir.path() / "bundle.toml", kToml.content);
    write_text(dir.path() / "manifest", tests::manifest_of({kToml, {"files/a", content}}));
    for (const std::string format : {"gnu", "pax --sparse-version=0.0", "pax --sparse-version=0.1",
                                     "pax --sparse-version=1.0"}) {
        INFO(format);
        tests::must(dir.path(),
                    "tar --format=" + format + " --sparse -cf b manifest bundle.toml files/a");
        check_fails(extract_bundle(dir.path() / "b", dir.path() / "out"), ErrorCode::invalid,
                    {"files/a"});
        CHECK_FALSE(std::filesystem::exists(dir.path() / "out"));
    }
}

TEST_CASE("Paths that leave the bundle are refused, listed or not") {
    const std::string path =
        GENERATE(as<std::string>{}, "../x", "files/../../x", "/etc/x", "./files/a", "files//a",
                 "files/./a", "files\\a", "files/\x1b[2J", "files/\xc3\xa4");
    INFO(path);
    refused(with_manifest({kToml, {path, "x"}}), {"manifest line 2: path"});
    refused(with_file_as({path, kFile.content}), {"not listed"});
}

TEST_CASE("A pax header cannot give a member another name than the one that is listed") {
    auto members = with_file_as(kFile);
    members.insert(members.begin() + 2, {"pax", tests::pax_record("path=../../x"), 'x'});
    refused(members, {"../../x", "not listed"});
    members[2].content = tests::pax_record("linkpath=/etc/passwd");
    members[3].type = '2';
    refused(members, {"symbolic link"});
}

TEST_CASE("Headers without end are refused in bounded memory") {
    std::string tar = tests::tar_text(TarMember{"manifest", tests::manifest_of({kToml})});
    SECTION("a chain of pax headers") {
        for (int i = 0; i < 5000; ++i)
            tar += tests::tar_text(TarMember{"pax", tests::pax_record("comment=x"), 'x'});
    }
    SECTION("a pax header of gigabytes") {
        tar += tests::tar_header({"pax", "", 'x', "", std::uint64_t{4} << 30U});
    }
    SECTION("a long name of gigabytes") {
        tar += tests::tar_header({"././@LongLink", "", 'L', "", std::uint64_t{4} << 30U});
    }
    refused(tar + tests::tar_text({kToml}), {"damaged"});
}

TEST_CASE("What stands behind the end of the archive is refused, but for padding") {
    const std::string tar = tests::tar_text(with_manifest({kToml, kFile}));
    const TemporaryDirectory dir;
    write_text(dir.path() / "b", tar + std::string(9216, '\0'));
    CHECK(tests::verify_bundle(dir.path() / "b"));
    refused(tar + "x", {"behind the end"});
    refused(tar + std::string(512, '\0') + "x", {"behind the end"});
    refused(tar + tests::tar_text(kFile), {"behind the end"});
    refused(tar + std::string(2U << 20U, '\0'), {"behind the end"});
    refused(tar.substr(0, tar.size() - 512), {"end of the archive is missing"});
}

TEST_CASE("A bundle that was cut anywhere is refused, and leaves nothing behind") {
    const TemporaryDirectory dir;
    const std::string whole = tests::read_text(small_bundle());
    for (std::size_t size = 0; size < whole.size(); size += 512) {
        INFO("cut to " << size << " of " << whole.size());
        write_text(dir.path() / "b", whole.substr(0, size));
        check_fails(extract_bundle(dir.path() / "b", dir.path() / "out"), ErrorCode::invalid,
                    {(dir.path() / "b").string()});
        CHECK_FALSE(std::filesystem::exists(dir.path() / "out"));
    }
    write_text(dir.path() / "b", whole.substr(0, whole.size() - 1));
    CHECK_FALSE(tests::verify_bundle(dir.path() / "b"));
}

TEST_CASE("A bundle with any byte changed is refused, or its content is the same") {
    const TemporaryDirectory dir;
    const std::string whole = tests::read_text(small_bundle());
    write_text(dir.path() / "b", whole);
    const auto original = BundleReader::open(dir.path() / "b");
    REQUIRE(original.has_value());
    const int fd = ::open((dir.path() / "b").c_str(), O_WRONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    std::size_t harmless = 0;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        INFO("byte " << i);
        const char changed = static_cast<char>(whole[i] ^ 0x40);
        REQUIRE(::pwrite(fd, &changed, 1, static_cast<off_t>(i)) == 1);
        if (const auto result = tests::verify_bundle(dir.path() / "b"); result) {
            const auto reader = BundleReader::open(dir.path() / "b");
            // Only the signature's own bytes are judged elsewhere.
            const bool same = reader->manifest_text() == original->manifest_text();
            if (!same) FAIL("another manifest was accepted");
            ++harmless;
        } else if (result.error().code() != ErrorCode::invalid) {
            FAIL(result.error().text());
        }
        REQUIRE(::pwrite(fd, &whole[i], 1, static_cast<off_t>(i)) == 1);
    }
    ::close(fd);
    CHECK(harmless < whole.size() / 2);
}
