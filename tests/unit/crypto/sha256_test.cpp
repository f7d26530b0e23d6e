// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/crypto/sha256.hpp"

#include <string>

#include "tests/unit/catch.hpp"

using agent::crypto::sha256;
using agent::crypto::Sha256Hasher;

namespace {

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4") {
    CHECK(sha256("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256("abc").hex() ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex() ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("A hasher takes data in pieces and starts anew after each digest") {
    Sha256Hasher hasher;
    hasher.update(bytes("ab"));
    hasher.update({});
    hasher.update(bytes("c"));
    CHECK(hasher.finish() == sha256("abc"));
    CHECK(hasher.finish() == sha256(""));
    hasher.update(bytes("abc"));
    Sha256Hasher moved = std::move(hasher);
    CHECK(moved.finish() == sha256("abc"));
}
