// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/collect.hpp"

#include <algorithm>
#include <system_error>

#include "agent/store/atomic_file.hpp"

namespace agent::operations {

namespace {

using model::InstalledSet;
using model::Result;

struct Needed {
    std::set<std::string> bundles;
    std::set<std::string> containers;
    std::set<std::string> images;
};

void add(const InstalledSet& set, Needed& needed) {
    const store::Paths anywhere{std::filesystem::path()};
    for (const auto& [id, bundle] : set.bundles) {
        needed.bundles.insert(anywhere.bundle(id, bundle.description.version).filename().string());
        for (const auto& container : bundle.containers) {
            needed.containers.insert(container.podman_name);
            needed.images.insert(container.image_id.hex());
        }
    }
}

Result<std::vector<std::string>> kept_bundle_names(const store::Paths& paths) {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(paths.bundles(), error), end;
         !error && entry != end; entry.increment(error))
        names.push_back(entry->path().filename().string());
    if (error && error != std::errc::no_such_file_or_directory)
        return model::fail(model::errno_error(error.value(), paths.bundles().string()));
    std::sort(names.begin(), names.end());
    return names;
}

Result<> remove_from_engine(const Context& context, const Garbage& garbage) {
    for (const auto& name : garbage.containers)
        TRY(context.host.engine.remove_container(name));
    for (const auto& image : garbage.images)
        TRY(context.host.engine.remove_image(image));
    return {};
}

}  // namespace

Garbage find_garbage(const std::vector<InstalledSet>& sets, unsigned current, unsigned keep,
                     const std::vector<std::string>& kept_bundles,
                     const std::vector<host::ContainerInfo>& ours) {
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
        if (needed.containers.count(container.name) == 0)
            garbage.containers.push_back(container.name);
    for (const auto& image : dropped.images)
        if (needed.images.count(image) == 0) garbage.images.push_back(*model::Sha256::parse(image));
    return garbage;
}

Result<> collect_garbage(const Context& context) {
    const store::Generations generations(context.paths);
    TRY(generations.remove_leftovers());
    TRY_ASSIGN(const auto numbers, generations.list());
    TRY_ASSIGN(const auto current, generations.current());
    std::vector<InstalledSet> sets;
    for (const auto number : numbers) {
        TRY_ASSIGN(auto set, generations.read_set(number));
        sets.push_back(std::move(set));
    }
    TRY_ASSIGN(const auto kept, kept_bundle_names(context.paths));
    std::vector<host::ContainerInfo> ours;
    if (!context.offline) {
        TRY_ASSIGN(ours, context.host.engine.containers());
    }
    const auto garbage =
        find_garbage(sets, current, context.configuration.keep_generations, kept, ours);
    if (!context.offline) TRY(remove_from_engine(context, garbage));
    for (const auto number : garbage.generations)
        TRY(generations.remove(number));
    for (const auto& name : garbage.bundles)
        TRY(store::remove_tree(context.paths.bundles() / name));
    return {};
}

}  // namespace agent::operations
