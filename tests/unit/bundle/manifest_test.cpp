// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/manifest.hpp"

#include "agent/crypto/sha256.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/crypto/verification.hpp"

using agent::bundle::Manifest;
using agent::bundle::ManifestEntry;
using agent::model::ErrorCode;

namespace {

const std::string kDigest(64, 'a');

std::string line(const std::string& path, const std::string& size = "1") {
    return kDigest + " " + size + " " + path + "\n";
}

}  // namespace

TEST_CASE("A manifest gives its entries in order and by path") {
    const std::string text = line("bundle.toml", "12") + line("images/index.json", "0");
    const auto manifest = Manifest::parse(text);
    REQUIRE(manifest.has_value());
    REQUIRE(manifest->entries().size() == 2);
    CHECK(manifest->entries()[0].path == "bundle.toml");
    CHECK(manifest->entries()[0].size == 12);
    CHECK(manifest->entries()[0].digest.hex() == kDigest);
    CHECK(manifest->find("images/index.json") == &manifest->entries()[1]);
    CHECK(manifest->find("images") == nullptr);
    CHECK(manifest->total_size() == 12);
    CHECK(to_text(manifest->entries()) == text);
}

TEST_CASE("Paths of printable ASCII below the bundle are accepted") {
    const std::string path = GENERATE(as<std::string>{}, "a", "files/a.b-c_d~e+f@g", "...",
                                      "files/..a", "files/a..", ".hidden", std::string(255, 'x'),
                                      "images/blobs/sha256/" + kDigest, "files/$(id)", "-rf");
    INFO(path);
    const auto manifest = Manifest::parse(line(path));
    REQUIRE(manifest.has_value());
    CHECK(manifest->find(path) != nullptr);
}

TEST_CASE("Neighbours in name are neither twice nor one below the other") {
    CHECK(Manifest::parse(line("files/a-b") + line("files/a") + line("files/a.b") +
                          line("files/ab/c") + line("files/b/a")));
}

TEST_CASE("A manifest that is not right is refused with the line") {
    struct Case {
        std::string what;
        std::string text;
        std::string part;
    };
    const std::string big(kDigest + " 9223372036854775807 a\n");
    const Case cases[] = {
        {"nothing", "", "empty"},
        {"no end of line", line("a") + kDigest + " 1 b", "last line"},
        {"an empty line", line("a") + "\n", "line 2: is not `sha256 size path`"},
        {"two fields", kDigest + " 1\n", "line 1: is not"},
        {"four fields", kDigest + " 1 a b\n", "line 1: is not"},
        {"two spaces", kDigest + "  1 a\n", "line 1: is not"},
        {"a short digest", "abc 1 a\n", "not a SHA-256"},
        {"an upper-case digest", std::string(64, 'A') + " 1 a\n", "not a SHA-256"},
        {"a digest with a prefix", "sha256:" + kDigest + " 1 a\n", "not a SHA-256"},
        {"no size", kDigest + "  a\n", "size"},
        {"a negative size", line("a", "-1"), "size"},
        {"a size with a sign", line("a", "+1"), "size"},
        {"a size with a leading zero", line("a", "01"), "size"},
        {"a size in hexadecimal", line("a", "0x1"), "size"},
        {"a size beyond 64 bits", line("a", "18446744073709551616"), "size"},
        {"sizes whose sum is beyond 63 bits", big + line("b"), "line 2: the sizes"},
        {"no path", kDigest + " 1 \n", "is empty"},
        {"an absolute path", line("/etc/passwd"), "is absolute"},
        {"a path upwards", line("files/../../x"), "`..`"},
        {"a path upwards at its start", line("../x"), "`..`"},
        {"a path with a dot", line("./bundle.toml"), "`.`"},
        {"a double slash", line("files//a"), "empty component"},
        {"a slash at the end", line("files/"), "empty component"},
        {"a backslash", line("files\\a"), "printable ASCII"},
        {"a tab", line("files/\ta"), "\\x09a has a character"},
        {"a carriage return", kDigest + " 1 a\r\n", "\\x0d has a character"},
        {"an escape", line("files/\x1b[2J"), "\\x1b[2J has a character"},
        {"a NUL", line(std::string("files/\0a", 8)), "\\x00a has a character"},
        {"a letter beyond ASCII", line("files/ä"), "printable ASCII"},
        {"a long component", line(std::string(256, 'x')), "255"},
        {"the manifest itself", line("manifest"), "cannot list itself"},
        {"its signature", line("manifest.sig"), "cannot list itself"},
        {"a path twice", line("a") + line("b") + line("a"), "line 3: a is listed twice"},
        {"a file that is a directory", line("files/a") + line("files/a-b") + line("files/a/b"),
         "files/a is a file and also the directory of files/a/b"},
    };
    for (const auto& [what, text, part] : cases) {
        INFO(what);
        tests::check_fails(Manifest::parse(text), ErrorCode::invalid, {part});
    }
}

