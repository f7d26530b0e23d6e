// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/transaction_state.hpp"

#include <algorithm>

#include "agent/model/exit_code.hpp"
#include "agent/operations/effect_record.hpp"
#include "agent/store/timestamp.hpp"

namespace agent::operations {

namespace {

using Json = nlohmann::ordered_json;
using model::Error;
using model::ErrorCode;
using model::Result;

constexpr int kJournalFormat = 1;

std::string text(const Json& record) {
    return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json to_json(const TransactionInfo& info) {
    Json floors = Json::object();
    for (const auto& [id, version] : info.floors)
        floors[id.value()] = version.to_string();
    return {{"format", kJournalFormat},
            {"transaction", info.id},
            {"operation", info.operation},
            {"bundles", info.bundles},
            {"who", info.who},
            {"began", store::to_rfc3339(info.began)},
            {"boot", info.boot},
            {"offline", info.offline},
            {"from", info.from},
            {"to", info.to},
            {"set", info.set.hex()},
            {"floors", floors},
            {"notes", info.notes},
            {"purge", info.purge}};
}

Result<TransactionInfo> parse_info(const Json& json) {
    TransactionInfo info;
    info.id = json.at("transaction").get<std::string>();
    info.operation = json.at("operation").get<std::string>();
    info.bundles = json.at("bundles").get<std::vector<std::string>>();
    info.who = json.at("who").get<std::string>();
    info.began = store::parse_rfc3339(json.at("began").get<std::string>()).value_or(info.began);
    info.boot = json.at("boot").get<std::string>();
    info.offline = json.at("offline").get<bool>();
    info.from = json.at("from").get<unsigned>();
    info.to = json.at("to").get<unsigned>();
    TRY_ASSIGN(info.set, model::Sha256::parse(json.at("set").get<std::string>()));
    for (const auto& [id, version] : json.at("floors").items()) {
        TRY_ASSIGN(const auto bundle, model::BundleId::parse(id));
        TRY_ASSIGN(const auto floor, model::Version::parse(version.get<std::string>()));
        info.floors.emplace(bundle, floor);
    }
    info.notes = json.at("notes").get<std::vector<std::string>>();
    // Journals of before there were volumes have none.
    info.purge = json.value("purge", std::vector<std::string>());
    return info;
}

Result<TransactionState> parse_begin(const Json& json) {
    if (json.at("format").get<int>() > kJournalFormat)
        return model::fail(ErrorCode::conflict,
                           "the transaction was begun by a newer update-agent, which has to be "
                           "installed again to settle it");
    TransactionState state;
    TRY_ASSIGN(state.info, parse_info(json));
    for (const auto& record : json.at("effects")) {
        TRY_ASSIGN(auto effect, parse_effect(record));
        state.effects.push_back(std::move(effect));
    }
    return state;
}

void take_record(const Json& json, TransactionState& state) {
    if (json.contains("doing")) {
        state.begun = std::max(state.begun, json["doing"].get<std::size_t>() + 1);
    } else if (json.contains("done")) {
        state.done = std::max(state.done, json["done"].get<std::size_t>() + 1);
    } else if (json.contains("undone")) {
        state.undone.insert(json["undone"].get<std::size_t>());
    } else if (json.contains("active")) {
        state.seen = {.active = json["active"].get<std::set<std::string>>(),
                      .inactive = json.at("inactive").get<std::set<std::string>>(),
                      .masked = json.at("masked").get<std::set<std::string>>()};
    } else if (json.contains("failed")) {
        // The first one is the reason; what followed it is of the way back.
        if (!state.failure)
            state.failure = Error(model::error_of_status(json.at("exit-code").get<int>()),
                                  json["failed"].get<std::string>());
    } else if (json.contains("boot")) {
        ++state.boots;
    }
}

}  // namespace

std::string begin_record(const TransactionInfo& info, const std::vector<Effect>& effects) {
    auto json = to_json(info);
    json["effects"] = Json::array();
    for (const auto& effect : effects)
        json["effects"].push_back(effect_record(effect));
    return text(json);
}

std::string doing_record(std::size_t effect) {
    return text({{"doing", effect}});
}

std::string done_record(std::size_t effect) {
    return text({{"done", effect}});
}

std::string seen_record(const UnitsSeen& seen) {
    return text({{"active", seen.active}, {"inactive", seen.inactive}, {"masked", seen.masked}});
}

std::string failure_record(const Error& error) {
    return text({{"failed", error.text()}, {"exit-code", model::exit_code(error.code())}});
}

std::string undone_record(std::size_t effect) {
    return text({{"undone", effect}});
}

std::string boot_record() {
    return text({{"boot", true}});
}

Result<TransactionState> replay(const std::vector<std::string>& records) {
    try {
        TRY_ASSIGN(auto state, parse_begin(Json::parse(records.front())));
        for (auto record = std::next(records.begin()); record != records.end(); ++record)
            take_record(Json::parse(*record), state);
        state.begun = std::min(std::max(state.begun, state.done), state.effects.size());
        state.done = std::min(state.done, state.effects.size());
        return state;
    } catch (const Json::exception& error) {
        return model::fail(
            ErrorCode::invalid,
            std::string("the journal of the transaction is damaged: ") + error.what());
    }
}

NextStep next_step(const TransactionState& state) {
    if (state.failure || !state.undone.empty()) return NextStep::go_back;
    if (state.done == state.effects.size()) return NextStep::conclude;
    const auto done_end = state.effects.begin() + static_cast<std::ptrdiff_t>(state.done);
    const bool switched =
        !switches(state) || std::any_of(state.effects.begin(), done_end, is_switch);
    if (!switched || state.boots > kBootsToConfirm) return NextStep::go_back;
    return NextStep::go_on;
}

bool switches(const TransactionState& state) {
    return std::any_of(state.effects.begin(), state.effects.end(), is_switch);
}

bool recreates(const TransactionState& state) {
    return std::any_of(state.effects.begin(), state.effects.end(), [](const Effect& effect) {
        return std::holds_alternative<RecreateContainers>(effect);
    });
}

bool disturbed(const TransactionState& state) {
    const auto begun_end = state.effects.begin() + static_cast<std::ptrdiff_t>(state.begun);
    return std::any_of(state.effects.begin(), begun_end, disturbs);
}

bool confirms(const TransactionState& state) {
    return std::any_of(state.effects.begin(), state.effects.end(), [](const Effect& effect) {
        const auto* note = std::get_if<NoteState>(&effect);
        return note != nullptr && note->state.confirmed;
    });
}

bool undone(const TransactionState& state) {
    return state.undone.size() >= state.begun;
}

}  // namespace agent::operations
