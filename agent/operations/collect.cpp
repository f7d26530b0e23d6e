// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/collect.hpp"

#include <algorithm>

#include "agent/model/images.hpp"
#include "agent/operations/attach_images.hpp"
#include "agent/operations/failures.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::operations {

namespace {

using model::InstalledSet;
using model::Result;

struct Needed {
    std::set<std::string> bundles;
    std::set<std::string> containers;
    std::set<model::Sha256> images;
};

void add(const InstalledSet& set, Needed& needed) {
    const store::Paths anywhere{std::filesystem::path()};
    for (const auto& [id, bundle] : set.bundles) {
        needed.bundles.insert(anywhere.bundle(id, bundle.description.version).filename().string());
        for (const auto& container : bundle.containers) {
            needed.containers.insert(container.podman_name);
            needed.images.insert(container.image_id);
        }
        // Where the engine has one of its own, too, it creates containers from that.
        for (const auto& image : model::images_of(bundle.description))
            if (image.id) needed.images.insert(*image.id);
    }
}

Result<std::vector<std::string>> kept_bundle_names(const store::Paths& paths) {
    TRY_ASSIGN(auto names, store::names_in(paths.bundles()));
    std::erase_if(names, store::is_leftover);
    return names;
}

bool uses_any(const InstalledSet& set, const std::set<model::Sha256>& images) {
    Needed needed;
    add(set, needed);
    return std::any_of(images.begin(), images.end(),
                       [&](const auto& image) { return needed.images.count(image) != 0; });
}

/// Takes those out of the garbage that used an image which stays, and the bundles that they have.
Result<> keep_users(const store::Generations& generations, const std::set<model::Sha256>& images,
                    Garbage& garbage) {
    std::vector<unsigned> unused;
    Needed needed;
    for (const auto number : garbage.generations) {
        TRY_ASSIGN(const auto set, generations.read_set(number));
        if (uses_any(set, images))
            add(set, needed);
        else
            unused.push_back(number);
    }
    garbage.generations = std::move(unused);
    auto& bundles = garbage.bundles;
    bundles.erase(std::remove_if(bundles.begin(), bundles.end(),
                                 [&](const auto& name) { return needed.bundles.count(name) != 0; }),
                  bundles.end());
    return {};
}

/// Layers that only this store has, of all that are kept. One that cannot be read has none to
/// share.
Result<std::set<std::string>> layers_of_alone(const Context& context, const std::string& bundle,
                                              const std::vector<std::string>& kept) {
    TRY_ASSIGN(auto layers, attached_layers(context, bundle));
    for (const auto& other : kept) {
        if (layers.empty()) break;
        if (const auto others = attached_layers(context, other))
            for (const auto& layer : *others)
                layers.erase(layer);
    }
    return layers;
}

/// Whoever of the engine's own store needs the bundle's store; empty for nobody. What cannot be
/// read is of no use to anybody.
Result<std::string> user_of_store(const Context& context, const std::set<std::string>& ours,
                                  const std::string& bundle, const std::vector<std::string>& kept) {
    const auto layers = layers_of_alone(context, bundle, kept);
    if (!layers || layers->empty()) return std::string();
    TRY_ASSIGN(const auto users, context.host.engine.users_of_layers(*layers, ours));
    return users.empty() ? std::string() : users.front();
}

/// An administrator may have built an image on one that is mounted, or have it in a container: its
/// bundle's file stays until that is gone.
Result<> keep_used_stores(const Context& context, const std::set<std::string>& ours,
                          Garbage& garbage, Failures& failures) {
    const auto has_store = [&](const auto& name) {
        return has_image_store(context.paths.bundles() / name);
    };
    if (std::none_of(garbage.bundles.begin(), garbage.bundles.end(), has_store)) return {};
    // Only what is mounted can be asked.
    TRY(attach_images(context));
    TRY_ASSIGN(auto kept, kept_bundle_names(context.paths));
    std::erase_if(kept, [&](const auto& name) {
        return std::find(garbage.bundles.begin(), garbage.bundles.end(), name) !=
               garbage.bundles.end();
    });
    std::vector<std::string> unused;
    for (const auto& bundle : garbage.bundles) {
        TRY_ASSIGN(const auto user, user_of_store(context, ours, bundle, kept));
        if (user.empty()) {
            unused.push_back(bundle);
            continue;
        }
        failures.note(model::fail(
            model::ErrorCode::conflict,
            "the images of " + bundle + " stay mounted: " + user + " is built on them"));
        kept.push_back(bundle);
    }
    garbage.bundles = std::move(unused);
    return {};
}

/// Before their files are removed.
Result<> detach(const Context& context, const std::vector<std::string>& bundles) {
    if (context.offline || std::none_of(bundles.begin(), bundles.end(), [&](const auto& name) {
            return has_image_store(context.paths.bundles() / name);
        }))
        return {};
    const auto attached = attach_images(context, {bundles.begin(), bundles.end()});
    if (!attached) return model::fail(attached.error());
    return {};
}

}  // namespace

