// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include "agent/operations/effects.hpp"

namespace agent::operations {

/// An effect as the journal has it: all that undoing it takes, and of those that come after the
/// switch all that doing them takes.
[[nodiscard]] nlohmann::ordered_json effect_record(const Effect& effect);
/// ErrorCode::invalid for what effect_record() did not write.
[[nodiscard]] model::Result<Effect> parse_effect(const nlohmann::ordered_json& record);

}  // namespace agent::operations
