// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/mend.hpp"

#include <algorithm>

#include "agent/model/unit_name.hpp"
#include "agent/operations/collect.hpp"
#include "agent/operations/render_again.hpp"
#include "agent/operations/restore_engine.hpp"
#include "agent/operations/verify_bundles.hpp"
#include "agent/planning/unit_changes.hpp"

namespace agent::operations {

namespace {

using model::Result;
using Kind = Defect::Kind;

bool any_repairable_of(const Defects& defects, std::initializer_list<Kind> kinds) {
    return std::any_of(defects.begin(), defects.end(), [&](const auto& defect) {
        return defect.repairable &&
               std::find(kinds.begin(), kinds.end(), defect.kind) != kinds.end();
    });
}

/// Services that systemd has loaded with another [Service] than they get now. Where the file is
/// another than the one that was loaded, what was loaded is what the agent once wrote.
Result<std::vector<std::string>> services_loaded_otherwise(const Context& context,
                                                           const CurrentGeneration& current) {
    units::RenderedUnits before;
    TRY_ASSIGN(before.files, store::Generations(context.paths).read_units(current.set.generation));
    const auto after = render_for(context, current.set, current.info.systemd_version);
    auto names = units::services_to_restart(before, after);
    std::erase_if(names, [&](const auto& name) { return before.files.count(name) == 0; });
    if (names.empty()) return names;
    TRY_ASSIGN(const auto changed, context.host.services.changed_on_disk(names));
    std::erase_if(names, [&](const auto& name) {
        return std::find(changed.begin(), changed.end(), name) != changed.end();
    });
    return names;
}

/// For the systemd that the units were for: to follow another one is for the next boot, when no
/// container has to restart for it.
Result<unsigned> write_mended(const Context& context, const CurrentGeneration& current) {
    return write_again(
        context, {.set = current.set,
                  .containers = current.arguments,
                  .systemd_version = current.info.systemd_version,
                  .reason = "repair of generation " + std::to_string(current.set.generation)});
}

Result<> replace_generation(const Context& context, const CurrentGeneration& current) {
    if (context.offline) {
        TRY_ASSIGN(const unsigned number, write_mended(context, current));
        return store::Generations(context.paths).switch_to(number);
    }
    TRY_ASSIGN(const auto restart, services_loaded_otherwise(context, current));
    TRY_ASSIGN(const unsigned number, write_mended(context, current));
    World world{.context = context, .readers = {}};
    TRY(perform(NoteActive{restart}, world));
    return perform(
        Activate{.from = current.set.generation,
                 .to = number,
                 .restart = restart,
                 .replaced_targets = {},
                 .pauses = planning::pauses_of(current.set, {restart.begin(), restart.end()}),
                 .bound = kJobBound},
        world);
}

void try_to_mend(const Context& context, const std::string& what, const Result<>& result) {
    if (!result) context.progress.warning(what + ": " + result.error().text());
}

Result<> mend_engine(const Context& context) {
    TRY_ASSIGN(const auto steps, restore_engine(context));
    for (const auto& [what, result] : steps)
        try_to_mend(context, what, result);
    return {};
}

}  // namespace

void mend(const Context& context, const SetLook& set, const Defects& defects) {
    try_to_mend(context, "restoring texts of kept bundles", restore_kept_texts(context, set.sets));
    // Without the current generation nobody knows what is needed.
    if (!set.current) return;
    const bool anew = any_repairable_of(defects, {Kind::set, Kind::arguments, Kind::unit});
    if (anew)
        try_to_mend(context, "replacing the generation", replace_generation(context, *set.current));
    else if (any_repairable_of(defects, {Kind::loaded}))
        try_to_mend(context, "loading the units", context.host.services.reload());
    if (any_repairable_of(defects, {Kind::image, Kind::container}))
        try_to_mend(context, "restoring images and containers", mend_engine(context));
    // The generation that was replaced may be one more than are kept.
    if (anew || any_repairable_of(defects, {Kind::leftover}))
        try_to_mend(context, "removing what is not needed", collect_garbage(context));
}

}  // namespace agent::operations
