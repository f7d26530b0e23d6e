// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/verify_engine.hpp"

#include <algorithm>

#include "agent/containers/create_spec.hpp"
#include "agent/images/image_layers.hpp"
#include "agent/model/images.hpp"
#include "agent/model/store_mount.hpp"
#include "agent/operations/attach_images.hpp"
#include "agent/operations/collect.hpp"
#include "agent/operations/inventory.hpp"
#include "agent/operations/restore_engine.hpp"

namespace agent::operations {

namespace {

using model::Result;
using Kind = Defect::Kind;
constexpr const char* kNotNeeded = "is needed by no kept generation";

void look_at_images(const CurrentGeneration& current, const host::Inventory& engine,
                    Defects& defects) {
    for (const auto& effect : missing_from_engine(current.set, {}, engine)) {
        if (const auto* bring = std::get_if<BringImage>(&effect))
            defects.push_back({.kind = Kind::image,
                               .subject = bring->name,
                               .text = "is missing: " + bring->id.hex(),
                               .repairable = true});
        if (const auto* pull = std::get_if<PullImage>(&effect))
            defects.push_back(
                {.kind = Kind::image,
                 .subject = pull->name,
                 .text = "is missing, and only its registry has it: " + pull->id.hex(),
                 .repairable = true});
        if (const auto* name = std::get_if<NameImage>(&effect))
            defects.push_back({.kind = Kind::image,
                               .subject = name->name,
                               .text = "is a name that no image has: " + name->id.hex(),
                               .repairable = true});
    }
}

/// Images that the set wants under a name; two bundles may have it for different ones.
std::set<model::Sha256> wanted_under(const model::InstalledSet& set, const std::string& name) {
    std::set<model::Sha256> wanted;
    for (const auto& [id, bundle] : set.bundles)
        for (const auto& image : model::images_of(bundle.description))
            if (image.name == name) wanted.insert(*image.id);
    return wanted;
}

/// A name that somebody gave to another image is that image's.
void look_at_taken_names(const model::InstalledSet& set, const host::Inventory& engine,
                         Defects& defects) {
    std::set<std::string> seen;
    for (const auto& [id, bundle] : set.bundles) {
        // The engine has what is mounted under its name, too, and it is not for it to change.
        if (bundle.store) continue;
        for (const auto& image : model::images_of(bundle.description)) {
            const auto& name = image.name;
            const auto holder = image_named(engine, name);
            if (!holder || wanted_under(set, name).count(*holder) != 0) continue;
            if (!has_image(engine, *image.id) || !seen.insert(name).second) continue;
            defects.push_back({.kind = Kind::image,
                               .subject = name,
                               .text = "is the name of another image: " + holder->hex(),
                               .advice = "podman tag " + image.id->hex() + " " + name});
        }
    }
}

bool are_shown(const Context& context, const model::Description& description) {
    const auto images = model::images_of(description);
    return std::all_of(images.begin(), images.end(), [&](const auto& image) {
        const auto layers = images::image_layers(context.paths.merged_store(), *image.id);
        return layers && layers->has_value();
    });
}

bool is_name_taken(const host::Inventory& engine, const std::string& name) {
    return std::any_of(engine.containers.begin(), engine.containers.end(),
                       [&](const auto& container) { return container.name == name; });
}

void look_at_containers(const CurrentGeneration& current, const host::Inventory& engine,
                        Defects& defects) {
    for (const auto& [id, bundle] : current.set.bundles)
        for (const auto& container : bundle.containers) {
            if (has_container(engine, container)) continue;
            Defect defect{
                .kind = Kind::container, .subject = container.podman_name, .text = "is missing"};
            const auto text = current.arguments.find(container.name.value());
            if (is_name_taken(engine, container.podman_name)) {
                defect.text = "is another container than the bundle's";
                defect.advice = "'podman rm " + container.podman_name +
                                "', then 'update-agent verify --repair'";
            } else if (text != current.arguments.end() &&
                       containers::parse_create_spec(text->second)) {
                defect.repairable = true;
            } else {
                defect.advice = "its create arguments are lost, see there";
            }
            defects.push_back(std::move(defect));
        }
}

bool is_running(const host::Inventory& engine, const std::string& name) {
    return std::any_of(engine.containers.begin(), engine.containers.end(), [&](const auto& each) {
        return each.name == name && each.state == "running";
    });
}

void note_leftover(Defects& defects, std::string subject, std::string text) {
    defects.push_back({.kind = Kind::leftover,
                       .subject = std::move(subject),
                       .text = std::move(text),
                       .repairable = true});
}

void note_garbage(const Context& context, const Garbage& garbage, const host::Inventory& engine,
                  Defects& defects) {
    for (const auto& name : garbage.containers) {
        note_leftover(defects, "container " + name, kNotNeeded);
        if (!is_running(engine, name)) continue;
        defects.back().text += ", and runs";
        defects.back().repairable = false;
        defects.back().advice = "podman stop " + name;
    }
    for (const auto& image : garbage.images)
        note_leftover(defects, "image " + image.hex(), kNotNeeded);
    for (const auto& name : garbage.bundles)
        note_leftover(defects, (context.paths.bundles() / name).string(), kNotNeeded);
    for (const auto number : garbage.generations)
        note_leftover(defects, context.paths.generation(number).string(),
                      "is older than the " +
                          std::to_string(context.configuration.keep_generations) +
                          " that are kept");
}

}  // namespace

Defects look_at_engine(const CurrentGeneration& current, const host::Inventory& engine) {
    Defects defects;
    look_at_images(current, engine, defects);
    look_at_taken_names(current.set, engine, defects);
    look_at_containers(current, engine, defects);
    return defects;
}

Result<Defects> look_at_image_stores(const Context& context, const model::InstalledSet& set) {
    Defects defects;
    if (!has_image_store(set)) return defects;
    TRY_ASSIGN(const auto mounted, context.host.image_mounts.mounted(context.paths.store_mounts()));
    TRY_ASSIGN(const auto use, context.host.engine.image_store_use(image_store_directory()));
    if (!use.used)
        defects.push_back({.kind = Kind::image,
                           .subject = image_store_directory().string(),
                           .text = "is not where podman looks for images",
                           .repairable = use.obstacle.empty(),
                           .advice = use.obstacle});
    for (const auto& [id, bundle] : set.bundles) {
        if (!bundle.store) continue;
        const auto where = context.paths.store_mounts() / model::store_mount_name(bundle.digest);
        if (mounted.count(where) == 0)
            defects.push_back({.kind = Kind::image,
                               .subject = "images of " + id.value(),
                               .text = "are not mounted at " + where.string(),
                               .repairable = true});
        else if (!are_shown(context, bundle.description))
            defects.push_back({.kind = Kind::image,
                               .subject = "images of " + id.value(),
                               .text = "are mounted, and podman is not shown them",
                               .repairable = true});
    }
    return defects;
}

Defects look_for_leftovers(const Context& context, const host::Inventory& engine) {
    Defects defects;
    // What cannot be listed or read was told by the look at the set.
    if (const auto left = store::Generations(context.paths).leftovers())
        for (const auto& path : *left)
            note_leftover(defects, path.string(), "was left by an operation that was interrupted");
    std::set<std::string> ours;
    for (const auto& container : engine.containers)
        ours.insert(container.name);
    if (const auto garbage = look_for_garbage(context, ours))
        note_garbage(context, *garbage, engine, defects);
    return defects;
}

}  // namespace agent::operations
