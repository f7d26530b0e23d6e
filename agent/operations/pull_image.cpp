// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/pull_image.hpp"

#include <algorithm>

#include "agent/operations/inventory.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;
using model::Sha256;
using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{2000};
constexpr unsigned kPauseFactor = 4;

/// False when it was cancelled.
bool pause(milliseconds time, const World& world) {
    constexpr milliseconds kSlice{100};
    for (; time.count() > 0; time -= kSlice) {
        if (world.context.cancelled()) return false;
        world.context.host.machine.sleep_for(std::min(time, kSlice));
    }
    return !world.context.cancelled();
}

/// podman itself tries again for some seconds.
Result<Sha256> pull(const std::string& name, const World& world) {
    auto time = kFirstPause;
    for (unsigned left = world.pull_attempts;; --left, time *= kPauseFactor) {
        auto id = world.context.host.engine.pull(name);
        if (id || id.error().code() != ErrorCode::unreachable || left <= 1) return id;
        world.context.progress.warning(id.error().text() + "; asked again in " +
                                       model::to_string(time));
        if (!pause(time, world)) return model::fail(ErrorCode::busy, "cancelled");
    }
}

/// That there is an image less again is worth less than why it was pulled in vain.
model::Error wrong_id(const PullImage& effect, const Sha256& id, bool was_there, World& world) {
    model::Error error(ErrorCode::invalid, "the image " + effect.name + " has the id " + id.hex() +
                                               ", and the description says " + effect.id.hex());
    if (was_there) return error;
    const auto removed = world.context.host.engine.remove_image(id);
    return removed ? error : error.followed_by(removed.error());
}

}  // namespace

Result<> pull_image(const PullImage& effect, World& world) {
    TRY_ASSIGN(const auto before, world.context.host.engine.images());
    TRY_ASSIGN(const auto id, pull(effect.name, world));
    if (id == effect.id) return {};
    return model::fail(
        wrong_id(effect, id, has_image({.images = before, .containers = {}}, id), world));
}

Result<> undo_pull_image(const PullImage& effect, World& world) {
    const auto removed = world.context.host.engine.remove_image(effect.id);
    if (removed || removed.error().code() != ErrorCode::conflict) return removed;
    world.context.progress.warning("the image " + effect.name +
                                   " stays: " + removed.error().text());
    return {};
}

bool can_be_named(const model::Description& bundle) {
    return bundle.images != model::ImageSource::registry;
}

Effect bring(const model::Description& bundle, const Sha256& id, const std::string& name,
             const std::optional<Sha256>& named_before) {
    if (!can_be_named(bundle)) return PullImage{.id = id, .name = name};
    return BringImage{.bundle = bundle.id,
                      .version = bundle.version,
                      .id = id,
                      .name = name,
                      .named_before = named_before};
}

}  // namespace agent::operations
