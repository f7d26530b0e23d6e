// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/rollback.hpp"

#include <algorithm>

#include "agent/bundle/kept_members.hpp"
#include "agent/store/generations.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::InstalledSet;
using model::Result;

/// Generations that can be gone back to, newest first.
Result<std::vector<unsigned>> kept_generations(const store::Generations& generations,
                                               unsigned current) {
    TRY_ASSIGN(auto numbers, generations.list());
    numbers.erase(std::remove_if(numbers.begin(), numbers.end(),
                                 [&](unsigned each) { return each == 0 || each == current; }),
                  numbers.end());
    std::reverse(numbers.begin(), numbers.end());
    return numbers;
}

model::Error none_kept(const std::string& what, const std::vector<unsigned>& kept) {
    std::string text = what + "; ";
    if (kept.empty()) return {ErrorCode::not_found, text + "no other generation is kept"};
    text += "kept are";
    for (const auto number : kept)
        text += " " + std::to_string(number);
    return {ErrorCode::not_found, text + ", see 'update-agent history'"};
}

/// The one whose set was there before the last change of it.
Result<InstalledSet> previous_set(const store::Generations& generations, const InstalledSet& before,
                                  const std::vector<unsigned>& kept) {
    for (const auto number : kept) {
        if (number > before.generation) continue;
        TRY_ASSIGN(auto set, generations.read_set(number));
        if (set.bundles != before.bundles) return set;
    }
    return model::fail(none_kept("there is no earlier set to go back to", kept));
}

/// What is damaged counts nothing, and is told by whoever needs it.
std::uint64_t kept_size(const Context& context, const model::InstalledBundle& bundle) {
    const auto directory = context.paths.bundle(bundle.description.id, bundle.description.version);
    const auto text = bundle::read_kept_manifest(directory, bundle.digest);
    if (!text) return 0;
    const auto manifest = bundle::Manifest::parse(*text);
    return manifest ? manifest->total_size() : 0;
}

Result<planning::Candidate> candidate(const Context& context, const model::InstalledBundle& bundle,
                                      unsigned generation,
                                      const std::map<std::string, std::string>& texts) {
    planning::Candidate result{.description = bundle.description,
                               .digest = bundle.digest,
                               .anchor = bundle.anchor,
                               .source = "generation " + std::to_string(generation),
                               .bytes = kept_size(context, bundle),
                               .kept = true,
                               .store = bundle.store,
                               .specs = {}};
    for (const auto& container : bundle.containers) {
        const auto text = texts.find(container.name.value());
        if (text == texts.end())
            return model::fail(ErrorCode::invalid,
                               result.source + " lacks the create arguments of " +
                                   container.name.value() + ", see 'update-agent verify'");
        auto spec = containers::parse_create_spec(text->second);
        if (!spec)
            return model::fail(std::move(spec).error().with_context(result.source + ", container " +
                                                                    container.name.value()));
        result.specs.emplace(container.name, std::move(*spec));
    }
    return result;
}

}  // namespace

Result<WayBack> way_back(const Context& context, const InstalledSet& before,
                         std::optional<unsigned> wanted) {
    const store::Generations generations(context.paths);
    TRY_ASSIGN(const auto kept, kept_generations(generations, before.generation));
    if (wanted && *wanted != before.generation &&
        std::find(kept.begin(), kept.end(), *wanted) == kept.end())
        return model::fail(
            none_kept("generation " + std::to_string(*wanted) + " is not kept", kept));
    TRY_ASSIGN(const auto set,
               wanted ? generations.read_set(*wanted) : previous_set(generations, before, kept));
    WayBack back{.generation = set.generation, .candidates = {}, .remove = {}};
    TRY_ASSIGN(const auto texts, generations.read_containers(set.generation));
    for (const auto& [id, bundle] : set.bundles) {
        const auto* there = before.find(id);
        if (there != nullptr && there->digest == bundle.digest) continue;
        TRY_ASSIGN(auto each, candidate(context, bundle, set.generation, texts));
        back.candidates.push_back(std::move(each));
    }
    for (const auto& [id, bundle] : before.bundles)
        if (set.find(id) == nullptr) back.remove.push_back(id);
    return back;
}

}  // namespace agent::operations
