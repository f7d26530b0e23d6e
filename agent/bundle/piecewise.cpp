// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/piecewise.hpp"

#include <cstdint>
#include <vector>

#include "agent/crypto/sha256.hpp"

namespace agent::bundle {

using model::Result;

Result<> read_pieces(const FileRange& range, const TakePiece& take) {
    constexpr std::size_t kPiece = 1U << 20U;
    std::vector<std::byte> buffer(kPiece);
    for (std::uint64_t position = 0;;) {
        TRY_ASSIGN(const std::size_t count, read_some_at(range, position, buffer));
        if (count == 0) return {};
        TRY(take(std::span(buffer).first(count)));
        position += count;
    }
}

Result<model::Sha256> hash_pieces(const FileRange& range, const TakePiece& take) {
    crypto::Sha256Hasher hasher;
    TRY(read_pieces(range, [&](std::span<const std::byte> piece) -> Result<> {
        hasher.update(piece);
        return take ? take(piece) : Result<>();
    }));
    return hasher.finish();
}

}  // namespace agent::bundle
