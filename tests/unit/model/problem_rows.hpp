// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/model/description.hpp"
#include "tests/unit/catch.hpp"

namespace problem_rows {

/// A text and the one problem that it has.
struct Row {
    std::string text;
    unsigned line;
    unsigned column;
    std::string key;
    /// A part of message or hint.
    std::string part;
};

inline agent::model::Problems problems_of(const std::string& text) {
    agent::model::Problems problems;
    static_cast<void>(agent::model::parse_description(text, "bundle.toml", problems));
    return problems;
}

/// Checks that `text` has this problem and no other: one mistake is told once.
inline void check(const Row& row) {
    INFO(row.text);
    const auto problems = problems_of(row.text);
    for (const auto& problem : problems)
        UNSCOPED_INFO(to_string(problem));
    REQUIRE(problems.size() == 1);
    const auto& problem = problems.front();
    CHECK(problem.code == agent::model::ErrorCode::invalid);
    CHECK(problem.where == "bundle.toml");
    CHECK(problem.line == row.line);
    CHECK(problem.column == row.column);
    CHECK(problem.key == row.key);
    CHECK((problem.message + " " + problem.hint).find(row.part) != std::string::npos);
}

}  // namespace problem_rows
