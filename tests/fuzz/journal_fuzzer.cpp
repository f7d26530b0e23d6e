// SPDX-License-Identifier: GPL-3.0-or-later
// Lines as the records of a journal: whatever they say, recovery knows what to do next or refuses.
#include <cstdint>
#include <sstream>

#include "agent/operations/transaction_state.hpp"
#include "tests/fuzz/invariant.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace agent::operations;
    std::istringstream stream(std::string(reinterpret_cast<const char*>(data), size));
    std::vector<std::string> records;
    for (std::string line; std::getline(stream, line);)
        records.push_back(line);
    if (records.empty()) return 0;
    const auto state = replay(records);
    if (!state) {
        fuzz::require(!state.error().text().empty(), "a refusal says why");
        return 0;
    }
    fuzz::require(state->done <= state->begun, "what was done was begun");
    fuzz::require(state->begun <= state->effects.size(), "only what there is was begun");
    if (!state->undone.empty() || state->failure)
        fuzz::require(next_step(*state) == NextStep::go_back, "a way back ends where it leads to");
    // What is written again says the same.
    const auto again = replay({begin_record(state->info, state->effects)});
    fuzz::require(again.has_value(), "a record that was read can be written");
    fuzz::require(again->info == state->info, "and says the same");
    fuzz::require(again->effects.size() == state->effects.size(), "with all effects");
    return 0;
}
