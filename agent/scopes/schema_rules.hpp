// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "agent/model/result.hpp"

namespace agent::scopes {

// What the schema of a scope may be: draft 7 of JSON Schema without what would fetch a document,
// what would make the work on a description unbounded, and what means nothing, because a key that
// is ignored would let in what its author thought was kept out. bundle.toml(5) lists the keywords.

/// Schemas in it, itself included.
inline constexpr std::size_t kMaxSchemas = 500;
/// How deep schemas may lie in each other.
inline constexpr std::size_t kMaxNesting = 16;
/// How many schemas may apply to one value one through the other, by `$ref`, `allOf` and the like.
inline constexpr std::size_t kMaxChain = 32;

/// Keys of our own that a prepared schema has.
inline constexpr const char* kStepKey = "update-agent-step";
inline constexpr const char* kPatternKey = "update-agent-pattern";
inline constexpr const char* kNeverKey = "update-agent-never";

/// The schema as the library gets it: each with a step that is counted, and patterns and `false` as
/// keys of ours. ErrorCode::invalid with the place of what a scope may not have.
[[nodiscard]] model::Result<nlohmann::json> prepare_schema(const nlohmann::json& schema);

}  // namespace agent::scopes
