// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/image_layers.hpp"

#include <algorithm>
#include <map>

#include "agent/images/store_index.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::images {

using model::ErrorCode;
using model::fail;
using model::Result;
namespace fs = std::filesystem;

namespace {

using LayerPaths = std::optional<std::vector<fs::path>>;

Result<std::map<std::string, std::string>> read_parents(const fs::path& store) {
    const auto index = store / kLayerIndex;
    TRY_ASSIGN(const auto text, store::read_file(index, kMaxIndexBytes));
    const auto records = parse_layers(text);
    if (!records) return fail(records.error().with_context(index.string()));
    std::map<std::string, std::string> parents;
    for (const auto& record : *records)
        parents.emplace(record.id, record.parent);
    return parents;
}

Result<fs::path> short_path(const fs::path& store, const std::string& layer) {
    const auto file = store / "overlay" / layer / "link";
    TRY_ASSIGN(const auto link, store::read_file(file, kMaxIndexBytes));
    if (is_link_id(link)) return store / "overlay/l" / link;
    return fail(ErrorCode::invalid, file.string() + ": has no name of overlay/l");
}

}  // namespace

Result<std::set<std::string>> store_layers(const fs::path& store) {
    std::set<std::string> ids;
    std::error_code error;
    if (!fs::exists(store / kLayerIndex, error)) return ids;
    TRY_ASSIGN(const auto parents, read_parents(store));
    for (const auto& [layer, parent] : parents)
        ids.insert(layer);
    return ids;
}

Result<LayerPaths> image_layers(const fs::path& store, const model::Sha256& image) {
    const auto index = store / kImageIndex;
    const auto text = store::read_file(index, kMaxIndexBytes);
    if (!text && text.error().code() == ErrorCode::not_found) return LayerPaths();
    if (!text) return fail(text.error());
    const auto images = parse_images(*text);
    if (!images) return fail(images.error().with_context(index.string()));
    const auto found = std::find_if(images->begin(), images->end(),
                                    [&](const auto& each) { return each.id == image.hex(); });
    if (found == images->end()) return LayerPaths();
    TRY_ASSIGN(auto parents, read_parents(store));
    std::vector<fs::path> layers;
    for (std::string layer = found->layer; !layer.empty();) {
        const auto parent = parents.extract(layer);
        if (parent.empty())
            return fail(ErrorCode::invalid,
                        store.string() + ": lacks layer " + layer + " of image " + image.hex());
        TRY_ASSIGN(auto path, short_path(store, layer));
        layers.push_back(std::move(path));
        layer = parent.mapped();
    }
    return LayerPaths(std::move(layers));
}

}  // namespace agent::images
