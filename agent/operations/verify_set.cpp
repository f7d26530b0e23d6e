// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/verify_set.hpp"

#include <algorithm>
#include <system_error>

#include "agent/bundle/kept_members.hpp"
#include "agent/bundle/member_path.hpp"
#include "agent/containers/create_spec.hpp"
#include "agent/operations/doctor.hpp"
#include "agent/store/generation_reader.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;
using Kind = Defect::Kind;

constexpr const char* kInstallAgain =
    "remove the bundle and install its file again, or install another version of it";

std::string of_generation(unsigned number) {
    return "generation " + std::to_string(number);
}

/// Reads the link; a missing one is the empty set only where there never was another.
std::optional<unsigned> look_at_link(const store::Generations& generations,
                                     const store::Paths& paths, Defects& defects) {
    const auto link = paths.units_link().string();
    const auto current = generations.current();
    if (!current) {
        defects.push_back({.kind = Kind::link,
                           .subject = link,
                           .text = current.error().text(),
                           .advice = "it has to be a link to update-agent/generations/N/units"});
        return std::nullopt;
    }
    const auto numbers = generations.list();
    std::error_code error;
    if (std::filesystem::is_symlink(link, error) || !numbers || numbers->empty() ||
        numbers->back() == 0)
        return *current;
    defects.push_back({.kind = Kind::link,
                       .subject = link,
                       .text = "is missing, so that nothing counts as installed",
                       .advice = "ln -s update-agent/generations/" +
                                 std::to_string(numbers->back()) + "/units " + link});
    return std::nullopt;
}

void look_at_state(const store::Generations& generations, unsigned number, Defects& defects) {
    const auto state = generations.read_state(number);
    if (state) return;
    defects.push_back({.kind = Kind::set,
                       .subject = of_generation(number) + " (state)",
                       .text = state.error().text(),
                       .advice = "without the file the generation counts as not confirmed"});
}

/// Every generation that is kept has to be readable: of another one nobody knows what it needs.
void look_at_generations(const store::Generations& generations, unsigned current, SetLook& look) {
    const auto numbers = generations.list();
    if (!numbers) return;
    for (const auto number : *numbers) {
        look_at_state(generations, number, look.defects);
        if (auto set = generations.read_set(number)) {
            look.sets.push_back(std::move(*set));
        } else if (number != current) {
            look.defects.push_back({.kind = Kind::set,
                                    .subject = of_generation(number),
                                    .text = set.error().text(),
                                    .advice = "nothing goes back to it, and while it is there "
                                              "nothing old is removed"});
        }
    }
}

bool is_consistent(const model::InstalledBundle& bundle) {
    const auto& described = bundle.description.containers;
    return std::equal(described.begin(), described.end(), bundle.containers.begin(),
                      bundle.containers.end(), [](const auto& one, const auto& other) {
                          return one.name == other.name && one.image_id == other.image_id;
                      });
}

/// Takes the description that was signed from the kept bundle where the generation's is another.
Result<> take_kept_description(const std::filesystem::path& kept, model::InstalledBundle& bundle) {
    TRY_ASSIGN(const auto texts, read_signed(kept, bundle));
    model::Problems problems;
    bundle.description = model::parse_description(
        texts.description, (kept / bundle::kDescriptionMember).string(), problems);
    if (problems.empty()) return {};
    return model::fail(model::to_error(problems));
}

