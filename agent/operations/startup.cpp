// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/startup.hpp"

#include "agent/model/unit_name.hpp"
#include "agent/operations/attach_images.hpp"
#include "agent/operations/collect.hpp"
#include "agent/operations/control.hpp"
#include "agent/operations/judge_offline_set.hpp"
#include "agent/operations/loaded_generation.hpp"
#include "agent/operations/operation_lock.hpp"
#include "agent/operations/render_again.hpp"
#include "agent/operations/restore_engine.hpp"
#include "agent/store/engine_stamp.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/journal.hpp"

namespace agent::operations {

namespace {

using model::Result;

/// An update of the operating system may bring a systemd that reads units otherwise. The set stays;
/// a new generation has it with units for the systemd that runs.
Result<> render_for_new_systemd(const Context& context) {
    const store::Generations generations(context.paths);
    TRY_ASSIGN(const auto lock, OperationLock::acquire(context, "startup"));
    TRY_ASSIGN(auto set, generations.installed());
    // The set that is to be confirmed may have to be left: it is rendered again at another boot.
    if (set.bundles.empty() || store::has_journal(context.paths)) return {};
    TRY_ASSIGN(const auto info, generations.read_info(set.generation));
    TRY_ASSIGN(const unsigned version, context.host.services.version());
    if (info.systemd_version == version) return {};
    TRY_ASSIGN(auto containers, generations.read_containers(set.generation));
    TRY_ASSIGN(const unsigned number,
               write_again(context, {.set = std::move(set),
                                     .containers = std::move(containers),
                                     .systemd_version = version,
                                     .reason = "units for systemd " + std::to_string(version)}));
    TRY(generations.switch_to(number));
    // It may be one more than are kept.
    return collect_garbage(context);
}

/// Only warns: a bundle that can start must start.
void attempt(const Context& context, const std::string& what, const Result<>& result) {
    if (!result) context.progress.warning(what + ": " + result.error().text());
}

Result<> check_engine(const Context& context, unsigned generation) {
    TRY_ASSIGN(const auto graph_root, context.host.engine.graph_root());
    if (store::stamp_matches(graph_root, generation)) return {};
    TRY_ASSIGN(const auto lock, OperationLock::acquire(context, "startup"));
    TRY_ASSIGN(const auto steps, restore_engine(context));
    for (const auto& [what, result] : steps)
        context.progress.warning(result ? "restored: " + what
                                        : what + ": " + result.error().text());
    return {};
}

}  // namespace

Result<> startup(const Context& context) {
    if (context.offline)
        return model::fail(model::ErrorCode::usage, "with --root nothing is started");
    const store::Generations generations(context.paths);
    auto set = generations.installed();
    if (set) {
        attempt(context, "mounting images", publish_images(context));
        attempt(context, "checking the container engine's store",
                check_engine(context, set->generation));
        attempt(context, "rendering the units again", render_for_new_systemd(context));
        attempt(context, "having the set judged", judge_offline_set(context));
    } else {
        context.progress.warning("reading the installed set: " + set.error().text());
    }
    TRY_ASSIGN(const auto current, generations.current());
    Result<> reloaded;
    if (loaded_generation(context) != current) reloaded = context.host.services.reload();
    // A reload that takes too long still ends some time, and the start waits for it.
    TRY(context.host.services.queue_start(std::string(model::kInstalledBundlesTarget)));
    return reloaded;
}

Result<> initialise_store(const Context& context) {
    return store::Generations(context.paths).ensure_initial();
}

Result<> write_engine_stamp(const Context& context) {
    TRY_ASSIGN(const auto graph_root, context.host.engine.graph_root());
    const store::Generations generations(context.paths);
    TRY_ASSIGN(const auto set, generations.installed());
    TRY_ASSIGN(const auto paused, any_paused(context.host.services, set));
    if (paused) return {};
    TRY_ASSIGN(const auto current, generations.current());
    TRY(context.host.machine.sync_file_system(graph_root));
    return store::write_stamp(graph_root, current);
}

Result<> clear_engine_stamp(const Context& context) {
    TRY_ASSIGN(const auto graph_root, context.host.engine.graph_root());
    return store::remove_stamp(graph_root);
}

}  // namespace agent::operations
