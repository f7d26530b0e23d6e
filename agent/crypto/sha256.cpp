// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/crypto/sha256.hpp"

#include <new>
#include <string>

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
    return to_sha256(finish_bytes());
}

Sha256Bytes Sha256Hasher::finish_bytes() {
    Sha256Bytes digest{};
    EVP_DigestFinal_ex(state_->context.get(), reinterpret_cast<unsigned char*>(digest.data()),
                       nullptr);
    state_->start();
    return digest;
}

model::Sha256 to_sha256(const Sha256Bytes& bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * bytes.size());
    for (const std::byte byte : bytes) {
        hex += kDigits[std::to_integer<unsigned>(byte >> 4U)];
        hex += kDigits[std::to_integer<unsigned>(byte & std::byte{15})];
    }
    return *model::Sha256::parse(hex);
}

model::Sha256 sha256(std::string_view data) {
    Sha256Hasher hasher;
    hasher.update(std::as_bytes(std::span(data)));
    return hasher.finish();
}

}  // namespace agent::crypto
