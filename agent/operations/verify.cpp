// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/verify.hpp"

#include <algorithm>
#include <optional>
#include <system_error>

#include "agent/operations/candidates.hpp"
#include "agent/operations/mend.hpp"
#include "agent/operations/operation_lock.hpp"
#include "agent/operations/recover.hpp"
#include "agent/operations/verify_bundles.hpp"
#include "agent/operations/verify_engine.hpp"
#include "agent/operations/verify_units.hpp"
#include "agent/store/history.hpp"
#include "agent/store/journal.hpp"

namespace agent::operations {

namespace {

using model::Result;
using Kind = Defect::Kind;

struct Look {
    SetLook set;
    /// All, those of the set among them.
    Defects defects;
};

void append_to(Defects& defects, Defects more) {
    std::move(more.begin(), more.end(), std::back_inserter(defects));
}

void look_for_transaction(const store::Paths& paths, Defects& defects) {
    if (store::has_journal(paths))
        defects.push_back({.kind = Kind::transaction,
                           .subject = paths.transaction().string(),
                           .text = "an operation was interrupted, or is running",
                           .advice = "update-agent recover"});
}

Result<> look_at_machine(const Context& context, const CurrentGeneration& current,
                         Defects& defects) {
    TRY_ASSIGN(auto units, look_at_unit_files(context, current));
    append_to(defects, std::move(units));
    host::Inventory engine;
    if (!context.offline) {
        TRY_ASSIGN(auto loaded, look_at_loaded(context, current));
        append_to(defects, std::move(loaded));
        TRY_ASSIGN(engine, context.host.engine.inventory());
        append_to(defects, look_at_engine(current, engine));
        TRY_ASSIGN(auto mounted, look_at_image_stores(context, current.set));
        append_to(defects, std::move(mounted));
    }
    append_to(defects, look_for_leftovers(context, engine));
    return {};
}

/// `bundles`: whether every byte of the kept bundles is read.
Result<Look> look_at_all(const Context& context, bool bundles) {
    Look look;
    look_for_transaction(context.paths, look.defects);
    look.set = look_at_set(context);
    append_to(look.defects, look.set.defects);
    if (look.set.current) TRY(look_at_machine(context, *look.set.current, look.defects));
    if (!bundles) return look;
    TRY_ASSIGN(auto damaged, look_at_kept_bundles(context, look.set.sets));
    append_to(look.defects, std::move(damaged));
    return look;
}

bool any_of(const Defects& defects, Kind kind) {
    return std::any_of(defects.begin(), defects.end(),
                       [kind](const auto& defect) { return defect.kind == kind; });
}

bool any_repairable(const Defects& defects) {
    return std::any_of(defects.begin(), defects.end(),
                       [](const auto& defect) { return defect.repairable; });
}

/// Those of `before` that are gone are repaired; what is there after it is left.
Defects compared(Defects before, Defects after) {
    Defects all;
    for (auto& defect : before) {
        defect.repaired = std::none_of(after.begin(), after.end(), [&](const auto& left) {
            return left.kind == defect.kind && left.subject == defect.subject;
        });
        if (defect.repaired) all.push_back(std::move(defect));
    }
    append_to(all, std::move(after));
    return all;
}

void advise(Defects& defects, const std::string& what) {
    for (auto& defect : defects)
        if (defect.repairable && !defect.repaired) defect.advice = what;
}

void record_repair(const Context& context, const Verification& done, unsigned generation_before,
                   std::chrono::steady_clock::time_point start) {
    const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(
        context.host.machine.monotonic() - start);
    std::vector<std::string> notes;
    for (const auto& defect : done.defects)
        if (defect.repaired) notes.push_back("repaired: " + defect.subject + " " + defect.text);
    const auto clock = validity_clock(context);
    const auto written = store::append_history(
        context.paths,
        {.time = std::max(clock.now - duration, clock.floor),
         .operation = "verify --repair",
         .bundles = {},
         .who = context.who,
         .generation_before = generation_before,
         .generation_after = done.generation,
         .outcome = done.left() == 0 ? "done" : std::to_string(done.left()) + " defects are left",
         .exit_code = done.left() == 0 ? 0 : 1,
         .duration_ms = duration.count(),
         .notes = std::move(notes)});
    if (!written)
        context.progress.warning("the history could not be written: " + written.error().text());
}

unsigned current_generation(const Context& context) {
    return store::Generations(context.paths).current().value_or(0);
}

Result<Verification> repair_after(const Context& context, Look first) {
    const auto start = context.host.machine.monotonic();
    const unsigned before = current_generation(context);
    mend(context, first.set, first.defects);
    TRY_ASSIGN(auto second, look_at_all(context, any_of(first.defects, Kind::bundle)));
    Verification done{.generation = current_generation(context),
                      .defects = compared(std::move(first.defects), std::move(second.defects))};
    advise(done.defects, "repairing it failed; the warnings say why");
    record_repair(context, done, before, start);
    return done;
}

}  // namespace

std::string_view to_string(Defect::Kind kind) {
    switch (kind) {
        case Kind::transaction:
            return "transaction";
        case Kind::link:
            return "link";
        case Kind::set:
            return "set";
        case Kind::arguments:
            return "arguments";
        case Kind::unit:
            return "unit";
        case Kind::loaded:
            return "loaded";
        case Kind::image:
            return "image";
        case Kind::container:
            return "container";
        case Kind::bundle:
            return "bundle";
        case Kind::leftover:
            return "leftover";
    }
    return {};
}

std::size_t Verification::left() const {
    return static_cast<std::size_t>(std::count_if(
        defects.begin(), defects.end(), [](const auto& defect) { return !defect.repaired; }));
}

namespace {

/// One that cannot be settled is found again, and nothing is repaired beside it.
void settle_first(const Context& context) {
    const auto settled = settle(context);
    if (!settled)
        context.progress.warning(settled.error().text());
    else if (*settled)
        context.progress.warning(to_string(**settled));
}

}  // namespace

Result<Verification> verify(const Context& context, bool repair) {
    std::optional<OperationLock> lock;
    if (repair) {
        TRY_ASSIGN(auto acquired, OperationLock::acquire(context, "verify --repair"));
        lock.emplace(std::move(acquired));
        settle_first(context);
    }
    TRY_ASSIGN(auto first, look_at_all(context, true));
    // What looks like a leftover may be what recovery needs.
    const bool interrupted = any_of(first.defects, Kind::transaction);
    if (repair && !interrupted && any_repairable(first.defects))
        return repair_after(context, std::move(first));
    advise(first.defects, interrupted
                              ? "'update-agent recover', then 'update-agent verify --repair'"
                              : "update-agent verify --repair");
    return Verification{.generation = current_generation(context),
                        .defects = std::move(first.defects)};
}

}  // namespace agent::operations
