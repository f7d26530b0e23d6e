// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/scope_texts.hpp"

#include <algorithm>
#include <set>

#include "agent/bundle/file_io.hpp"
#include "agent/bundle/kept_members.hpp"
#include "agent/scopes/scope.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;
using Schemas = std::map<std::string, std::string>;

Result<Schemas> by_scope(const model::Description& description,
                         const std::map<std::string, std::string>& members) {
    Schemas schemas;
    for (const auto& scope : description.scope_definitions)
        schemas[scope] = members.at(scopes::schema_member(scope));
    return schemas;
}

bool concerns_scopes(const model::Description& description) {
    return !description.scope.empty() || !description.scope_definitions.empty();
}

/// A base that defines no scopes any more changes what is allowed, too.
bool may_change_scopes(const planning::Candidate& candidate) {
    const auto& description = candidate.description;
    return !candidate.kept &&
           (description.type == model::BundleType::base || concerns_scopes(description));
}

Result<planning::BundleTexts> kept_texts(const Context& context,
                                         const model::InstalledBundle& bundle) {
    const auto& description = bundle.description;
    const auto directory = context.paths.bundle(description.id, description.version);
    TRY_ASSIGN(const auto text, bundle::read_kept_manifest(directory, bundle.digest));
    TRY_ASSIGN(const auto manifest, bundle::Manifest::parse(text));
    planning::BundleTexts texts;
    TRY_ASSIGN(texts.description, bundle::read_kept_description(directory, manifest));
    for (const auto& scope : description.scope_definitions) {
        TRY_ASSIGN(texts.schemas[scope],
                   bundle::read_kept_member(directory, manifest, scopes::schema_member(scope),
                                            scopes::kMaxSchemaBytes));
    }
    return texts;
}

Result<> check_schema(const std::filesystem::path& file) {
    TRY_ASSIGN(const auto text, bundle::read_file(file, scopes::kMaxSchemaBytes));
    if (auto scope = scopes::Scope::parse(text); !scope)
        return model::fail(std::move(scope).error().with_context(file.string()));
    return {};
}

}  // namespace

Result<Schemas> read_schemas(const bundle::BundleFile& file, const bundle::BundleReader& reader,
                             const model::Description& description) {
    if (description.scope_definitions.empty()) return Schemas();
    std::set<std::string> members;
    for (const auto& scope : description.scope_definitions)
        members.insert(scopes::schema_member(scope));
    TRY_ASSIGN(auto again, bundle::BundleReader::open(file));
    if (again.digest() != reader.digest())
        return model::fail(ErrorCode::invalid, "was changed while it was read");
    TRY_ASSIGN(const auto found, again.read_members(members, scopes::kMaxSchemaBytes));
    return by_scope(description, found);
}

Result<std::map<model::BundleId, planning::BundleTexts>> installed_texts(
    const Context& context, const model::InstalledSet& installed,
    const std::vector<planning::Candidate>& candidates) {
    std::map<model::BundleId, planning::BundleTexts> texts;
    if (std::none_of(candidates.begin(), candidates.end(), may_change_scopes)) return texts;
    for (const auto& [id, bundle] : installed.bundles) {
        if (!concerns_scopes(bundle.description)) continue;
        auto kept = kept_texts(context, bundle);
        if (!kept)
            return model::fail(std::move(kept).error().with_context(
                "the installed bundle " + id.value() + ", whose scope has to be looked at"));
        texts[id] = std::move(*kept);
    }
    return texts;
}

Result<> add_schemas(const model::Description& description,
                     const std::filesystem::path& description_file,
                     std::vector<std::pair<std::string, std::filesystem::path>>& files) {
    std::optional<model::Error> first;
    for (const auto& scope : description.scope_definitions) {
        const auto member = scopes::schema_member(scope);
        auto given = std::find_if(files.begin(), files.end(),
                                  [&member](const auto& each) { return each.first == member; });
        if (given == files.end())
            given = files.emplace(files.end(), member, description_file.parent_path() / member);
        const auto checked = check_schema(given->second);
        if (checked) continue;
        auto error = checked.error().with_context("the scope '" + scope + "'");
        // One that is there and wrong counts more than one that lies elsewhere.
        const bool weighs_more = first && first->code() == ErrorCode::not_found;
        if (!first)
            first = error;
        else
            first = weighs_more ? error.followed_by(*first) : first->followed_by(error);
    }
    if (first) return model::fail(*first);
    return {};
}

}  // namespace agent::operations
