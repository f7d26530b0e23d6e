// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/operations/effects.hpp"
#include "agent/store/floors.hpp"

namespace agent::operations {

/// The operation of a transaction that switches nothing: it judges a set that nobody has judged.
inline constexpr std::string_view kConfirmOperation = "confirm";
/// The operation of one that switches nothing either: it creates containers again.
inline constexpr std::string_view kRecreateOperation = "recreate";

/// What a transaction is about; fixed when it begins.
struct TransactionInfo {
    std::string id;
    /// install, remove, rollback, confirm, recreate.
    std::string operation;
    /// `id version` of what it is about, for people.
    std::vector<std::string> bundles;
    std::string who;
    model::SystemTime began;
    /// Boot of the machine that it began in.
    std::string boot;
    /// Begun with `--root`, by another machine than the one that it is for.
    bool offline = false;
    /// Generations.
    unsigned from = 0;
    unsigned to = 0;
    /// planning::set_digest() of the set that it leads to.
    model::Sha256 set;
    /// All version floors, as they are once it is confirmed.
    store::Floors floors;
    std::vector<std::string> notes;
    /// Host paths of volumes that are deleted once it has succeeded.
    std::vector<std::string> purge = {};
    bool operator==(const TransactionInfo&) const = default;
};

/// A transaction as its journal tells of it.
struct TransactionState {
    TransactionInfo info;
    std::vector<Effect> effects;
    /// How many effects, from the first on, were begun, and how many of them done.
    std::size_t begun = 0;
    std::size_t done = 0;
    /// What NoteActive saw.
    UnitsSeen seen;
    /// Why it is being undone, if it is.
    std::optional<model::Error> failure;
    /// Of its effects, those that were undone.
    std::set<std::size_t> undone;
    /// Boots since the switch.
    unsigned boots = 0;
};

// Records of the journal, each an object of JSON in one line.
[[nodiscard]] std::string begin_record(const TransactionInfo& info,
                                       const std::vector<Effect>& effects);
[[nodiscard]] std::string doing_record(std::size_t effect);
[[nodiscard]] std::string done_record(std::size_t effect);
[[nodiscard]] std::string seen_record(const UnitsSeen& seen);
[[nodiscard]] std::string failure_record(const model::Error& error);
[[nodiscard]] std::string undone_record(std::size_t effect);
[[nodiscard]] std::string boot_record();

/// What the records tell. ErrorCode::conflict for those of a newer agent, ErrorCode::invalid for
/// what is no journal. There must be one record at least.
[[nodiscard]] model::Result<TransactionState> replay(const std::vector<std::string>& records);

/// A set that was not confirmed in so many boots is left.
inline constexpr unsigned kBootsToConfirm = 3;

enum class NextStep {
    /// To the old set: it was interrupted before the switch was done, or is on its way back.
    go_back,
    /// To the new set, which is judged.
    go_on,
    /// All is done, but for floors, history and garbage.
    conclude,
};
/// What an interrupted transaction is settled by. Pure.
[[nodiscard]] NextStep next_step(const TransactionState& state);

/// Whether it leads to another set; else it only judges the one that is there.
[[nodiscard]] bool switches(const TransactionState& state);
/// Whether it is done with before any bundle starts, also while the machine boots: it judges none.
[[nodiscard]] bool recreates(const TransactionState& state);
/// Whether its end says that the set was healthy.
[[nodiscard]] bool confirms(const TransactionState& state);
/// Whether anything that runs can have noticed it.
[[nodiscard]] bool disturbed(const TransactionState& state);
/// Whether everything begun was undone.
[[nodiscard]] bool undone(const TransactionState& state);

}  // namespace agent::operations
