// SPDX-License-Identifier: GPL-3.0-or-later
// Add-ons that a scope of their base allows more, or not.
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

namespace {

using namespace example;
using agent::planning::BundleTexts;
using agent::planning::Candidate;
using agent::planning::make_plan;
using agent::planning::Request;
using Lines = std::vector<std::string>;

const std::string kAllowsRoot =
    R"({"properties": {"containers": {"items": {"properties": {"user": {"const": "root"}}}}}})";
const std::string kAllowsNoUser =
    R"({"properties": {"containers": {"items": {"properties": {"user": false}}}}})";
const std::string kAddonText = R"(format = 1
scope = "navigation"
[[containers]]
name = "planner"
user = "root"
)";

Candidate base(const std::string& version, const std::map<std::string, std::string>& schemas) {
    auto description = described("base", version, {"broker"});
    description.type = model::BundleType::base;
    for (const auto& [name, schema] : schemas)
        description.scope_definitions.push_back(name);
    auto made = candidate(std::move(description), version == "1.0.0" ? '1' : '2');
    made.texts = {.description = "scope-definitions = []", .schemas = schemas};
    return made;
}

Candidate addon(const std::string& version = "1.0.0", const std::string& text = kAddonText) {
    auto description = described("nav", version, {"planner"});
    description.scope = "navigation";
    description.requires_bundles = {requirement("base", "*")};
    auto made = candidate(std::move(description), version == "1.0.0" ? '3' : '4');
    made.texts.description = text;
    return made;
}

Lines refusals(const std::vector<Candidate>& installed, const std::vector<Candidate>& add) {
    auto machine = facts();
    for (const auto& each : installed)
        machine.texts[each.description.id] = each.texts;
    const auto plan = make_plan(installed_from(installed), {.add = add, .remove = {}}, machine);
    Lines lines;
    if (plan) return lines;
    for (const auto& problem : plan.error())
        lines.push_back(to_string(problem));
    return lines;
}

}  // namespace

TEST_CASE("an add-on with a scope may be what the schema of its base allows") {
    struct Case {
        const char* what;
        std::vector<Candidate> installed;
        std::vector<Candidate> add;
        Lines says;
    };
    const auto good = base("1.0.0", {{"navigation", kAllowsRoot}, {"other", "false"}});
    const auto strict = base("1.1.0", {{"navigation", kAllowsNoUser}});
    const auto poor = base("1.1.0", {});
    const auto broken = base("1.1.0", {{"navigation", "{"}, {"other", R"({"format": "date"})"}});
    auto alone = addon();
    alone.description.requires_bundles = {requirement("lib", "*")};
    auto put_back = addon();
    put_back.kept = true;
    auto base_put_back = strict;
    base_put_back.kept = true;
    const std::string not_allowed =
        "nav 1.0.0:5:1: containers[0].user: is not allowed by the scope 'navigation' of base "
        "1.1.0: It must not be there.";
    const std::string broken_first =
        "base 1.1.0:1:1: scope-definitions[0]: schemas/navigation.json is no JSON Schema: ";
    const std::vector<Case> cases = {
        {"both come", {}, {addon(), good}, {}},
        {"the base is there", {good}, {addon()}, {}},
        {"the base comes again with a schema that still allows it",
         {good, addon()},
         {base("1.1.0", {{"navigation", "true"}})},
         {}},
        {"what is put back was admitted once", {good}, {put_back, base_put_back}, {}},
        {"both come, and it is not allowed", {}, {addon(), strict}, {not_allowed}},
        {"the base is there, and it is not allowed",
         {base("1.0.0", {{"navigation", kAllowsNoUser}})},
         {addon()},
         {"nav 1.0.0:5:1: containers[0].user: is not allowed by the scope 'navigation' of base "
          "1.0.0: It must not be there."}},
        {"the base comes again and allows it no longer",
         {good, addon()},
         {strict},
         {not_allowed +
          " (install a version of nav that it allows in the same command, or remove it first)"}},
        {"the same with a version that is allowed",
         {good, addon()},
         {strict, addon("1.1.0", "scope = \"navigation\"")},
         {}},
        {"the base comes again and has no scopes any more",
         {good, addon()},
         {poor},
         {"nav 1.0.0:2:1: scope: base 1.1.0 defines no scope 'navigation' (it defines none)"}},
        {"the base has another scope",
         {base("1.0.0", {{"other", "true"}})},
         {addon()},
         {"nav 1.0.0:2:1: scope: base 1.0.0 defines no scope 'navigation' (it defines other)"}},
        {"what it requires is no base",
         {candidate(described("lib"))},
         {alone},
         {"nav 1.0.0:2:1: scope: the scope 'navigation' is defined by a base, and this bundle "
          "requires none (require the base that defines it)"}},
        {"there is no base",
         {},
         {addon()},
         {"nav 1.0.0: requires: requires base *, and base is not installed (install base * before "
          "it or together with it)"}},
        {"schemas that are none", {good}, {broken}, {broken_first, "base 1.1.0:1:1: scope-def"}},
        {"schemas that are none, and an add-on",
         {},
         {addon(), broken},
         {broken_first, "base 1.1.0:1:1: scope-def"}},
        {"a description that is too long to be compared",
         {good},
         {addon("1.0.0", std::string(70000, '#') + "\n" + kAddonText)},
         {"nav 1.0.0:3:1: scope: the description has more than 65536 bytes"}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        const auto lines = refusals(each.installed, each.add);
        CHECK(lines.size() == each.says.size());
        for (std::size_t i = 0; i < std::min(lines.size(), each.says.size()); ++i) {
            INFO(lines[i]);
            CHECK(lines[i].starts_with(each.says[i]));
        }
    }
}

TEST_CASE("what has nothing to do with a scope is not compared again") {
    // The machine has no texts for it: none was read.
    const auto good = base("1.0.0", {{"navigation", kAllowsRoot}});
    auto machine = facts();
    const auto plan = make_plan(installed_from({good, addon()}),
                                {.add = {candidate(described("more"))}, .remove = {}}, machine);
    CHECK(plan);
}
