// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of docs/exit-codes.md are the ones that the program has.
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "agent/model/exit_code.hpp"
#include "tests/unit/catch.hpp"

namespace {

using agent::model::kExitCodes;
using Row = std::vector<std::string>;

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// The rows of the table below the heading.
std::vector<Row> table_below(const std::string& heading) {
    std::ifstream document(SOURCE_DIR "/docs/exit-codes.md");
    std::vector<Row> rows;
    bool inside = false;
    for (std::string line; std::getline(document, line);) {
        if (line.rfind("## ", 0) == 0) inside = line == "## " + heading;
        if (!inside || line.empty() || line.front() != '|') continue;
        Row row;
        std::istringstream cells(line.substr(1));
        for (std::string cell; std::getline(cells, cell, '|');)
            row.push_back(trimmed(cell));
        rows.push_back(row);
    }
    // The header and the line below it.
    if (rows.size() > 2) rows.erase(rows.begin(), rows.begin() + 2);
    return rows;
}

}  // namespace

TEST_CASE("The documented exit codes are those of the program") {
    const auto rows = table_below("Codes");
    REQUIRE(rows.size() == kExitCodes.size() + 1);
    CHECK(rows[0][0] == "0");
    for (std::size_t i = 0; i < kExitCodes.size(); ++i) {
        INFO(rows[i + 1][0]);
        CHECK(rows[i + 1][0] == std::to_string(kExitCodes[i].status));
        CHECK(rows[i + 1][1] == kExitCodes[i].meaning);
    }
}

TEST_CASE("Every kind of error has a code of its own") {
    std::set<int> statuses;
    std::set<agent::model::ErrorCode> errors;
    for (const auto& each : kExitCodes) {
        CHECK(agent::model::exit_code(each.error) == each.status);
        statuses.insert(each.status);
        errors.insert(each.error);
    }
    CHECK(statuses.size() == kExitCodes.size());
    CHECK(errors.size() == kExitCodes.size());
    CHECK(statuses.count(0) == 0);
}

TEST_CASE("Every documented refusal has a code, and says what the text says") {
    const auto rows = table_below("Refusals");
    CHECK(rows.size() >= 20);
    std::set<std::string> codes;
    for (const auto& each : kExitCodes)
        codes.insert(std::to_string(each.status));
    for (const auto& row : rows) {
        INFO(row[0]);
        REQUIRE(row.size() == 3);
        CHECK(codes.count(row[1]) == 1);
        CHECK_FALSE(row[2].empty());
    }
}
