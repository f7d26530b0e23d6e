// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/init_run.hpp"

#include "agent/model/units_of_measure.hpp"
#include "agent/operations/create_container.hpp"
#include "agent/operations/other_fault.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;

Result<> judge(const RunInit& effect, const host::FinishedRun& run, const Context& context) {
    if (run.exit_code == 0) return {};
    std::string text = run.exit_code ? "ended with " + std::to_string(*run.exit_code)
                                     : "did not end within " + model::to_string(effect.max_wait) +
                                           ", which is its max-wait";
    const auto fault = other_fault(context);
    if (fault) text += ", " + fault->second;
    for (const auto& line : run.last_lines)
        text += "\n  " + line;
    return model::fail(fault ? fault->first : ErrorCode::unhealthy, text);
}

}  // namespace

Result<> run_init(const RunInit& effect, World& world) {
    auto& engine = world.context.host.engine;
    TRY_ASSIGN(const auto here, arguments_here(world.context.host, effect.arguments));
    TRY(engine.create(here.arguments));
    const auto cancelled = [&] { return !effect.in_switch && world.context.cancelled(); };
    const auto run = engine.run_to_end(effect.podman_name, effect.max_wait, cancelled);
    auto result = run ? judge(effect, *run, world.context) : Result<>(model::fail(run.error()));
    const auto removed = engine.remove_run(effect.podman_name);
    if (!result && !removed) return model::fail(result.error().followed_by(removed.error()));
    return result ? removed : result;
}

}  // namespace agent::operations
