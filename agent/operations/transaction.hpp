// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/operations/transaction_state.hpp"
#include "agent/store/history.hpp"
#include "agent/store/journal.hpp"

namespace agent::operations {

/// The execution of one plan's effects, each journalled before and after. The journal outlives this
/// object: whoever concludes the transaction removes it.
class Transaction {
  public:
    /// Journals what it is going to do; nothing is done yet. `world` outlives the transaction.
    [[nodiscard]] static model::Result<Transaction> begin(World& world, TransactionInfo info,
                                                          std::vector<Effect> effects);
    /// One that was interrupted, from what its journal tells.
    [[nodiscard]] static model::Result<Transaction> resume(World& world, TransactionState state);

    /// Does the effects that are left, one after the other. When one fails, or the caller cancels
    /// before the switch, everything is undone and the error says so, as of go_back().
    [[nodiscard]] model::Result<> go_on();
    /// Undoes everything that was begun, in reverse order. Returns the reason, with what became of
    /// it; where undoing fails after the switch, it is ErrorCode::rollback_failed.
    [[nodiscard]] model::Error go_back(model::Error reason);

    [[nodiscard]] const TransactionState& state() const { return state_; }
    /// Whether this process has undone anything of it.
    [[nodiscard]] bool undid() const { return state_.undone.size() > undone_before_; }
    /// What its effects noted in this process.
    [[nodiscard]] const std::vector<std::string>& notes() const { return world_.notes; }
    /// What each phase took in this process.
    [[nodiscard]] const std::vector<store::HistoryPhase>& phases() const { return phases_; }

  private:
    Transaction(World& world, TransactionState state, store::Journal journal)
        : world_(world),
          state_(std::move(state)),
          undone_before_(state_.undone.size()),
          journal_(std::move(journal)) {}
    [[nodiscard]] model::Result<> do_effect(std::size_t index);
    [[nodiscard]] model::Result<> may_begin(const Effect& effect);
    [[nodiscard]] std::vector<std::size_t> undo_each(const std::vector<std::size_t>& effects,
                                                     std::vector<model::Error>& errors);
    [[nodiscard]] model::Result<> hold_units(const Effect& effect);
    void hold_shutdown();
    void note(const std::string& record);
    void warn(const model::Result<>& result);
    void count(const Effect& effect, std::chrono::steady_clock::time_point since);

    World& world_;
    TransactionState state_;
    std::size_t undone_before_;
    store::Journal journal_;
    std::vector<store::HistoryPhase> phases_;
    /// From the first effect that what runs can notice, to the end.
    std::unique_ptr<host::Inhibition> inhibition_;
    bool told_of_cancelling_ = false;
};

/// acquire, stage, init, switch, verify or confirm.
[[nodiscard]] std::string_view phase_of(const Effect& effect);

}  // namespace agent::operations
