// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/startup.hpp"

#include <charconv>
#include <optional>
#include <system_error>

#include "agent/model/unit_name.hpp"
#include "agent/operations/facts.hpp"
#include "agent/operations/operation_lock.hpp"
#include "agent/operations/repair.hpp"
#include "agent/store/engine_stamp.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/journal.hpp"

namespace agent::operations {

namespace {

using model::Result;

// Where the manager hands generators their late directory, systemd.generator(7).
constexpr auto kLateDirectory = "run/systemd/generator.late";

/// The generation that the generator linked at its last run; absent where it could not.
std::optional<unsigned> loaded_generation(const Context& context) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(
        context.paths.root() / kLateDirectory / model::kLoadedGenerationStamp, error);
    if (error) return std::nullopt;
    const auto text = target.string();
    unsigned number = 0;
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return number;
}

/// An update of the operating system may bring a systemd that reads units otherwise. The set stays;
/// a new generation has it with units for the systemd that runs.
Result<> render_again(const Context& context) {
    const store::Generations generations(context.paths);
    TRY_ASSIGN(const auto lock, OperationLock::acquire(context, "startup"));
    TRY_ASSIGN(const auto set, generations.installed());
    // The set that is to be confirmed may have to be left: it is rendered again at another boot.
    if (set.bundles.empty() || store::has_journal(context.paths)) return {};
    TRY_ASSIGN(const auto info, generations.read_info(set.generation));
    TRY_ASSIGN(const auto facts, gather_facts(context, {}));
    if (info.systemd_version == facts.render.systemd_version) return {};

    TRY_ASSIGN(const auto state, generations.read_state(set.generation));
    store::Generation next;
    next.set = set;
    next.set.generation = facts.next_generation;
    next.info = {.number = facts.next_generation,
                 .parent = set.generation,
                 .reason = "units for systemd " + std::to_string(facts.render.systemd_version),
                 .time = context.host.machine.now(),
                 .systemd_version = facts.render.systemd_version};
    const auto rendered = planning::render(set, facts);
    next.units = rendered.files;
    next.wants = rendered.wants;
    next.has_devices = rendered.has_devices;
    TRY_ASSIGN(next.containers, generations.read_containers(set.generation));
    TRY(generations.write(next));
    TRY(generations.write_state(next.info.number, state));
    return generations.switch_to(next.info.number);
}

/// Only warns: a bundle that can start must start.
void attempt(const Context& context, const std::string& what, const Result<>& result) {
    if (!result) context.progress.warning(what + ": " + result.error().text());
}

Result<> check_engine(const Context& context, unsigned generation) {
    TRY_ASSIGN(const auto graph_root, context.host.engine.graph_root());
    if (store::stamp_matches(graph_root, generation)) return {};
    TRY_ASSIGN(const auto lock, OperationLock::acquire(context, "startup"));
    TRY_ASSIGN(const auto done, repair_engine(context));
    for (const auto& step : done)
        context.progress.warning("restored: " + step);
    return {};
}

}  // namespace

Result<> startup(const Context& context) {
    if (context.offline)
        return model::fail(model::ErrorCode::usage, "with --root nothing is started");
    const store::Generations generations(context.paths);
    auto set = generations.installed();
    if (set) {
        attempt(context, "checking the container engine's store",
                check_engine(context, set->generation));
        attempt(context, "rendering the units again", render_again(context));
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
    TRY_ASSIGN(const auto current, store::Generations(context.paths).current());
    TRY(context.host.machine.sync_file_system(graph_root));
    return store::write_stamp(graph_root, current);
}

Result<> clear_engine_stamp(const Context& context) {
    TRY_ASSIGN(const auto graph_root, context.host.engine.graph_root());
    return store::remove_stamp(graph_root);
}

}  // namespace agent::operations
