// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/candidates.hpp"

#include <algorithm>
#include <optional>

#include "agent/bundle/member_path.hpp"
#include "agent/model/image_store.hpp"
#include "agent/model/images.hpp"
#include "agent/operations/delta_source.hpp"
#include "agent/operations/scope_texts.hpp"
#include "agent/store/history.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Problems;
using model::Result;

void check_image_ids(const model::Description& description, const std::string& where,
                     Problems& problems) {
    for (const auto& image : model::images_of(description))
        if (!image.id)
            problems.push_back({.code = ErrorCode::invalid,
                                .where = where,
                                .key = image.key + ".image-id",
                                .message = "is missing",
                                .hint = "'update-agent bundle create' fills it in"});
}

Result<model::Description> parse_description(const std::string& text, const std::string& where) {
    Problems problems;
    auto description = model::parse_description(text, where, problems);
    if (problems.empty()) check_image_ids(description, where, problems);
    if (!problems.empty()) return model::fail(model::to_error(problems));
    return description;
}

/// Of a bundle whose images are mounted; nothing of another.
Result<std::optional<model::InstalledStore>> read_store(bundle::BundleReader& reader,
                                                        const model::Description& description,
                                                        const std::string& file) {
    std::optional<model::InstalledStore> installed;
    TRY_ASSIGN(const auto text, reader.read_store_index());
    if (!text) return installed;
    const auto where = file + ": member " + std::string(bundle::kStoreIndexMember);
    TRY_ASSIGN(const auto store, model::parse_image_store(*text, where));
    const auto* listed = reader.manifest().find(model::store_member(store.root_hash));
    if (listed == nullptr || listed->digest != store.digest || listed->size != store.size)
        return model::fail(ErrorCode::invalid, where + ": is not about the image store that the " +
                                                   "manifest lists; make the bundle again");
    for (const auto& image : model::images_of(description))
        if (!std::binary_search(store.images.begin(), store.images.end(), *image.id))
            return model::fail(ErrorCode::invalid, where + ": lacks the image " + image.id->hex() +
                                                       " that the description names as " +
                                                       image.key + "; make the bundle again");
    installed = model::InstalledStore{
        .root_hash = store.root_hash, .hash_offset = store.hash_offset, .verity = false};
    return installed;
}

Result<> open_one(const Context& context, const bundle::TrustStore& trust,
                  const bundle::BundleFile& file, OpenedBundles& opened) {
    TRY_ASSIGN(auto reader, bundle::BundleReader::open(file));
    TRY_ASSIGN(const auto signer, judge_signature(context, trust, reader, file.name));
    TRY_ASSIGN(auto text, reader.read_description());
    TRY_ASSIGN(auto description, parse_description(text, file.string()));
    planning::BundleTexts texts{.description = std::move(text), .schemas = {}};
    TRY_ASSIGN(const auto store, read_store(reader, description, file.string()));
    TRY_ASSIGN(auto delta, find_delta_source(context, reader, description.id, file));
    TRY_ASSIGN(texts.schemas, read_schemas(file, reader, description));
    std::string anchor;
    if (signer) {
        TRY(bundle::check_limits(trust, *signer, description));
        anchor = signer->signer.anchor_fingerprint.hex();
        opened.notes.push_back(description.id.value() + ": signed by " + signer->signer.subject +
                               ", trusted by " + signer->anchor_name);
        for (const auto& warning : signer->signer.warnings) {
            opened.notes.push_back(description.id.value() + ": " + warning);
            context.progress.warning(file.string() + ": " + warning);
        }
    } else {
        opened.notes.push_back(description.id.value() +
                               ": not signed, let in by the configuration");
    }
    const auto id = description.id;
    opened.candidates.push_back({.description = std::move(description),
                                 .digest = reader.digest(),
                                 .anchor = std::move(anchor),
                                 .source = file.string(),
                                 .bytes = reader.manifest().total_size(),
                                 .texts = std::move(texts),
                                 .store = store,
                                 .delta_from = std::move(delta.store),
                                 .delta_obstacle = std::move(delta.obstacle)});
    opened.readers.emplace(id, std::move(reader));
    return {};
}

/// What failed on the file itself names it already.
model::Error named(const model::Error& error, const std::string& file) {
    return error.text().find(file + ":") == std::string::npos ? error.with_context(file) : error;
}

}  // namespace

std::filesystem::path trust_directory(const Context& context) {
    return context.paths.root() / "etc/update-agent/trust.d";
}

crypto::ValidityClock validity_clock(const Context& context) {
    const auto newest = store::newest_history_time(context.paths);
    return {.now = context.host.machine.now(),
            .floor = std::max(context.build_date, newest.value_or(context.build_date))};
}

Result<std::optional<bundle::TrustedSigner>> judge_signature(const Context& context,
                                                             const bundle::TrustStore& trust,
                                                             const bundle::BundleReader& reader,
                                                             const std::filesystem::path& file) {
    if (reader.signature().empty()) {
        if (context.configuration.signed_bundles_only)
            return model::fail(
                ErrorCode::untrusted,
                "is not signed; sign it with 'update-agent bundle create --key --cert'");
        context.progress.warning(file.string() +
                                 ": is not signed; signed-bundles-only = false lets it in");
        return std::optional<bundle::TrustedSigner>();
    }
    TRY_ASSIGN(auto signer, bundle::verify_manifest(trust, reader.manifest_text(),
                                                    reader.signature(), validity_clock(context)));
    return std::optional(std::move(signer));
}

Result<OpenedBundles> open_bundles(const Context& context,
                                   const std::vector<bundle::BundleFile>& files) {
    TRY_ASSIGN(const auto trust, bundle::TrustStore::load(trust_directory(context)));
    OpenedBundles opened;
    std::optional<model::Error> first;
    for (const auto& file : files) {
        auto result = open_one(context, trust, file, opened);
        if (result) continue;
        const auto error = named(result.error(), file.string());
        first = first ? first->followed_by(error) : error;
    }
    if (first) return model::fail(*first);
    return opened;
}

}  // namespace agent::operations
