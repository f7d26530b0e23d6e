// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/problem.hpp"

#include "tests/unit/catch.hpp"

using agent::model::ErrorCode;
using agent::model::Problem;
using agent::model::Problems;
using agent::model::to_error;
using agent::model::to_string;
using agent::model::worst_code;

TEST_CASE("a problem is written with its place, leaving out what is not known") {
    const std::vector<std::pair<Problem, std::string>> cases{
        {{ErrorCode::invalid, "b.toml", 3, 7, "id", "is missing", "write it"},
         "b.toml:3:7: id: is missing (write it)"},
        {{ErrorCode::invalid, "b.toml", 3, 7, "", "is odd", ""}, "b.toml:3:7: is odd"},
        {{ErrorCode::conflict, "mqtt", 0, 0, "", "is taken", ""}, "mqtt: is taken"},
        {{ErrorCode::invalid, "", 3, 7, "id", "is missing", ""}, "3:7: id: is missing"},
        {{ErrorCode::invalid, "", 0, 0, "", "is odd", ""}, "is odd"},
    };
    for (const auto& [problem, text] : cases)
        CHECK(to_string(problem) == text);
}

TEST_CASE("the worst problem decides what a list fails with") {
    const auto problem = [](ErrorCode code) { return Problem{code, "", 0, 0, "", "", ""}; };
    const std::vector<std::pair<std::vector<ErrorCode>, ErrorCode>> cases{
        {{ErrorCode::conflict, ErrorCode::untrusted, ErrorCode::invalid}, ErrorCode::untrusted},
        {{ErrorCode::conflict, ErrorCode::not_found, ErrorCode::invalid}, ErrorCode::invalid},
        {{ErrorCode::conflict, ErrorCode::not_found}, ErrorCode::not_found},
        {{ErrorCode::no_space, ErrorCode::conflict}, ErrorCode::conflict},
        {{ErrorCode::no_space, ErrorCode::busy}, ErrorCode::no_space},
    };
    for (const auto& [codes, worst] : cases) {
        Problems problems;
        for (const auto code : codes)
            problems.push_back(problem(code));
        CHECK(worst_code(problems) == worst);
    }
}

TEST_CASE("problems become one error with a line for each") {
    const auto error = to_error({{ErrorCode::conflict, "a", 0, 0, "", "is taken", ""},
                                 {ErrorCode::not_found, "b", 0, 0, "", "is not there", ""}});
    CHECK(error.code() == ErrorCode::not_found);
    CHECK(error.text() == "a: is taken\nb: is not there");
}
