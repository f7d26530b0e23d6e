// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/problem_place.hpp"

#include "agent/model/description_place.hpp"
#include "agent/planning/checks.hpp"

namespace agent::planning {

model::Problem problem_at(const model::Description& bundle, const BundleTexts& texts,
                          const std::vector<std::string>& path) {
    auto place = model::place_in(texts.description, path);
    return {.code = model::ErrorCode::conflict,
            .where = label(bundle),
            .line = place.position.line,
            .column = place.position.column,
            .key = std::move(place.key),
            .message = {},
            .hint = {}};
}

}  // namespace agent::planning
