// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/bundle_parts_parser.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "agent/model/field_reader.hpp"
#include "agent/model/text.hpp"

namespace agent::model {
namespace {

/// The range that bundles may use, so that their groups meet none of Debian's.
constexpr std::uint32_t kFirstGid = 2000;
constexpr std::uint32_t kLastGid = 2999;

VersionRange require_range(TomlTable& table, std::string_view key) {
    if (!table.has(key)) {
        table.problem(key, "is missing", "write a range such as \"^1.2\", or \"*\" for any");
        return {};
    }
    const auto text = table.string(key);
    if (!text) return {};
    auto range = VersionRange::parse(*text);
    if (range) return std::move(*range);
    table.problem(key, range.error().message());
    return {};
}

/// Splits `>= 1.2-3` into relation and version.
void read_package_relation(TomlTable& table, HostPackage& package) {
    const auto text = read_string(table, "version", check_line);
    if (text.empty()) return;
    constexpr std::array<std::string_view, 5> kRelations{"<<", "<=", ">=", ">>", "="};
    for (const auto relation : kRelations) {
        if (!text.starts_with(relation)) continue;
        const auto begin = text.find_first_not_of(' ', relation.size());
        package.relation = relation;
        package.version = begin == std::string::npos ? "" : text.substr(begin);
        if (const auto complaint = check_package_version(package.version))
            table.problem("version", complaint->message, complaint->hint);
        return;
    }
    table.problem("version", in_quotes(text) + " has no relation",
                  "write << <= = >= or >> before the version, as in \">= 1.2-3\"");
}

Group read_group(TomlTable& table) {
    Group group;
    group.name = require_string(table, "name", check_group_name, "name the group");
    if (!table.has("gid")) table.problem("gid", "is missing", "write a number from 2000 to 2999");
    if (const auto gid = read_count(table, "gid", kFirstGid, kLastGid))
        group.gid = static_cast<std::uint32_t>(*gid);
    table.finish();
    return group;
}

Volume read_volume(TomlTable& table) {
    Volume volume;
    volume.name = require_string(table, "name", check_plain_name, "name the volume");
    volume.host_path = read_string(table, "host-path", check_mount_path);
    volume.shared = read_flag(table, "shared");
    volume.file_provider_access = read_flag(table, "file-provider-access");
    volume.read_only_groups = read_distinct_strings(table, "read-only-groups", check_group_name);
    volume.read_write_groups = read_distinct_strings(table, "read-write-groups", check_group_name);
    for (const auto& group : volume.read_write_groups) {
        const auto& others = volume.read_only_groups;
        if (std::find(others.begin(), others.end(), group) != others.end())
            table.problem(key_of_element(table, "read-write-groups", group),
                          in_quotes(group) + " is among read-only-groups, too",
                          "leave it in one of them");
    }
    table.finish();
    return volume;
}

/// Remembers what was seen; empty values were refused already.
class Seen {
  public:
    bool again(const std::string& value) { return !value.empty() && !values_.insert(value).second; }

  private:
    std::set<std::string> values_;
};

FileCopy read_copy(TomlTable& table) {
    FileCopy copy;
    copy.from = require_string(table, "from", check_working_directory, "write a path of the image");
    copy.volume = require_string(table, "volume", check_plain_name, "name a volume");
    copy.to = require_string(table, "to", check_working_directory, "write a path in the volume");
    table.finish();
    return copy;
}

}  // namespace

void read_dependencies(TomlTable& root, Description& description) {
    Seen required;
    for (auto& table : root.tables("requires")) {
        Requirement requirement;
        requirement.id = require_id<BundleId>(table, "id", "write the id of a bundle");
        requirement.version = require_range(table, "version");
        const auto& id = requirement.id.value();
        if (required.again(id))
            table.problem("id", in_quotes(id) + " is required twice",
                          "write one range, with || or a comma");
        if (!id.empty() && requirement.id == description.id)
            table.problem("id", "a bundle cannot require itself");
        table.finish();
        description.requires_bundles.push_back(std::move(requirement));
    }
    Seen packages;
    for (auto& table : root.tables("host-packages")) {
        HostPackage package;
        package.name = require_string(table, "name", check_package_name, "name a Debian package");
        read_package_relation(table, package);
        // Two relations to one package are a range.
        if (!package.name.empty() && packages.again(package.name + ' ' + package.relation))
            table.problem("name", in_quotes(package.name) + " comes twice", "write it once");
        table.finish();
        description.host_packages.push_back(std::move(package));
    }
}

void read_groups_and_volumes(TomlTable& root, Description& description) {
    Seen names;
    Seen gids;
    for (auto& table : root.tables("groups")) {
        const auto group = read_group(table);
        if (names.again(group.name))
            table.problem("name", in_quotes(group.name) + " comes twice", "choose another name");
        if (group.gid != 0 && gids.again(std::to_string(group.gid)))
            table.problem("gid", std::to_string(group.gid) + " comes twice", "choose another gid");
        description.groups.push_back(group);
    }
    if (auto table = root.table("bundle-group")) description.bundle_group = read_group(*table);

    Seen volumes;
    for (auto& table : root.tables("volumes")) {
        auto volume = read_volume(table);
        if (volumes.again(volume.name))
            table.problem("name", in_quotes(volume.name) + " comes twice", "choose another name");
        if (volume.name == kDefaultVolume && description.bundle_group)
            table.problem("name", "\"default\" is the volume of bundle-group",
                          "choose another name");
        description.volumes.push_back(std::move(volume));
    }
}

void read_file_providers(TomlTable& root, Description& description) {
    for (auto& table : root.tables("file-providers")) {
        FileProvider provider;
        provider.image =
            require_string(table, "image", check_image_reference, "name the image with the files");
        provider.image_id = read_image_id(table);
        if (!table.has("copy"))
            table.problem("copy", "is missing", "write what to copy: {from, volume, to}");
        for (auto& copy_table : table.tables("copy"))
            provider.copy.push_back(read_copy(copy_table));
        table.finish();
        description.file_providers.push_back(std::move(provider));
    }
}

}  // namespace agent::model
