// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/run_state.hpp"

#include <nlohmann/json.hpp>

namespace agent::service {

bool RunState::take(const std::string& text) {
    std::string state = "idle";
    const auto value = nlohmann::json::parse(text, nullptr, false);
    if (value.is_object() && value.contains("state") && value["state"].is_string())
        state = value["state"].get<std::string>();
    if (state == current) return false;
    previous = std::exchange(current, state);
    return true;
}

}  // namespace agent::service
