// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "agent/model/ids.hpp"

namespace agent::crypto {

using Sha256Bytes = std::array<std::byte, 32>;

/// SHA-256 of data that comes in pieces.
class Sha256Hasher {
  public:
    Sha256Hasher();
    ~Sha256Hasher();
    Sha256Hasher(Sha256Hasher&&) noexcept;
    Sha256Hasher& operator=(Sha256Hasher&&) noexcept;

    void update(std::span<const std::byte> data);
    /// The digest of all that was given; the hasher starts anew.
    [[nodiscard]] model::Sha256 finish();
    /// The same as bytes.
    [[nodiscard]] Sha256Bytes finish_bytes();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

[[nodiscard]] model::Sha256 to_sha256(const Sha256Bytes& bytes);
[[nodiscard]] model::Sha256 sha256(std::string_view data);

}  // namespace agent::crypto
