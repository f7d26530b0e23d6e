// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>

#include "agent/model/bundle_rules.hpp"
#include "agent/model/field_reader.hpp"
#include "agent/model/text.hpp"

namespace agent::model {
namespace {

/// What a container of an add-on runs as when it names no user.
constexpr std::string_view kDefaultUser = "2001";
constexpr const char* kScopeHint = "only an add-on with a `scope` of its base may have it";

/// Keys that give a container more than its own surroundings.
constexpr std::array<std::string_view, 3> kPrivilegedKeys{"uid-map", "gid-map", "cap-add"};

void refuse_root(TomlTable& table, const Container& container) {
    if (!container.user.empty() && is_root(container.user))
        table.problem("user", in_quotes(container.user) + " is root, which an add-on may not be",
                      "name another user, or leave it out for 2001");
    for (const auto& group : container.groups) {
        if (is_root(group))
            table.problem(key_of_element(table, "groups", group),
                          in_quotes(group) + " is the group of root, which an add-on may not have",
                          "leave it out");
    }
}

void refuse_privileges(TomlTable& table, const Container& container) {
    for (const auto key : kPrivilegedKeys) {
        if (table.has(key)) table.problem(key, "is not for add-ons", kScopeHint);
    }
    if (container.realtime) table.problem("realtime", "is not for add-ons", kScopeHint);
    refuse_root(table, container);
}

void default_user(std::vector<Container>& containers) {
    for (auto& container : containers) {
        if (container.user.empty()) container.user = kDefaultUser;
    }
}

}  // namespace

void apply_addon_rules(ParsedDescription& parsed) {
    auto& root = parsed.root;
    if (root.has("scope-definitions"))
        root.problem("scope-definitions", "are for base bundles only", "leave them out");
    if (!root.has("scope")) {
        for (const auto* key : {"groups", "volumes", "init-containers"}) {
            if (root.has(key)) root.problem(key, "are not for add-ons", kScopeHint);
        }
        for (std::size_t i = 0; i < parsed.containers.size(); ++i)
            refuse_privileges(parsed.containers[i], parsed.description.containers[i]);
        for (std::size_t i = 0; i < parsed.init_containers.size(); ++i)
            refuse_privileges(parsed.init_containers[i], parsed.description.init_containers[i]);
    }
    default_user(parsed.description.containers);
    default_user(parsed.description.init_containers);
}

}  // namespace agent::model
