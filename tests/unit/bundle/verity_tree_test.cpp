// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/verity_tree.hpp"

#include <array>
#include <cstdio>

#include "agent/bundle/file_io.hpp"
#include "agent/crypto/sha256.hpp"
#include "tests/unit/crypto/verification.hpp"

using agent::bundle::append_verity_tree;
using agent::model::ErrorCode;

namespace {

/// Blocks of 4096 bytes, each of its own number again and again.
std::string numbered_blocks(unsigned count) {
    std::string text;
    text.reserve(std::size_t{count} * 4096);
    for (unsigned k = 0; k < count; ++k) {
        std::array<char, 17> number{};
        std::snprintf(number.data(), number.size(), "%016u", k);
        std::string block(number.data());
        while (block.size() < 4096)
            block += block;
        text += block;
    }
    return text;
}

}  // namespace

// What veritysetup makes of N blocks, the second line with the first half of that root hash:
//   awk 'BEGIN { for (k = 0; k < N; k++) for (i = 0; i < 256; i++) printf "%016d", k }' >data
//   veritysetup format data data --hash-offset=$((4096 * N)) --salt=-
//   veritysetup format data data --hash-offset=$((4096 * N)) --salt=- --uuid=…
//   tail -c +$((4096 * N + 1)) data | sha256sum
TEST_CASE("What is appended to a file is what veritysetup appends") {
    struct Case {
        unsigned blocks;
        const char* root;
        const char* tail;
    };
    const Case cases[] = {
        {1, "1d05a1711752d58cd7b1a0fc3b865510186533adc6b73b84fba762884acfa52d",
         "8097b0c85b20a56536abbd1964121fe50e68151a5ec35cfd53278991c37afd24"},
        {2, "d73967965b1f8326db82a7d1e6f0d1a127d593c10a1c64ecd4f582b7d509dfba",
         "9d345286a6544f780219159305d1754c9bdb50446c32da007a70a8c5c361949e"},
        {128, "bcbae865f3836e2f029dd89c954aa422e164b49a56181dfb7edb5cdba1ad6d77",
         "89f0b395b1e3684ebcddfcadb426a055ca6ae7ac52d9cf9298303451a4478e87"},
        {129, "ee039d6a2e9779496b65dea2e15911b46a0262ee7850103d85da1c289c2e454e",
         "8802c3ba4aa3ecc0d7e8572768e27b4db118d7bcb8522543d0d668527b67a754"},
        {16385, "666bb4a4c62b366106c7506e2f673071c53a0af26d76eced6d833ce66581dc4f",
         "710f52a0dee441fbc2c68b1bf24635dcdd6cfd72904092840bc1b760c435e753"},
    };
    const tests::TemporaryDirectory dir;
    const auto file = dir.path() / "data";
    for (const auto& each : cases) {
        INFO(each.blocks << " blocks");
        const auto data = numbered_blocks(each.blocks);
        tests::write_text(file, data);
        const auto tree = append_verity_tree(file);
        REQUIRE(tree);
        CHECK(tree->root_hash.hex() == each.root);
        CHECK(tree->hash_offset == data.size());
        const auto text = agent::bundle::read_file(file, 100U << 20U).value();
        CHECK(text.compare(0, data.size(), data) == 0);
        CHECK(agent::crypto::sha256(std::string_view(text).substr(data.size())).hex() == each.tail);
    }
}

TEST_CASE("Data that ends within a block is filled up with zeros") {
    const tests::TemporaryDirectory dir;
    const auto file = dir.path() / "data";
    const std::string data = numbered_blocks(2) + "end";
    tests::write_text(file, data);
    const auto tree = append_verity_tree(file);
    REQUIRE(tree);
    CHECK(tree->hash_offset == 3 * 4096);
    const auto padded = data + std::string(3 * 4096 - data.size(), '\0');
    CHECK(tests::read_text(file).substr(0, 3 * 4096) == padded);

    const auto whole = dir.path() / "whole";
    tests::write_text(whole, padded);
    CHECK(append_verity_tree(whole)->root_hash == tree->root_hash);
    CHECK(tests::read_text(whole) == tests::read_text(file));
}

TEST_CASE("What no tree can be made of is said") {
    const tests::TemporaryDirectory dir;
    tests::check_fails(append_verity_tree(dir.path() / "missing"), ErrorCode::not_found,
                       {"missing"});
    tests::write_text(dir.path() / "empty", "");
    tests::check_fails(append_verity_tree(dir.path() / "empty"), ErrorCode::invalid,
                       {"empty: is empty"});
    CHECK(tests::read_text(dir.path() / "empty").empty());
}
