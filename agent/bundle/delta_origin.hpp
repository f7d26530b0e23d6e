// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/model/ids.hpp"
#include "agent/model/version.hpp"

namespace agent::bundle {

/// The member of a delta file that says what its image store is made from.
inline constexpr std::string_view kDeltaMember = "delta";
inline constexpr std::uint64_t kMaxDeltaBytes = 4096;

/// The image store of another version of the same bundle.
struct DeltaOrigin {
    /// Of the file.
    model::Sha256 store;
    model::Version version;
    bool operator==(const DeltaOrigin&) const = default;
};

/// ErrorCode::invalid for a text that is none, or of a later format.
[[nodiscard]] model::Result<DeltaOrigin> parse_delta_origin(std::string_view text);
[[nodiscard]] std::string to_text(const DeltaOrigin& origin);

/// `images/<name>.rdiff`, which stands in a delta file for the image store `images/<name>.sqfs`.
[[nodiscard]] std::string difference_member(std::string_view store_member);

}  // namespace agent::bundle