Garbage find_garbage(const std::vector<InstalledSet>& sets, unsigned current, unsigned keep,
                     const std::vector<std::string>& kept_bundles,
                     const std::set<std::string>& ours, const std::set<model::Sha256>& brought) {
    Garbage garbage;
    Needed needed;
    Needed dropped;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        const bool kept = sets[i].generation == current || i + keep >= sets.size();
        add(sets[i], kept ? needed : dropped);
        if (!kept) garbage.generations.push_back(sets[i].generation);
    }
    for (const auto& name : kept_bundles)
        if (needed.bundles.count(name) == 0) garbage.bundles.push_back(name);
    for (const auto& container : ours)
        if (needed.containers.count(container) == 0) garbage.containers.push_back(container);
    for (const auto& image : dropped.images)
        if (needed.images.count(image) == 0 && brought.count(image) != 0)
            garbage.images.push_back(image);
    return garbage;
}

Result<Garbage> look_for_garbage(const Context& context, const std::set<std::string>& ours) {
    const store::Generations generations(context.paths);
    TRY_ASSIGN(const auto numbers, generations.list());
    TRY_ASSIGN(const auto current, generations.current());
    std::vector<InstalledSet> sets;
    std::set<model::Sha256> brought;
    for (const auto number : numbers) {
        TRY_ASSIGN(auto set, generations.read_set(number));
        sets.push_back(std::move(set));
        TRY_ASSIGN(const auto info, generations.read_info(number));
        brought.insert(info.brought_images.begin(), info.brought_images.end());
    }
    TRY_ASSIGN(const auto kept, kept_bundle_names(context.paths));
    auto garbage =
        find_garbage(sets, current, context.configuration.keep_generations, kept, ours, brought);
    if (!context.offline) return garbage;
    const std::set<model::Sha256> stay(garbage.images.begin(), garbage.images.end());
    TRY(keep_users(generations, stay, garbage));
    garbage.images.clear();
    garbage.containers.clear();
    // Nobody can be asked who uses what of their stores.
    std::erase_if(garbage.bundles, [&](const auto& name) {
        return has_image_store(context.paths.bundles() / name);
    });
    return garbage;
}

Result<> collect_garbage(const Context& context, const std::set<std::string>& ours) {
    const store::Generations generations(context.paths);
    // One image that somebody uses must not keep all the rest.
    Failures failures;
    failures.note(generations.remove_leftovers());
    auto garbage = look_for_garbage(context, ours);
    if (!garbage) {
        failures.note(model::fail(garbage.error()));
        return failures.result();
    }
    std::set<model::Sha256> stuck;
    for (const auto& name : garbage->containers)
        failures.note(context.host.engine.remove_container(name));
    for (const auto& image : garbage->images) {
        const auto removed = context.host.engine.remove_image(image);
        if (!removed) stuck.insert(image);
        failures.note(removed);
    }
    // A generation alone knows of its images: it stays until they are gone, and is whole until it
    // goes.
    TRY(keep_users(generations, stuck, *garbage));
    for (const auto number : garbage->generations) {
        if (auto removed = generations.remove(number); !removed) {
            failures.note(removed);
            return failures.result();
        }
    }
    auto detached = keep_used_stores(context, ours, *garbage, failures);
    if (detached) detached = detach(context, garbage->bundles);
    if (!detached) {
        failures.note(detached);
        return failures.result();
    }
    for (const auto& name : garbage->bundles)
        failures.note(store::remove_whole(context.paths.bundles() / name));
    return failures.result();
}

Result<> collect_garbage(const Context& context) {
    std::set<std::string> ours;
    if (!context.offline) {
        TRY_ASSIGN(const auto containers, context.host.engine.containers());
        for (const auto& container : containers)
            ours.insert(container.name);
    }
    return collect_garbage(context, ours);
}

}  // namespace agent::operations
