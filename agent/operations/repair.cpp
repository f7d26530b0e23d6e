// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/repair.hpp"

#include <algorithm>
#include <set>

#include "agent/containers/create_spec.hpp"

namespace agent::operations {

using model::Result;

std::vector<Effect> missing_from_engine(const model::InstalledSet& set,
                                        const std::map<std::string, std::string>& containers,
                                        const std::vector<host::ImageInfo>& images,
                                        const std::vector<host::ContainerInfo>& there,
                                        const store::Paths& paths) {
    std::set<std::string> image_ids;
    for (const auto& image : images)
        image_ids.insert(image.id.hex());
    std::set<std::string> names;
    for (const auto& container : there)
        names.insert(container.name);

    std::vector<Effect> brought;
    std::vector<Effect> created;
    for (const auto& [id, bundle] : set.bundles) {
        const auto layout = paths.bundle(id, bundle.description.version) / "images";
        for (const auto& container : bundle.description.containers)
            if (image_ids.insert(container.image_id->hex()).second)
                brought.emplace_back(BringImage{
                    .layout = layout, .id = *container.image_id, .name = container.image});
        for (const auto& container : bundle.containers) {
            const auto text = containers.find(container.name.value());
            if (text == containers.end() || names.count(container.podman_name) != 0) continue;
            if (const auto spec = containers::parse_create_spec(text->second))
                created.emplace_back(CreateContainer{.podman_name = container.podman_name,
                                                     .arguments = spec->arguments});
        }
    }
    if (!brought.empty()) brought.emplace_back(SyncEngineStore{});
    std::move(created.begin(), created.end(), std::back_inserter(brought));
    return brought;
}

Result<std::vector<std::string>> repair_engine(const Context& context) {
    const store::Generations generations(context.paths);
    TRY_ASSIGN(const auto set, generations.installed());
    TRY_ASSIGN(const auto containers, generations.read_containers(set.generation));
    TRY_ASSIGN(const auto images, context.host.engine.images());
    TRY_ASSIGN(const auto there, context.host.engine.containers());
    World world{.context = context, .readers = {}};
    std::vector<std::string> done;
    for (const auto& effect : missing_from_engine(set, containers, images, there, context.paths)) {
        context.progress.step(to_string(effect));
        if (auto result = perform(effect, world))
            done.push_back(to_string(effect));
        else
            context.progress.warning(to_string(effect) + ": " + result.error().text());
    }
    return done;
}

}  // namespace agent::operations
