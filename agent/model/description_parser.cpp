// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <limits>
#include <tuple>

#include "agent/model/bundle_parts_parser.hpp"
#include "agent/model/bundle_rules.hpp"
#include "agent/model/container_parser.hpp"
#include "agent/model/description.hpp"
#include "agent/model/field_reader.hpp"
#include "agent/model/text.hpp"

namespace agent::model {
namespace {

constexpr std::int64_t kFormat = 1;

/// False when the text is of another format, of which nothing more can be said.
bool has_known_format(TomlTable& root) {
    if (!root.has("format"))
        root.problem("format", "is missing", "begin the description with format = 1");
    const auto format = root.integer("format");
    if (!format || *format == kFormat) return true;
    root.problem("format", "format " + std::to_string(*format) + " is not known to this version",
                 "this version reads format 1; a newer one may be needed");
    return false;
}

Version read_version(TomlTable& root) {
    const auto accept = [](std::string_view) { return Verdict(); };
    const auto text = require_string(root, "version", accept, "write it as in \"1.0.0\"");
    if (text.empty() && !root.string("version")) return {};
    auto version = Version::parse(text);
    if (version) return std::move(*version);
    root.problem("version", version.error().message(), "versions follow semver.org");
    return {};
}

/// Nothing when it is missing or refused: no rule of either type applies then.
std::optional<BundleType> read_type(TomlTable& root) {
    const auto accept = [](std::string_view) { return Verdict(); };
    const auto text = require_string(root, "type", accept, "write \"base\" or \"addon\"");
    if (text == "base") return BundleType::base;
    if (text == "addon") return BundleType::addon;
    if (root.string("type"))
        root.problem("type", in_quotes(text) + " is neither \"base\" nor \"addon\"");
    return std::nullopt;
}

ImageSource read_image_source(TomlTable& root) {
    const auto text = root.string("images");
    if (text == "registry") return ImageSource::registry;
    if (text && text != "bundle")
        root.problem("images", in_quotes(*text) + " is neither \"bundle\" nor \"registry\"");
    return ImageSource::bundle;
}

std::optional<VersionRange> read_os(TomlTable& root) {
    const auto text = root.string("os");
    if (!text) return std::nullopt;
    auto range = VersionRange::parse(*text);
    if (range) return std::move(*range);
    root.problem("os", range.error().message(), "write a range of VERSION_ID, such as \">= 12\"");
    return std::nullopt;
}

std::uint16_t read_pixels(TomlTable& root, std::string_view key) {
    constexpr auto kMost = std::numeric_limits<std::uint16_t>::max();
    return static_cast<std::uint16_t>(read_count(root, key, 0, kMost).value_or(0));
}

void read_top(TomlTable& root, Description& description) {
    description.id = require_id<BundleId>(root, "id", "name the bundle");
    description.name = read_string(root, "name", check_line);
    if (description.name.empty()) description.name = description.id.value();
    description.version = read_version(root);
    description.os = read_os(root);
    description.architectures = read_distinct_strings(root, "architectures", check_architecture);
    description.compatible = read_distinct_strings(root, "compatible", check_line);
    description.images = read_image_source(root);
    description.description = read_string(root, "description", check_paragraphs);
    description.author = read_string(root, "author", check_line);
    description.license = read_string(root, "license", check_line);
    description.short_name = read_string(root, "short-name", check_short_name);
    description.width = read_pixels(root, "width");
    description.height = read_pixels(root, "height");
    description.start_timeout =
        read_span(root, "start-timeout", kPositiveSpan).value_or(description.start_timeout);
    description.settle_time = read_span(root, "settle-time", {}).value_or(description.settle_time);
    description.scope = read_string(root, "scope", check_plain_name);
    description.scope_definitions =
        read_distinct_strings(root, "scope-definitions", check_plain_name);
}

std::vector<Container> read_containers(std::vector<TomlTable>& tables, ContainerKind kind) {
    std::vector<Container> containers;
    containers.reserve(tables.size());
    for (auto& table : tables)
        containers.push_back(parse_container(table, kind));
    return containers;
}

void sort_by_position(Problems& problems, std::size_t first) {
    std::stable_sort(problems.begin() + static_cast<std::ptrdiff_t>(first), problems.end(),
                     [](const Problem& left, const Problem& right) {
                         return std::tie(left.line, left.column) <
                                std::tie(right.line, right.column);
                     });
}

Description parse_root(TomlTable root) {
    Description description;
    if (!has_known_format(root)) return description;
    const auto type = read_type(root);
    description.type = type.value_or(description.type);
    read_top(root, description);
    read_dependencies(root, description);
    read_groups_and_volumes(root, description);
    read_file_providers(root, description);

    ParsedDescription parsed{std::move(description), root, root.tables("containers"),
                             root.tables("init-containers"), root.tables("file-providers")};
    parsed.description.containers = read_containers(parsed.containers, ContainerKind::container);
    parsed.description.init_containers =
        read_containers(parsed.init_containers, ContainerKind::init_container);
    root.finish();
    check_consistency(parsed);
    if (type == BundleType::base) check_base_rules(parsed);
    if (type == BundleType::addon) apply_addon_rules(parsed);
    return std::move(parsed.description);
}

}  // namespace

Description parse_description(std::string_view text, const std::string& where, Problems& problems) {
    const auto first = problems.size();
    auto document = TomlDocument::parse(text, where, problems);
    if (!document.valid()) return {};
    auto description = parse_root(document.root());
    sort_by_position(problems, first);
    return description;
}

std::string to_string(const HostPackage& package) {
    if (package.relation.empty()) return package.name;
    return package.name + " (" + package.relation + " " + package.version + ")";
}

}  // namespace agent::model
