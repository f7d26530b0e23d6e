// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/image_store.hpp"

#include <algorithm>

#include "tests/unit/catch.hpp"

using namespace agent::model;

namespace {

Sha256 digest(char digit) {
    return Sha256::parse(std::string(64, digit)).value();
}

ImageStore example() {
    ImageStore store;
    store.digest = digest('d');
    store.size = 12288;
    store.root_hash = Sha256::parse("0123456789abcdef" + std::string(48, 'e')).value();
    store.hash_offset = 8192;
    store.images = {digest('a'), digest('b')};
    return store;
}

/// The example's text with the value of a key replaced.
std::string with(const std::string& key, const std::string& value) {
    std::string text = to_text(example());
    const auto begin = text.find("\"" + key + "\": ") + key.size() + 4;
    const auto end = key == "images" ? text.find(']', begin) + 1 : text.find(',', begin);
    return text.replace(begin, end - begin, value);
}

std::string without(const std::string& key) {
    std::string text = to_text(example());
    return text.replace(text.find(key), key.size(), "other");
}

std::string quoted(const std::string& text) {
    return "\"" + text + "\"";
}

std::string error_of(const std::string& text) {
    const auto store = parse_image_store(text, "store.json");
    REQUIRE_FALSE(store);
    CHECK(store.error().code() == ErrorCode::invalid);
    return store.error().text();
}

bool tells(const std::string& text, const std::string& part) {
    return error_of(text).find(part) != std::string::npos;
}

std::string images_text(std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        list += (i == 0 ? "" : ", ") + quoted(std::string(64 - number.size(), '0') + number);
    }
    return "[" + list + "]";
}

}  // namespace

TEST_CASE("an image store is called by the first digits of its root hash") {
    CHECK(store_name(example().root_hash) == "0123456789abcdef");
    CHECK(store_member(example().root_hash) == "images/0123456789abcdef.sqfs");
}

TEST_CASE("an image store has one text, that people can read") {
    CHECK(to_text(example()) == R"({
  "version": 1,
  "root-hash": "0123456789abcdef)" + std::string(48, 'e') +
                                    R"(",
  "hash-offset": 8192,
  "size": 12288,
  "sha256": ")" + std::string(64, 'd') +
                                    R"(",
  "images": [
    ")" + std::string(64, 'a') + R"(",
    ")" + std::string(64, 'b') + R"("
  ]
}
)");
    CHECK(parse_image_store(to_text(example()), "store.json").value() == example());
}

TEST_CASE("images are sorted, and keys of the future are passed over") {
    const auto b = quoted(std::string(64, 'b'));
    const auto a = quoted(std::string(64, 'a'));
    auto text = with("images", "[" + b + ", " + a + "], \"future\": {\"images\": [1]}");
    CHECK(parse_image_store(text, "store.json").value() == example());
    CHECK(parse_image_store(with("images", "[]"), "store.json").value().images.empty());
}

TEST_CASE("each problem of an image store is told with its key") {
    struct Row {
        std::string text;
        std::string message;
    };
    const auto long_hash = quoted("sha256:" + std::string(64, 'a'));
    const auto a = quoted(std::string(64, 'a'));
    const std::vector<Row> rows{
        {with("version", "2"), "version: 2 is not known (this update-agent knows version 1"},
        {with("version", "\"1\""), "version: is not a whole number"},
        {without("version"), "version: is missing"},
        {without("root-hash"), "root-hash: is missing"},
        {with("root-hash", "\"ABC\""), "root-hash: \"ABC\" is not a SHA-256"},
        {with("root-hash", "\"a\\nb\""), "root-hash: \"a\\x0ab\" is not a SHA-256"},
        {with("root-hash", long_hash), "is not a SHA-256"},
        {with("sha256", "7"), "sha256: this value is not a SHA-256"},
        {with("size", "-12288"), "size: is not a whole number"},
        {with("size", "1.5"), "size: is not a whole number"},
        {with("size", "9223372036854775808"), "size: is not a whole number"},
        {with("size", "8192"), "hash-offset: 8192 is not less than the size, 8192"},
        {with("hash-offset", "0"), "hash-offset: 0 is not a multiple of 4096 above 0"},
        {with("hash-offset", "4097"), "hash-offset: 4097 is not a multiple of 4096"},
        {with("hash-offset", "16384"), "hash-offset: 16384 is not less than the size"},
        {without("images"), "images: is missing"},
        {with("images", "{}"), "images: is not a list of at most 4096 digests"},
        {with("images", "[" + a + ", 1]"), "images[1]: this value is not a SHA-256"},
        {with("images", "[\"../x\"]"), "images[0]: \"../x\" is not a SHA-256"},
        {with("images", "[" + a + ", " + a + "]"), "images[1]: " + std::string(64, 'a')},
        {"[]", "is not a JSON object"},
        {"", "is not JSON: parse error at line 1, column 1"},
        {"{\"version\": 1", "is not JSON: parse error at line 1, column 14"},
        {to_text(example()) + "x", "is not JSON"},
        {"{\"version\": 1e999}", "is not JSON"},
        {"{\"a\": \"\xff\"}", "is not JSON"},
    };
    for (const auto& row : rows) {
        INFO(row.text);
        const auto error = error_of(row.text);
        CHECK(error.rfind("store.json: ", 0) == 0);
        CHECK(error.find(row.message) != std::string::npos);
        CHECK(error.find('\n') == std::string::npos);
    }
}

TEST_CASE("all problems of an image store are told at once") {
    const auto error = error_of(R"({"version": 1, "size": 1, "hash-offset": 3, "images": [1, 2]})");
    CHECK(std::count(error.begin(), error.end(), '\n') == 5);
    for (const auto* part :
         {"root-hash: is missing", "hash-offset: 3 is not a multiple", "hash-offset: 3 is not less",
          "sha256: is missing", "images[0]", "images[1]"})
        CHECK(error.find(part) != std::string::npos);
}

TEST_CASE("of an unknown version nothing else is told") {
    const auto error = error_of(R"({"version": 7, "size": "large"})");
    CHECK(error.find("size") == std::string::npos);
}

TEST_CASE("an image store is bounded") {
    CHECK(
        parse_image_store(with("images", images_text(4096)), "store.json").value().images.size() ==
        4096);
    CHECK(tells(with("images", images_text(4097)), "at most 4096"));
    const auto text = to_text(example());
    const std::size_t limit = 1U << 20U;
    CHECK(parse_image_store(text + std::string(limit - text.size(), ' '), "store.json"));
    CHECK(tells(text + std::string(limit - text.size() + 1, ' '), "is larger than 1048576 bytes"));
}

TEST_CASE("an image store that nests without end is refused") {
    for (const auto* opening : {"[", "{\"a\":", "[{\"]\":"}) {
        std::string text;
        while (text.size() < 1000000)
            text += opening;
        CHECK(tells(text, "nests deeper than 64 levels"));
    }
    const std::string brackets(100, '[');
    CHECK(
        parse_image_store(with("images", "[], \"note\": \"\\\"" + brackets + "\""), "store.json"));
}
