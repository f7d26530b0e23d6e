// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/make_store.hpp"

#include <set>
#include <system_error>
#include <vector>

#include "agent/bundle/piecewise.hpp"
#include "agent/bundle/verity_tree.hpp"
#include "agent/images/store_tree.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::operations {

namespace {

using model::Result;
using model::Sha256;
namespace fs = std::filesystem;

Result<> add_digest(const fs::path& file, model::ImageStore& index) {
    TRY_ASSIGN(const auto opened, bundle::open_regular(file));
    TRY_ASSIGN(index.size, bundle::size_of(opened, file));
    TRY_ASSIGN(index.digest, bundle::hash_pieces(bundle::whole_of(opened, file)));
    return {};
}

}  // namespace

Result<StoreScratch> StoreScratch::make(const Context& context) {
    TRY_ASSIGN(const auto engine, context.host.engine.graph_root());
    std::error_code error;
    const auto parent = fs::weakly_canonical(engine, error).parent_path();
    if (error) return model::fail(model::errno_error(error.value(), engine.string()));
    TRY_ASSIGN(const auto path, context.host.store_maker.make_scratch(parent));
    return StoreScratch(context, path);
}

StoreScratch::~StoreScratch() {
    if (path_.empty()) return;
    if (const auto gone = context_->host.store_maker.discard(path_); !gone)
        context_->progress.warning(path_.string() + " stays: " + gone.error().text());
}

Result<MadeStore> make_store(const Context& context, const fs::path& layout,
                             const std::map<std::string, Sha256>& images,
                             const StoreScratch& scratch) {
    MadeStore made{.file = scratch.path() / "store.sqfs", .index = {}};
    std::map<Sha256, std::set<std::string>> names;
    std::set<std::string> refs;
    for (const auto& [name, id] : images) {
        names[id].insert(name);
        refs.insert(id.hex());
    }
    for (const auto& [id, image_names] : names)
        made.index.images.push_back(id);
    auto& maker = context.host.store_maker;
    context.progress.step("unpacking images into a store");
    TRY_ASSIGN(const auto unpacked, maker.unpack(layout, refs, scratch.path()));
    TRY(images::normalise(unpacked, names));
    context.progress.step("packing the store");
    TRY(maker.pack(unpacked, made.file));
    TRY(store::remove_tree(unpacked));
    TRY_ASSIGN(const auto tree, bundle::append_verity_tree(made.file));
    made.index.root_hash = tree.root_hash;
    made.index.hash_offset = tree.hash_offset;
    TRY(add_digest(made.file, made.index));
    return made;
}

}  // namespace agent::operations
