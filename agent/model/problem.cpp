// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/problem.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace agent::model {

std::string to_string(const Problem& problem) {
    std::string text = problem.where;
    if (problem.line != 0) {
        if (!text.empty()) text += ':';
        text += std::to_string(problem.line) + ':' + std::to_string(problem.column);
    }
    if (!text.empty()) text += ": ";
    if (!problem.key.empty()) text += problem.key + ": ";
    text += problem.message;
    if (!problem.hint.empty()) text += " (" + problem.hint + ')';
    return text;
}

ErrorCode worst_code(const Problems& problems) {
    assert(!problems.empty());
    constexpr std::array kWorstFirst{ErrorCode::untrusted, ErrorCode::invalid, ErrorCode::not_found,
                                     ErrorCode::conflict};
    for (const auto code : kWorstFirst) {
        const auto has_code = [code](const Problem& problem) { return problem.code == code; };
        if (std::any_of(problems.begin(), problems.end(), has_code)) return code;
    }
    return problems.front().code;
}

Error to_error(const Problems& problems) {
    std::string text;
    for (const auto& problem : problems) {
        if (!text.empty()) text += '\n';
        text += to_string(problem);
    }
    return {worst_code(problems), std::move(text)};
}

}  // namespace agent::model
