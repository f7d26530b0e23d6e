// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/render_again.hpp"

namespace agent::operations {

using model::Result;

units::RenderedUnits render_for(const Context& context, const model::InstalledSet& set,
                                unsigned systemd_version) {
    units::RenderContext render;
    render.systemd_version = systemd_version;
    render.stop_helper = context.stop_helper;
    render.volume_roots = context.configuration.volume_roots;
    return units::render_units(set, render);
}

Result<unsigned> write_again(const Context& context, const RenderAgain& again) {
    const store::Generations generations(context.paths);
    const unsigned parent = again.set.generation;
    TRY_ASSIGN(const auto info, generations.read_info(parent));
    TRY_ASSIGN(const auto state, generations.read_state(parent));
    TRY_ASSIGN(const unsigned number, generations.next_number());
    auto rendered = render_for(context, again.set, again.systemd_version);
    store::Generation next{.info = {.number = number,
                                    .parent = parent,
                                    .reason = again.reason,
                                    .time = context.host.machine.now(),
                                    .systemd_version = again.systemd_version,
                                    .brought_images = info.brought_images},
                           .set = again.set,
                           .units = std::move(rendered.files),
                           .wants = std::move(rendered.wants),
                           .has_devices = rendered.has_devices,
                           .containers = again.containers};
    next.set.generation = number;
    TRY(generations.write(next));
    TRY(generations.write_state(number, state));
    return number;
}

}  // namespace agent::operations
