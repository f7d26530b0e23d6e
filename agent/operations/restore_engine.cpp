// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/restore_engine.hpp"

#include <algorithm>
#include <set>

#include "agent/containers/create_spec.hpp"
#include "agent/model/images.hpp"
#include "agent/operations/attach_images.hpp"
#include "agent/operations/inventory.hpp"
#include "agent/operations/pull_image.hpp"

namespace agent::operations {

using model::Result;

std::vector<Effect> missing_from_engine(const model::InstalledSet& set,
                                        const std::map<std::string, std::string>& containers,
                                        const host::Inventory& engine) {
    std::set<model::Sha256> seen;
    std::vector<Effect> brought;
    std::vector<Effect> created;
    for (const auto& [id, bundle] : set.bundles) {
        for (const auto& [name, image_id, key] : model::images_of(bundle.description)) {
            const auto& image = *image_id;
            if (bundle.store || !seen.insert(image).second) continue;
            if (!has_image(engine, image))
                brought.push_back(bring(bundle.description, image, name, std::nullopt));
            else if (can_be_named(bundle.description) && lacks_name(engine, image, name) &&
                     !image_named(engine, name))
                brought.emplace_back(
                    NameImage{.id = image, .name = name, .named_before = std::nullopt});
        }
        for (const auto& container : bundle.containers) {
            const auto text = containers.find(container.name.value());
            if (text == containers.end() || has_container(engine, container)) continue;
            if (const auto spec = containers::parse_create_spec(text->second))
                created.emplace_back(CreateContainer{.podman_name = container.podman_name,
                                                     .arguments = spec->arguments});
        }
    }
    std::move(created.begin(), created.end(), std::back_inserter(brought));
    if (!brought.empty()) brought.emplace_back(SyncEngineStore{});
    return brought;
}

namespace {

/// Empty where none is asked.
std::string registry_of(const Effect& effect) {
    const auto* pull = std::get_if<PullImage>(&effect);
    return pull == nullptr ? std::string() : pull->name.substr(0, pull->name.find('/'));
}

/// Only what cannot be mounted is worth a word.
std::vector<Restoration> attach(const Context& context) {
    std::vector<Restoration> failed;
    const auto attached = attach_images(context);
    if (!attached)
        failed.push_back({.what = "mounting images", .result = model::fail(attached.error())});
    else
        for (const auto& [bundle, error] : *attached)
            failed.push_back(
                {.what = "mounting the images of " + bundle, .result = model::fail(error)});
    return failed;
}

}  // namespace

Result<std::vector<Restoration>> restore_engine(const Context& context) {
    const store::Generations generations(context.paths);
    TRY_ASSIGN(const auto set, generations.installed());
    TRY_ASSIGN(const auto containers, generations.read_containers(set.generation));
    TRY_ASSIGN(const auto engine, context.host.engine.inventory());
    // Asked once: at a boot, others wait for this.
    World world{.context = context, .readers = {}, .pull_attempts = 1};
    std::vector<Restoration> done = attach(context);
    std::map<std::string, model::Error> unreachable;
    for (const auto& effect : missing_from_engine(set, containers, engine)) {
        context.progress.step(to_string(effect));
        const auto registry = registry_of(effect);
        const auto silent = unreachable.find(registry);
        auto result = silent == unreachable.end() ? perform(effect, world)
                                                  : Result<>(model::fail(silent->second));
        if (!registry.empty() && !result && result.error().code() == model::ErrorCode::unreachable)
            unreachable.emplace(registry, result.error());
        // That it was synced is worth a word only where it failed.
        if (!result || !std::holds_alternative<SyncEngineStore>(effect))
            done.push_back({.what = to_string(effect), .result = std::move(result)});
    }
    return done;
}

}  // namespace agent::operations