TEST_CASE("The limits of a manifest hold at their edges") {
    SECTION("members") {
        std::string text;
        for (int i = 0; i < 4096; ++i)
            text += line("files/" + std::to_string(i));
        CHECK(Manifest::parse(text));
        tests::check_fails(Manifest::parse(text + line("one-more")), ErrorCode::invalid,
                           {"line 4097", "4096 members"});
    }
    SECTION("length of a path") {
        std::string path = "f";
        while (path.size() < 4095)
            path += "/f";
        CHECK(Manifest::parse(line(path + "f")));
        tests::check_fails(Manifest::parse(line(path + "ff")), ErrorCode::invalid, {"4096 bytes"});
    }
    SECTION("size") {
        tests::check_fails(Manifest::parse(std::string((1U << 20U) + 1, '\n')), ErrorCode::invalid,
                           {"1 MiB"});
    }
}

TEST_CASE("A manifest has an image layout or an image store, and the store with its index") {
    const std::string toml = line("bundle.toml");
    const std::string index = line("store.json");
    const std::string store = line("images/0123456789abcdef.sqfs");
    const std::string layout = line("images/index.json");
    const auto parsed = Manifest::parse(toml + index + line("files/a") + store);
    REQUIRE(parsed);
    CHECK(parsed->store() == &parsed->entries()[3]);
    const auto other = Manifest::parse(toml + layout);
    REQUIRE(other);
    CHECK(other->store() == nullptr);

    struct Case {
        std::string text;
        std::string_view part;
    };
    const Case cases[] = {
        {store, "lists the image store images/0123456789abcdef.sqfs, but no store.json"},
        {index, "lists store.json, but no image store"},
        {index + layout, "lists store.json, but no image store"},
        {index + store + layout, "images/index.json beside the image store"},
        {layout + index + store, "images/index.json beside the image store"},
        {index + store + line("images/blobs/sha256/" + kDigest), "beside the image store"},
        {index + store + line("images/checked"), "images/checked beside the image store"},
        {index + store + line("images/0123456789abcdee.sqfs"), "two image stores"},
        {index + line("images/0123456789ABCDEF.sqfs"), "no image store"},
        {index + line("images/0123456789abcde.sqfs"), "no image store"},
        {index + line("images/a/0123456789abcdef.sqfs"), "no image store"},
    };
    for (const auto& each : cases)
        tests::check_fails(Manifest::parse(toml + each.text), ErrorCode::invalid,
                           {"manifest: ", each.part});
}

TEST_CASE("awk and sha256sum read a manifest") {
    const tests::TemporaryDirectory dir;
    tests::write_text(dir.path() / "bundle.toml", "format = 1\n");
    tests::write_text(
        dir.path() / "manifest",
        agent::bundle::to_text({{agent::crypto::sha256("format = 1\n"), 11, "bundle.toml"}}));
    const std::string check = "awk '{print $1 \"  \" $3}' manifest | sha256sum -c --strict";
    CHECK(tests::shell(dir.path(), check) == 0);
    tests::write_text(dir.path() / "bundle.toml", "format = 2\n");
    CHECK(tests::shell(dir.path(), check) != 0);
}
