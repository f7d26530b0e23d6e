// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/store/generations.hpp"

namespace agent::store {

/// What generation.toml says of one bundle; the rest is in the bundle's own description.
struct BundleRecord {
    model::BundleId id;
    model::Version version;
    model::Sha256 digest;
    std::string anchor;
    std::vector<model::InstalledContainer> containers;
    std::optional<model::InstalledStore> store = std::nullopt;
};

struct GenerationRecord {
    GenerationInfo info;
    std::vector<BundleRecord> bundles;
};

/// Text of generation.toml.
[[nodiscard]] std::string generation_text(const GenerationInfo& info,
                                          const model::InstalledSet& set);
/// ErrorCode::conflict for a newer format, ErrorCode::invalid with every problem for damage.
[[nodiscard]] model::Result<GenerationRecord> parse_generation(std::string_view text,
                                                               const std::string& where);

/// Text of `<n>.state`.
[[nodiscard]] std::string state_text(const GenerationState& state);
/// Fails as parse_generation() does.
[[nodiscard]] model::Result<GenerationState> parse_state(std::string_view text,
                                                         const std::string& where);

}  // namespace agent::store
