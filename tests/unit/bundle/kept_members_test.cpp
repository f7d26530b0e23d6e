// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/kept_members.hpp"

#include "agent/crypto/sha256.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace {

namespace bundle = agent::bundle;
using agent::model::ErrorCode;
using test::TemporaryDirectory;
using test::write_text;

const std::map<std::string, std::string> kMembers = {
    {"bundle.toml", "id = 1\n"}, {"files/a", std::string(3U << 20U, 'a')}, {"images/b", ""}};

/// The members of a bundle, and its manifest.
std::string extract(const std::filesystem::path& directory) {
    std::vector<bundle::ManifestEntry> entries;
    for (const auto& [path, content] : kMembers) {
        write_text(directory / path, content);
        entries.push_back({agent::crypto::sha256(content), content.size(), path});
    }
    auto text = bundle::to_text(entries);
    write_text(directory / "manifest", text);
    return text;
}

std::vector<bundle::DamagedMember> damaged(const std::filesystem::path& directory,
                                           const std::string& manifest) {
    return bundle::damaged_members(directory, *bundle::Manifest::parse(manifest), {}).value();
}

}  // namespace

TEST_CASE("Members that are as the manifest lists them are not damaged, and every byte is read") {
    const TemporaryDirectory directory;
    const auto manifest = extract(directory.path());
    std::uint64_t read = 0;
    std::uint64_t all = 0;
    const auto damaged = bundle::damaged_members(
        directory.path(), *bundle::Manifest::parse(manifest), [&](auto done, auto total) {
            read = done;
            all = total;
            return true;
        });
    REQUIRE(damaged);
    CHECK(damaged->empty());
    CHECK(all == (3U << 20U) + 7);
    CHECK(read == all);
}

TEST_CASE("Every damaged member is told, each for its own reason") {
    const TemporaryDirectory directory;
    const auto manifest = extract(directory.path());
    std::filesystem::remove(directory.path() / "bundle.toml");
    auto content = kMembers.at("files/a");
    content.back() = 'b';
    write_text(directory.path() / "files/a", content);
    write_text(directory.path() / "images/b", "more");
    CHECK(damaged(directory.path(), manifest) ==
          std::vector<bundle::DamagedMember>{
              {"bundle.toml", "is missing"},
              {"files/a", "its content is not what the manifest lists"},
              {"images/b", "has 4 bytes, but the manifest lists 0"}});
    std::filesystem::remove(directory.path() / "images/b");
    std::filesystem::create_directory(directory.path() / "images/b");
    CHECK(damaged(directory.path(), manifest).back().text.find("not a regular file") !=
          std::string::npos);
}

TEST_CASE("An image store is a member as others, and the mark beside it is none") {
    const TemporaryDirectory directory;
    const std::string path = "images/0123456789abcdef.sqfs";
    std::vector<bundle::ManifestEntry> entries;
    for (const auto& [member, content] : std::map<std::string, std::string>{
             {"bundle.toml", "id = 1\n"}, {"store.json", "{}"}, {path, std::string(9000, 's')}}) {
        write_text(directory.path() / member, content);
        entries.push_back({agent::crypto::sha256(content), content.size(), member});
    }
    const auto manifest = bundle::to_text(entries);
    write_text(directory.path() / "manifest", manifest);
    write_text(directory.path() / bundle::kCheckedMarker, "");
    CHECK(damaged(directory.path(), manifest).empty());
    write_text(directory.path() / path, std::string(8999, 's') + "t");
    write_text(directory.path() / "store.json", "[]");
    CHECK(damaged(directory.path(), manifest) ==
          std::vector<bundle::DamagedMember>{
              {path, "its content is not what the manifest lists"},
              {"store.json", "its content is not what the manifest lists"}});
}

TEST_CASE("Whoever cancels gets no verdict") {
    const TemporaryDirectory directory;
    const auto manifest = extract(directory.path());
    const auto result =
        bundle::damaged_members(directory.path(), *bundle::Manifest::parse(manifest),
                                [](auto /*done*/, auto /*total*/) { return false; });
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::busy);
}

TEST_CASE("Manifest and description are given only where they are what was installed") {
    const TemporaryDirectory directory;
    const auto text = extract(directory.path());
    const auto digest = agent::crypto::sha256(text);
    const auto manifest = *bundle::Manifest::parse(text);
    CHECK(bundle::read_kept_manifest(directory.path(), digest).value() == text);
    CHECK(bundle::read_kept_description(directory.path(), manifest).value() == "id = 1\n");

    write_text(directory.path() / "bundle.toml", "id = 2\n");
    write_text(directory.path() / "manifest", text + "\n");
    for (const auto& result : {bundle::read_kept_manifest(directory.path(), digest),
                               bundle::read_kept_description(directory.path(), manifest)}) {
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::invalid);
        CHECK(result.error().text().find(directory.path().string()) == 0);
    }
}
