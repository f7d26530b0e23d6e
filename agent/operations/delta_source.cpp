// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/delta_source.hpp"

#include "agent/bundle/delta_origin.hpp"
#include "agent/bundle/member_path.hpp"
#include "agent/model/image_store.hpp"
#include "agent/model/store_mount.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::operations {

using model::Result;

namespace {

Result<model::ImageStore> read_kept_store(const std::filesystem::path& directory) {
    const auto index = directory / bundle::kStoreIndexMember;
    TRY_ASSIGN(const auto text, store::read_file(index, bundle::kMaxStoreIndexBytes));
    return model::parse_image_store(text, index.string());
}

}  // namespace

Result<DeltaSource> find_delta_source(const Context& context, bundle::BundleReader& reader,
                                      const model::BundleId& id, const bundle::BundleFile& file) {
    DeltaSource source;
    TRY_ASSIGN(const auto text, reader.read_delta_origin());
    if (!text) return source;
    const auto origin = bundle::parse_delta_origin(*text);
    if (!origin)
        return model::fail(origin.error().with_context(file.string() + ": member " +
                                                       std::string(bundle::kDeltaMember)));
    const auto name = model::kept_bundle_name(id, origin->version);
    const auto kept = read_kept_store(context.paths.bundles() / name);
    const auto label = id.value() + " " + origin->version.to_string();
    if (!kept)
        source.obstacle =
            "is a delta from " + label + ", whose images are not kept here as a store";
    else if (kept->digest != origin->store)
        source.obstacle = "is a delta from another " + label + " than the one that is kept here";
    else
        source.store =
            (name / std::filesystem::path(model::store_member(kept->root_hash))).string();
    return source;
}

}  // namespace agent::operations
