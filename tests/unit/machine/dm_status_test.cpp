// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/dm_status.hpp"

#include "tests/unit/catch.hpp"

using agent::machine::parse_verity_status;

TEST_CASE("dm-verity says in one letter whether it found a damaged block") {
    struct Row {
        const char* target;
        const char* status;
        std::optional<bool> damaged;
    };
    for (const auto& [target, status, damaged] : std::vector<Row>{
             {"verity", "V", false},
             {"verity", "C", true},
             {"verity", "V -", false},
             {"verity", "C 12", true},
             {"verity", "", std::nullopt},
             {"verity", " V", std::nullopt},
             {"verity", "v", std::nullopt},
             {"verity", "Corrupted", std::nullopt},
             {"verity", "1 7:0 7:0 4096 4096 2 3 sha256", std::nullopt},
             {"crypt", "C", std::nullopt},
             {"linear", "", std::nullopt},
             {"", "V", std::nullopt},
         }) {
        INFO(target << ": '" << status << "'");
        CHECK(parse_verity_status(target, status) == damaged);
    }
}

TEST_CASE("Without a device-mapper nobody says whether a block is damaged") {
    for (const auto* device : {"253:0", "253", "", "x:y", "253-0"}) {
        INFO(device);
        CHECK_FALSE(agent::machine::verity_found_damage("/dev/null", device).has_value());
        CHECK_FALSE(agent::machine::verity_found_damage("/nowhere", device).has_value());
    }
}
