// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/bring_image.hpp"

#include <algorithm>

#include "agent/bundle/oci_layout.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;

/// An image that was removed meanwhile gets no name back.
Result<> name_again(const std::optional<model::Sha256>& image, const std::string& name,
                    World& world) {
    if (!image) return {};
    auto named = world.context.host.engine.tag(*image, name);
    if (!named && named.error().code() == ErrorCode::not_found) return {};
    return named;
}

}  // namespace

Result<> bring_image(const BringImage& effect, World& world) {
    auto& engine = world.context.host.engine;
    const auto layout = world.context.paths.bundle(effect.bundle, effect.version) / "images";
    TRY_ASSIGN(const auto images, bundle::read_layout(layout));
    const auto image = std::find_if(images.begin(), images.end(),
                                    [&](const auto& each) { return each.id == effect.id; });
    if (image == images.end())
        return model::fail(ErrorCode::invalid, "the bundle has no image with the id " +
                                                   effect.id.hex() +
                                                   " that its description names for " +
                                                   effect.name + "; make the bundle again");
    TRY_ASSIGN(const auto id, engine.pull_layout(layout, image->ref));
    if (id != effect.id)
        return model::fail(ErrorCode::invalid,
                           "the image " + effect.name + " has the id " + id.hex() +
                               " once it is in the store, and the description says " +
                               effect.id.hex());
    return engine.tag(effect.id, effect.name);
}

Result<> undo_bring_image(const BringImage& effect, World& world) {
    auto removed = world.context.host.engine.remove_image(effect.id);
    if (!removed && removed.error().code() != ErrorCode::conflict) return removed;
    if (!removed)
        world.context.progress.warning("the image " + effect.name +
                                       " stays: " + removed.error().text());
    return name_again(effect.named_before, effect.name, world);
}

Result<> undo_name_image(const NameImage& effect, World& world) {
    if (effect.named_before) return name_again(effect.named_before, effect.name, world);
    return world.context.host.engine.untag(effect.id, effect.name);
}

}  // namespace agent::operations
