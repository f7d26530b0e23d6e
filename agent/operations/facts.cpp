// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/facts.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <system_error>

#include "agent/model/image_store.hpp"
#include "agent/operations/attach_images.hpp"
#include "agent/store/failed_sets.hpp"
#include "agent/store/floors.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/timestamp.hpp"

namespace agent::operations {

namespace {

using model::Result;

// systemd.unit(5), "Unit File Load Path", without what generators and the runtime write.
constexpr std::array kUnitDirectories = {"etc/systemd/system", "usr/local/lib/systemd/system",
                                         "usr/lib/systemd/system", "lib/systemd/system"};

std::map<std::string, std::string> unit_files_below(const std::filesystem::path& root,
                                                    const std::vector<std::string>& names) {
    std::map<std::string, std::string> found;
    for (const auto& name : names) {
        for (const auto* directory : kUnitDirectories) {
            const auto file = root / directory / name;
            std::error_code error;
            if (std::filesystem::exists(std::filesystem::symlink_status(file, error)))
                found.emplace(name, file.string());
        }
    }
    return found;
}

Result<std::map<model::Sha256, std::string>> failed_sets(const Context& context) {
    TRY_ASSIGN(const auto sets, store::read_failed_sets(context.paths));
    std::map<model::Sha256, std::string> known;
    for (const auto& set : sets)
        known[set.digest] = "failed on " + store::to_readable_time(set.time) + ": " + set.reason;
    return known;
}

/// dpkg is not asked where nobody wants anything.
Result<std::map<std::string, std::string>> missing_packages(
    const Context& context, const std::vector<planning::Candidate>& candidates) {
    std::map<std::string, std::string> missing;
    std::vector<model::HostPackage> wanted;
    for (const auto& candidate : candidates) {
        const auto& packages = candidate.description.host_packages;
        wanted.insert(wanted.end(), packages.begin(), packages.end());
    }
    if (wanted.empty()) return missing;
    TRY_ASSIGN(const auto states, context.host.packages.look_up(wanted));
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (!states[i].satisfies) missing.emplace(to_string(wanted[i]), states[i].version);
    return missing;
}

bool wants_secrets(const model::Description& description) {
    const auto has_any = [](const model::Container& each) { return !each.secrets.empty(); };
    return std::ranges::any_of(description.containers, has_any) ||
           std::ranges::any_of(description.init_containers, has_any);
}

/// The engine is not asked where nobody wants any.
Result<std::optional<std::set<std::string>>> secrets(
    const Context& context, const std::vector<planning::Candidate>& candidates) {
    std::optional<std::set<std::string>> there;
    if (std::ranges::none_of(candidates, [](const planning::Candidate& candidate) {
            return wants_secrets(candidate.description);
        }))
        return there;
    TRY_ASSIGN(const auto names, context.host.engine.secrets());
    there.emplace(names.begin(), names.end());
    return there;
}

std::map<std::string, std::string> unusable_devices(
    const Context& context, const std::vector<planning::Candidate>& candidates) {
    std::map<std::string, std::string> unusable;
    const auto look_at = [&](const std::vector<model::Container>& containers) {
        for (const auto& container : containers)
            for (const auto& path : container.devices)
                if (const auto node = context.host.devices.resolve(path); !node)
                    unusable.emplace(path, node.error().text());
    };
    for (const auto& candidate : candidates) {
        look_at(candidate.description.containers);
        look_at(candidate.description.init_containers);
    }
    return unusable;
}

Result<> look_at_kept_stores(const Context& context, planning::MachineFacts& facts) {
    const store::Generations generations(context.paths);
    TRY_ASSIGN(const auto numbers, generations.list());
    for (const auto number : numbers) {
        TRY_ASSIGN(const auto set, generations.read_set(number));
        for (const auto& [id, bundle] : set.bundles)
            if (bundle.store)
                facts.kept_stores.insert_or_assign(
                    id.value() + " " + bundle.description.version.to_string(), bundle.anchor);
    }
    return {};
}

void look_for_store(const Context& context, const planning::Candidate& candidate,
                    planning::MachineFacts& facts) {
    if (!candidate.store) return;
    const auto& description = candidate.description;
    const auto file = context.paths.bundle(description.id, description.version) /
                      model::store_member(candidate.store->root_hash);
    std::error_code error;
    if (!std::filesystem::exists(file, error))
        facts.absent_stores.emplace(description.id, file.string());
}

/// Nobody is asked where all images are unpacked. What a machine can do that is not booted yet is
/// seen when it is.
Result<> look_at_image_stores(const Context& context,
                              const std::vector<planning::Candidate>& candidates,
                              planning::MachineFacts& facts) {
    if (std::ranges::none_of(candidates,
                             [](const auto& candidate) { return candidate.store.has_value(); }))
        return {};
    TRY(look_at_kept_stores(context, facts));
    for (const auto& candidate : candidates)
        look_for_store(context, candidate, facts);
    TRY_ASSIGN(const auto use, context.host.engine.image_store_use(image_store_directory()));
    if (!use.used) facts.store_obstacle = use.obstacle;
    const auto integrity = context.configuration.image_integrity;
    facts.store_verity = integrity == config::ImageIntegrity::verity;
    if (context.offline) return {};
    const auto support = context.host.image_mounts.support();
    facts.store_verity = support.verity && integrity != config::ImageIntegrity::hash;
    if (!support.problem.empty()) facts.store_obstacle = support.problem;
    if (integrity == config::ImageIntegrity::verity && !support.verity)
        facts.store_obstacle =
            "image-integrity of agent.toml asks for dm-verity, which the kernel, or mount(8) "
            "without libcryptsetup, does not have";
    return {};
}

}  // namespace

Result<planning::MachineFacts> gather_facts(const Context& context,
                                            const std::vector<planning::Candidate>& candidates) {
    planning::MachineFacts facts;
    auto& machine = context.host.machine;
    if (const auto id = machine.os_version_id(); id)
        if (const auto version = model::Version::coerce_os_version(*id); version)
            facts.os_version = *version;
    facts.architecture = machine.architecture();
    facts.machine = context.configuration.machine;
    TRY_ASSIGN(facts.next_generation, store::Generations(context.paths).next_number());
    TRY_ASSIGN(facts.floors, store::read_floors(context.paths));
    TRY_ASSIGN(facts.failed_sets, failed_sets(context));
    TRY_ASSIGN(facts.missing_packages, missing_packages(context, candidates));
    facts.render.stop_helper = context.stop_helper;
    facts.render.volume_roots = context.configuration.volume_roots;
    const auto names = planning::unit_names(candidates);
    TRY(look_at_image_stores(context, candidates, facts));
    if (context.offline) {
        facts.foreign_units = unit_files_below(context.paths.root(), names);
        return facts;
    }
    TRY_ASSIGN(facts.secrets, secrets(context, candidates));
    facts.unusable_devices = unusable_devices(context, candidates);
    TRY_ASSIGN(facts.render.systemd_version, context.host.services.version());
    TRY_ASSIGN(const auto foreign, context.host.services.foreign_unit_files(names));
    facts.foreign_units = {foreign.begin(), foreign.end()};
    return facts;
}

}  // namespace agent::operations
