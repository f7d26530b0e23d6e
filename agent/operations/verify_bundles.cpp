// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/verify_bundles.hpp"

#include <array>
#include <system_error>

#include "agent/bundle/kept_members.hpp"
#include "agent/bundle/member_path.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::operations {

namespace {

using model::Result;
namespace fs = std::filesystem;

constexpr std::array kTexts = {bundle::kManifestMember, bundle::kSignatureMember,
                               bundle::kDescriptionMember};

/// A bundle that is kept once, for one generation or several.
struct KeptBundle {
    model::InstalledBundle bundle;
    fs::path directory;
    /// A generation's copy of its texts.
    fs::path copy;
};

/// By directory; of the copies a good one, if there is one.
std::map<fs::path, KeptBundle> kept_bundles(const store::Paths& paths,
                                            const std::vector<model::InstalledSet>& sets) {
    std::map<fs::path, KeptBundle> kept;
    for (const auto& set : sets)
        for (const auto& [id, bundle] : set.bundles) {
            KeptBundle found{.bundle = bundle,
                             .directory = paths.bundle(id, bundle.description.version),
                             .copy = copy_of_bundle(paths, set.generation, id)};
            const auto there = kept.find(found.directory);
            if (there == kept.end())
                kept.emplace(found.directory, std::move(found));
            else if (!read_signed(there->second.copy, bundle))
                there->second = std::move(found);
        }
    return kept;
}

std::string from_file(const KeptBundle& kept, const std::string& member) {
    // What is mounted is the file that was there, whatever is called like it now.
    return "take it from the bundle's file: 'tar -xf FILE -C " + kept.directory.string() + " " +
           member + "'" + (bundle::is_store_member(member) ? ", then start the machine anew" : "");
}

Defect defect_of(const KeptBundle& kept, std::string_view member, std::string text,
                 bool repairable) {
    return {.kind = Defect::Kind::bundle,
            .subject = (kept.directory.filename() / member).string(),
            .text = std::move(text),
            .repairable = repairable,
            .advice = repairable ? "" : from_file(kept, std::string(member))};
}

/// Manifest and signature, which no manifest lists.
void look_at_frame(const KeptBundle& kept, bool copy_is_good, Defects& defects) {
    if (!bundle::read_kept_manifest(kept.directory, kept.bundle.digest))
        defects.push_back(defect_of(kept, bundle::kManifestMember,
                                    "is missing, or not the one that was installed", copy_is_good));
    std::error_code error;
    if (!kept.bundle.anchor.empty() &&
        !fs::is_regular_file(kept.directory / bundle::kSignatureMember, error))
        defects.push_back(defect_of(kept, bundle::kSignatureMember, "is missing", copy_is_good));
}

/// From whichever of the two has it.
Result<bundle::Manifest> manifest_of(const KeptBundle& kept) {
    auto text = bundle::read_kept_manifest(kept.directory, kept.bundle.digest);
    if (!text) text = bundle::read_kept_manifest(kept.copy, kept.bundle.digest);
    if (!text) return model::fail(text.error());
    return bundle::Manifest::parse(*text);
}

Result<> look_at(const Context& context, const KeptBundle& kept, Defects& defects) {
    const bool copy_is_good = read_signed(kept.copy, kept.bundle).has_value();
    look_at_frame(kept, copy_is_good, defects);
    const auto manifest = manifest_of(kept);
    // Nothing else can be judged then, and the manifest's own defect was told.
    if (!manifest) return {};
    const auto report = [&context](std::uint64_t done, std::uint64_t total) {
        context.progress.bytes(done, total);
        return !context.cancelled();
    };
    TRY_ASSIGN(auto damaged, bundle::damaged_members(kept.directory, *manifest, report));
    for (auto& member : damaged)
        defects.push_back(defect_of(kept, member.path, std::move(member.text),
                                    member.path == bundle::kDescriptionMember && copy_is_good));
    return {};
}

/// An unsigned bundle has no signature.
Result<> restore_text(const fs::path& from, const fs::path& to) {
    const auto text = store::read_file(from);
    if (!text && text.error().code() == model::ErrorCode::not_found) return {};
    if (!text) return model::fail(text.error());
    if (const auto there = store::read_file(to); there && *there == *text) return {};
    return store::write_file_atomically(to, *text);
}

}  // namespace

Result<Defects> look_at_kept_bundles(const Context& context,
                                     const std::vector<model::InstalledSet>& sets) {
    Defects defects;
    for (const auto& [directory, kept] : kept_bundles(context.paths, sets)) {
        context.progress.step("reading " + directory.filename().string());
        TRY(look_at(context, kept, defects));
    }
    return defects;
}

Result<> restore_kept_texts(const Context& context, const std::vector<model::InstalledSet>& sets) {
    for (const auto& [directory, kept] : kept_bundles(context.paths, sets)) {
        if (read_signed(directory, kept.bundle) || !read_signed(kept.copy, kept.bundle)) continue;
        TRY(store::make_directories(directory));
        for (const auto name : kTexts)
            TRY(restore_text(kept.copy / name, directory / name));
    }
    return {};
}

}  // namespace agent::operations
