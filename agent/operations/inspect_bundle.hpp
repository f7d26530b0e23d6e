// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "agent/bundle/delta_origin.hpp"
#include "agent/bundle/trust.hpp"
#include "agent/operations/context.hpp"

namespace agent::operations {

/// What the head of a bundle file says.
struct InspectedBundle {
    std::string text;
    model::Description description;
    model::Sha256 digest;
    std::uint64_t size = 0;
    std::size_t members = 0;
    bool is_signed = false;
    /// Of a delta file: what it starts from.
    std::optional<bundle::DeltaOrigin> delta = std::nullopt;
    /// Absent where the signature is not trusted here.
    std::optional<bundle::TrustedSigner> signer;
    /// Why it is not trusted; empty where it is.
    std::string distrust;
};

/// Reads the first kilobytes only. A bundle that is not trusted here is shown all the same, and
/// says so.
[[nodiscard]] model::Result<InspectedBundle> inspect_bundle(const Context& context,
                                                            const std::filesystem::path& file);

/// Reads all of it: signature, limits of its anchor, description, and every member's size and hash;
/// with a warning where it is a delta file, whose image store is made and compared when installed.
[[nodiscard]] model::Result<InspectedBundle> verify_bundle(const Context& context,
                                                           const std::filesystem::path& file);

/// Checks a description alone. What only keeps this version from installing it is a warning.
[[nodiscard]] model::Result<model::Description> validate_description(
    const Context& context, const std::filesystem::path& file);

}  // namespace agent::operations
