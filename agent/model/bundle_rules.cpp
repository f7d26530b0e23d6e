// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/bundle_rules.hpp"

#include <algorithm>
#include <set>

#include "agent/model/container_parser.hpp"
#include "agent/model/text.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/model/value_checks.hpp"

namespace agent::model {
namespace {

/// Each has a schema, which is read into memory.
constexpr std::size_t kMaxScopes = 64;

void check_container_names(ParsedDescription& parsed) {
    std::set<ContainerName> seen;
    const auto check = [&seen](const std::vector<Container>& containers,
                               std::vector<TomlTable>& tables) {
        for (std::size_t i = 0; i < containers.size(); ++i) {
            const auto& name = containers[i].name;
            if (!name.value().empty() && !seen.insert(name).second)
                tables[i].problem("name", in_quotes(name.value()) + " names two containers",
                                  "choose another name");
        }
    };
    check(parsed.description.containers, parsed.containers);
    check(parsed.description.init_containers, parsed.init_containers);
}

/// A name without a registry means another one on each machine.
bool names_registry(const std::string& image) {
    const auto slash = image.find('/');
    if (slash == std::string::npos) return false;
    const auto host = image.substr(0, slash);
    return host == "localhost" || host.find_first_of(".:") != std::string::npos;
}

/// An image that travels in the bundle is tagged with its reference, and podman tags no digest; one
/// that is pulled must be pinned.
void check_image(TomlTable& table, const std::string& image, ImageSource source) {
    if (image.empty()) return;
    const bool has_digest = image.find('@') != std::string::npos;
    if (source == ImageSource::bundle && has_digest)
        table.problem("image", "must not have a digest: podman cannot tag an image with it",
                      "write the digest of the configuration as `image-id`");
    if (source != ImageSource::registry) return;
    if (!names_registry(image))
        table.problem("image", "must name its registry, because images = \"registry\"",
                      "write it as REGISTRY/NAME@sha256:DIGEST, as in \"docker.io/library/…\"");
    if (!has_digest)
        table.problem("image", "must have a digest, because images = \"registry\"",
                      "write it as NAME[:TAG]@sha256:DIGEST");
}

void check_images(ParsedDescription& parsed) {
    const auto& description = parsed.description;
    for (std::size_t i = 0; i < parsed.containers.size(); ++i)
        check_image(parsed.containers[i], description.containers[i].image, description.images);
    for (std::size_t i = 0; i < parsed.init_containers.size(); ++i)
        check_image(parsed.init_containers[i], description.init_containers[i].image,
                    description.images);
    for (std::size_t i = 0; i < parsed.file_providers.size(); ++i)
        check_image(parsed.file_providers[i], description.file_providers[i].image,
                    description.images);
}

/// Volumes and groups of other bundles are looked up where those are known: only a description
/// that requires nothing can be judged alone.
bool has_volume(const Description& description, const std::string& name) {
    if (name.empty() || !description.requires_bundles.empty()) return true;
    if (name == kDefaultVolume && description.bundle_group) return true;
    return std::ranges::any_of(description.volumes,
                               [&name](const Volume& volume) { return volume.name == name; });
}

void check_volume(TomlTable& table, const Description& description, const std::string& name) {
    if (!has_volume(description, name))
        table.problem("volume", in_quotes(name) + " is no volume of this bundle",
                      "define it in `volumes`, or require the bundle that has it");
}

void check_volumes(ParsedDescription& parsed) {
    const auto& description = parsed.description;
    const auto check_mounts = [&](std::vector<TomlTable>& tables,
                                  const std::vector<Container>& containers) {
        for (std::size_t i = 0; i < tables.size(); ++i) {
            auto mount_tables = tables[i].tables("mounts");
            for (std::size_t j = 0; j < mount_tables.size(); ++j)
                check_volume(mount_tables[j], description, containers[i].mounts[j].volume);
        }
    };
    check_mounts(parsed.containers, description.containers);
    check_mounts(parsed.init_containers, description.init_containers);
    for (std::size_t i = 0; i < parsed.file_providers.size(); ++i) {
        auto copy_tables = parsed.file_providers[i].tables("copy");
        for (std::size_t j = 0; j < copy_tables.size(); ++j)
            check_volume(copy_tables[j], description, description.file_providers[i].copy[j].volume);
    }
}

void check_volume_groups(ParsedDescription& parsed) {
    const auto& description = parsed.description;
    if (!description.requires_bundles.empty()) return;
    const auto is_defined = [&description](const std::string& name) {
        return std::ranges::any_of(description.groups,
                                   [&name](const Group& group) { return group.name == name; });
    };
    auto tables = parsed.root.tables("volumes");
    for (auto& table : tables) {
        for (const auto* key : {"read-only-groups", "read-write-groups"}) {
            const auto groups = table.strings(key);
            for (std::size_t i = 0; i < groups.size(); ++i) {
                if (!check_group_name(groups[i]) && !is_defined(groups[i]))
                    table.problem(std::string(key) + '[' + std::to_string(i) + ']',
                                  in_quotes(groups[i]) + " is no group of this bundle",
                                  "define it in `groups`");
            }
        }
    }
}

/// `[containers.unit]` is for units of the host.
void check_host_units(ParsedDescription& parsed) {
    std::set<std::string> own{bundle_target(parsed.description.id),
                              bundle_restart_target(parsed.description.id)};
    for (const auto& container : parsed.description.containers)
        own.insert(container_service(container.name));
    const auto check = [&own](TomlTable table) {
        auto unit = table.table("unit");
        if (!unit) return;
        for (const auto* key : {"requires", "wants", "binds-to", "after", "requisite"}) {
            const auto units = unit->strings(key);
            for (std::size_t i = 0; i < units.size(); ++i) {
                if (own.contains(units[i]))
                    unit->problem(std::string(key) + '[' + std::to_string(i) + ']',
                                  in_quotes(units[i]) + " is a unit of this bundle",
                                  "write `requires` of the container with the container's name");
            }
        }
    };
    std::ranges::for_each(parsed.containers, check);
    std::ranges::for_each(parsed.init_containers, check);
}

}  // namespace

void check_consistency(ParsedDescription& parsed) {
    const auto& description = parsed.description;
    if (description.containers.empty() && description.init_containers.empty() &&
        description.file_providers.empty() &&
        (!parsed.root.has("containers") || parsed.root.is_array("containers")))
        parsed.root.problem("containers", "are missing: a bundle must bring something",
                            "write at least one [[containers]]");
    check_container_names(parsed);
    check_container_requirements(description.containers, parsed.containers);
    check_images(parsed);
    check_volumes(parsed);
    check_volume_groups(parsed);
    check_host_units(parsed);
}

void check_base_rules(ParsedDescription& parsed) {
    if (!parsed.root.has("os"))
        parsed.root.problem("os", "is missing: a base bundle must name the systems it is for",
                            "write a range of VERSION_ID, such as \">= 12\"");
    if (parsed.description.scope_definitions.size() > kMaxScopes)
        parsed.root.problem("scope-definitions", "are more than " + std::to_string(kMaxScopes),
                            "define fewer");
    for (const auto* key : {"bundle-group", "scope"}) {
        if (parsed.root.has(key))
            parsed.root.problem(key, "is for add-ons only",
                                "leave it out, or set type = \"addon\"");
    }
}

}  // namespace agent::model
