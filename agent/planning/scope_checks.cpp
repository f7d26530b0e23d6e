// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "agent/model/description_place.hpp"
#include "agent/planning/checks.hpp"
#include "agent/planning/problem_place.hpp"
#include "agent/scopes/scope.hpp"

namespace agent::planning {

namespace {

using model::BundleId;
using model::Description;
using model::ErrorCode;
using model::InstalledSet;
using model::Problems;

class ScopeChecks {
  public:
    ScopeChecks(const InstalledSet& result, const Brought& brought, const MachineFacts& facts,
                Problems& problems)
        : result_(result), facts_(facts), problems_(problems) {
        for (const auto* candidate : brought)
            brought_[candidate->description.id] = candidate;
    }

    void run() {
        for (const auto& [id, candidate] : brought_)
            if (!candidate->kept) check_schemas(*candidate);
        for (const auto& [id, bundle] : result_.bundles)
            if (!bundle.description.scope.empty()) check_addon(bundle.description);
    }

  private:
    /// What defines a scope has to have a schema for it.
    void check_schemas(const Candidate& candidate) {
        const auto& names = candidate.description.scope_definitions;
        for (std::size_t i = 0; i < names.size(); ++i) {
            const auto schema = candidate.texts.schemas.find(names[i]);
            const auto text = schema == candidate.texts.schemas.end() ? "" : schema->second;
            auto scope = scopes::Scope::parse(text);
            if (scope) continue;
            auto problem = problem_at(candidate.description, candidate.texts,
                                      {"scope-definitions", std::to_string(i)});
            problem.code = ErrorCode::invalid;
            problem.message = scopes::schema_member(names[i]) + " " + scope.error().message();
            problems_.push_back(std::move(problem));
        }
    }

    /// Judged again where it or what defines its scope is another than before.
    void check_addon(const Description& addon) {
        if (misses_a_requirement(addon)) return;
        const auto* base = base_of(addon);
        if (base == nullptr)
            return refuse(addon,
                          "the scope '" + addon.scope +
                              "' is defined by a base, and this "
                              "bundle requires none",
                          "require the base that defines it");
        if (!comes_anew(addon.id) && !comes_anew(base->id)) return;
        const auto& names = base->scope_definitions;
        if (std::find(names.begin(), names.end(), addon.scope) == names.end())
            return refuse(addon, label(*base) + " defines no scope '" + addon.scope + "'",
                          names.empty() ? "it defines none" : "it defines " + joined(names));
        compare(addon, *base);
    }

    void compare(const Description& addon, const Description& base) {
        const auto& texts = texts_of(addon.id);
        if (texts.description.size() > scopes::kMaxScopedBytes)
            return refuse(addon,
                          "the description has more than " +
                              std::to_string(scopes::kMaxScopedBytes) +
                              " bytes, which is too much for one with a scope",
                          {});
        const auto& schemas = texts_of(base.id).schemas;
        const auto schema = schemas.find(addon.scope);
        const auto scope = scopes::Scope::parse(schema == schemas.end() ? "" : schema->second);
        // A base that comes is told of its schemas above.
        if (!scope) {
            if (!comes_anew(base.id))
                refuse(addon,
                       scopes::schema_member(addon.scope) + " of " + label(base) + " " +
                           scope.error().message(),
                       "'update-agent verify' tells more");
            return;
        }
        const auto violations = scope->check(model::description_as_json(texts.description));
        if (!violations) return refuse(addon, violations.error().message(), {});
        for (const auto& violation : *violations)
            tell(addon, base, texts, violation);
    }

    void tell(const Description& addon, const Description& base, const BundleTexts& texts,
              const scopes::Violation& violation) {
        auto problem = problem_at(addon, texts, violation.path);
        problem.message = "is not allowed by the scope '" + addon.scope + "' of " + label(base) +
                          ": " + violation.message;
        if (brought_.count(addon.id) == 0)
            problem.hint = "install a version of " + addon.id.value() +
                           " that it allows in the same command, or remove it first";
        problems_.push_back(std::move(problem));
    }

    void refuse(const Description& addon, std::string message, std::string hint) {
        auto problem = problem_at(addon, texts_of(addon.id), {"scope"});
        problem.message = std::move(message);
        problem.hint = std::move(hint);
        problems_.push_back(std::move(problem));
    }

    /// That is told by check_requirements().
    [[nodiscard]] bool misses_a_requirement(const Description& addon) const {
        const auto& required = addon.requires_bundles;
        return std::any_of(required.begin(), required.end(),
                           [this](const auto& each) { return result_.find(each.id) == nullptr; });
    }

    [[nodiscard]] const Description* base_of(const Description& addon) const {
        for (const auto& requirement : addon.requires_bundles) {
            const auto& other = result_.find(requirement.id)->description;
            if (other.type == model::BundleType::base) return &other;
        }
        return nullptr;
    }

    /// A bundle that is put back was admitted with what is put back with it.
    [[nodiscard]] bool comes_anew(const BundleId& id) const {
        const auto found = brought_.find(id);
        return found != brought_.end() && !found->second->kept;
    }

    [[nodiscard]] const BundleTexts& texts_of(const BundleId& id) const {
        static const BundleTexts kNone;
        if (const auto found = brought_.find(id); found != brought_.end())
            return found->second->texts;
        const auto found = facts_.texts.find(id);
        return found == facts_.texts.end() ? kNone : found->second;
    }

    const InstalledSet& result_;
    const MachineFacts& facts_;
    Problems& problems_;
    std::map<BundleId, const Candidate*> brought_;
};

}  // namespace

void check_scopes(const InstalledSet& result, const Brought& brought, const MachineFacts& facts,
                  Problems& problems) {
    ScopeChecks(result, brought, facts, problems).run();
}

}  // namespace agent::planning
