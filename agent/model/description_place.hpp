// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/model/toml_reader.hpp"

namespace agent::model {

/// Where a value of a description is.
struct DescriptionPlace {
    /// Such as `containers[0].secrets[1].name`.
    std::string key;
    /// Both 0 where the text has no position for it, as when it is empty or no TOML.
    TextPosition position;
};

/// Follows keys and indices from the root. A value that is not there, because it is the default,
/// has the position of the nearest one around it.
[[nodiscard]] DescriptionPlace place_in(std::string_view text,
                                        const std::vector<std::string>& path);

/// The text as one object of JSON, values of the same types; a date or a time is a string. Empty
/// where it is no TOML.
[[nodiscard]] std::string description_as_json(std::string_view text);

}  // namespace agent::model
