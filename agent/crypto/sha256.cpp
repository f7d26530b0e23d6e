// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/crypto/sha256.hpp"

#include <array>
#include <new>

#include "agent/crypto/openssl.hpp"

namespace agent::crypto {

struct Sha256Hasher::State {
    std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};

    void start() {
        if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
            throw std::bad_alloc();
    }
};

Sha256Hasher::Sha256Hasher() : state_(std::make_unique<State>()) {
    state_->start();
}
Sha256Hasher::~Sha256Hasher() = default;
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&&) noexcept = default;

void Sha256Hasher::update(std::span<const std::byte> data) {
    EVP_DigestUpdate(state_->context.get(), data.data(), data.size());
}

model::Sha256 Sha256Hasher::finish() {
    constexpr std::size_t kDigestBytes = 32;
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<unsigned char, kDigestBytes> digest{};
    EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr);
    state_->start();
    std::string hex;
    hex.reserve(2 * kDigestBytes);
    for (const unsigned byte : digest) {
        hex += kDigits[byte >> 4U];
        hex += kDigits[byte & 15U];
    }
    return *model::Sha256::parse(hex);
}

model::Sha256 sha256(std::string_view data) {
    Sha256Hasher hasher;
    hasher.update(std::as_bytes(std::span(data)));
    return hasher.finish();
}

}  // namespace agent::crypto
