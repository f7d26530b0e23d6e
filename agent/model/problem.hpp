// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::model {

/// One thing that is wrong with input, as data: problems are collected and reported together.
struct Problem {
    /// Decides the exit code when it is the worst of a list; see worst_code().
    ErrorCode code = ErrorCode::invalid;
    /// File the position is in, or the bundle or container it is about; may be empty.
    std::string where;
    /// From 1; 0 when there is no position.
    unsigned line = 0;
    unsigned column = 0;
    /// Dotted key, such as `containers[0].image`; may be empty.
    std::string key;
    std::string message;
    /// What would be right, or what to do; may be empty.
    std::string hint;

    bool operator==(const Problem&) const = default;
};

using Problems = std::vector<Problem>;

/// "where:line:column: key: message (hint)", leaving out what is empty.
[[nodiscard]] std::string to_string(const Problem& problem);

/// The code that a list of problems fails with: untrusted before invalid before not_found before
/// conflict before anything else. The list must not be empty.
[[nodiscard]] ErrorCode worst_code(const Problems& problems);

/// One error whose text has every problem on a line of its own. The list must not be empty.
[[nodiscard]] Error to_error(const Problems& problems);

}  // namespace agent::model
