// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::model {

/// What the json library would need for a text, whether that is JSON or not.
struct JsonShape {
    /// Levels of objects and lists in each other.
    std::size_t depth = 0;
    /// Of the object that has the most; not counted where it lies deeper than 64 levels.
    std::size_t most_keys = 0;
    bool operator==(const JsonShape&) const = default;
};

/// Looks at brackets, colons and quotes only, in one pass and in constant memory.
[[nodiscard]] JsonShape shape_of(std::string_view text);

/// Whether the text has more than 64 levels: the json library copies and writes by recursion, so
/// that depth is limited before it reads.
[[nodiscard]] bool nests_too_deep(std::string_view text);

inline constexpr std::size_t kAnyNumberOfKeys = std::numeric_limits<std::size_t>::max();

/// Any JSON value of at most `limit` bytes that does not nest too deep, and whose objects have at
/// most `most_keys`: each key is looked for among those before it, so that a large object takes
/// hours. Keys keep their order, and of those that are there twice the last counts.
/// ErrorCode::invalid, in one line.
[[nodiscard]] Result<nlohmann::ordered_json> parse_json(std::string_view text, std::size_t limit,
                                                        std::size_t most_keys = kAnyNumberOfKeys);

}  // namespace agent::model