/// Whether the set is the one that was signed, in the end.
bool look_at_descriptions(const Context& context, CurrentGeneration& current, Defects& defects) {
    bool as_signed = true;
    for (auto& [id, bundle] : current.set.bundles) {
        const auto copy = copy_of_bundle(context.paths, current.set.generation, id);
        const auto kept = context.paths.bundle(id, bundle.description.version);
        if (const auto texts = read_signed(copy, bundle); !texts) {
            const auto taken = take_kept_description(kept, bundle);
            defects.push_back({.kind = Kind::set,
                               .subject = copy.string(),
                               .text = texts.error().text(),
                               .repairable = taken.has_value(),
                               .advice = taken ? "" : kInstallAgain});
            as_signed = as_signed && taken.has_value();
        }
        if (is_consistent(bundle)) continue;
        defects.push_back({.kind = Kind::set,
                           .subject = of_generation(current.set.generation),
                           .text = "does not have the containers that " + id.value() + " describes",
                           .advice = kInstallAgain});
        as_signed = false;
    }
    return as_signed;
}

/// Why a stored text is not that of the container, or nothing.
std::string wrong_with_arguments(const std::map<std::string, std::string>& texts,
                                 const model::InstalledContainer& container) {
    const auto text = texts.find(container.name.value());
    if (text == texts.end()) return "are missing";
    const auto spec = containers::parse_create_spec(text->second);
    if (!spec) return spec.error().text();
    return spec->container == container ? "" : "are those of another container";
}

void look_at_arguments(const model::VolumeRoots& roots, CurrentGeneration& current,
                       Defects& defects) {
    for (const auto& [id, bundle] : current.set.bundles) {
        for (std::size_t i = 0; i < bundle.containers.size(); ++i) {
            const auto& container = bundle.containers[i];
            const auto why = wrong_with_arguments(current.arguments, container);
            if (why.empty()) continue;
            const auto& described = bundle.description.containers[i];
            const auto fresh = containers::make_create_spec(
                id, described,
                containers::place(current.set, bundle.description, described, roots));
            const bool same = fresh.container == container;
            if (same) current.arguments[container.name.value()] = containers::to_text(fresh);
            defects.push_back({.kind = Kind::arguments,
                               .subject = container.name.value(),
                               .text = why,
                               .repairable = same,
                               .advice = same ? "" : kInstallAgain});
        }
    }
}

Result<CurrentGeneration> read_current(const store::Generations& generations, unsigned number) {
    CurrentGeneration current;
    TRY_ASSIGN(current.info, generations.read_info(number));
    TRY_ASSIGN(current.set, generations.read_set(number));
    TRY_ASSIGN(current.arguments, generations.read_containers(number));
    return current;
}

}  // namespace

std::filesystem::path copy_of_bundle(const store::Paths& paths, unsigned generation,
                                     const model::BundleId& id) {
    return paths.generation(generation) / store::kBundlesDirectory / id.value();
}

Result<SignedTexts> read_signed(const std::filesystem::path& directory,
                                const model::InstalledBundle& bundle) {
    SignedTexts texts;
    TRY_ASSIGN(texts.manifest_text, bundle::read_kept_manifest(directory, bundle.digest));
    TRY_ASSIGN(texts.manifest, bundle::Manifest::parse(texts.manifest_text));
    TRY_ASSIGN(texts.description, bundle::read_kept_description(directory, texts.manifest));
    const auto signature = directory / bundle::kSignatureMember;
    std::error_code error;
    if (bundle.anchor.empty() || std::filesystem::is_regular_file(signature, error)) return texts;
    return model::fail(ErrorCode::not_found, signature.string() + ": is missing");
}

SetLook look_at_set(const Context& context) {
    SetLook look;
    const store::Generations generations(context.paths);
    const auto number = look_at_link(generations, context.paths, look.defects);
    if (!number) return look;
    look_at_generations(generations, *number, look);
    auto current = read_current(generations, *number);
    if (!current) {
        look.defects.push_back({.kind = Kind::set,
                                .subject = of_generation(*number),
                                .text = current.error().text(),
                                .advice = kUnreadableSetAdvice});
        return look;
    }
    if (!look_at_descriptions(context, *current, look.defects)) return look;
    look_at_arguments(context.configuration.volume_roots, *current, look.defects);
    look.current = std::move(*current);
    return look;
}

}  // namespace agent::operations
