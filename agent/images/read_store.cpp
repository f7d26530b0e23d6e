// SPDX-License-Identifier: GPL-3.0-or-later
// The function of merged_store.hpp that reads. A store is a bundle's, which scopes may confine, and
// podman follows all that is in it, as root: a link here could show a container the machine's own
// files, and a list that podman cannot read would take all images away.
#include <algorithm>
#include <array>
#include <optional>
#include <system_error>

#include "agent/images/image_documents.hpp"
#include "agent/images/merged_store.hpp"
#include "agent/images/store_index.hpp"
#include "agent/images/store_links.hpp"
#include "agent/images/store_records.hpp"
#include "agent/model/text.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::images {

using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxLinkBytes = 4U << 10U;

/// podman stacks what is in `diff1` and so on upon `diff`, and newer ones mount a blob of composefs
/// that they find here.
constexpr std::array<std::string_view, 3> kLayerFiles{"diff", "link", "lower"};

using Parents = std::map<std::string, std::string>;

fs::file_type type_of(const fs::path& path) {
    std::error_code ignored;
    return fs::symlink_status(path, ignored).type();
}

Result<> check_directory(const fs::path& path) {
    if (type_of(path) == fs::file_type::directory) return {};
    return damaged(path, "is not a directory");
}

/// Nothing wrong where it is missing.
Result<> check_regular(const fs::path& path) {
    const auto type = type_of(path);
    if (type == fs::file_type::regular || type == fs::file_type::not_found) return {};
    return damaged(path, "is not a regular file");
}

Result<std::string> read_index(const fs::path& path) {
    if (const auto directory = path.parent_path(); type_of(directory) != fs::file_type::not_found)
        TRY(check_directory(directory));
    TRY(check_regular(path));
    return store::read_file(path, kMaxIndexBytes);
}

/// podman writes none where no image has a layer.
Result<std::string> read_layer_index(const fs::path& where,
                                     const std::vector<ImageRecord>& images) {
    auto text = read_index(where / kLayerIndex);
    const auto has_layer = [](const ImageRecord& image) { return !image.layer.empty(); };
    if (!text && text.error().code() == ErrorCode::not_found &&
        std::none_of(images.begin(), images.end(), has_layer))
        return std::string("[]");
    return text;
}

Result<> check_text(const fs::path& file, const std::string& wanted) {
    TRY(check_regular(file));
    const auto text = store::read_file(file, kMaxLinkBytes);
    if (!text && text.error().code() != ErrorCode::not_found)
        return damaged(file, "cannot be read (" + text.error().text() + ")");
    if (text && *text == wanted) return {};
    return damaged(file, "is not " + wanted);
}

std::string link_of(const std::string& layer) {
    return link_id(model::Sha256::parse(layer).value_or(model::Sha256()));
}

/// What is in the file `lower` of a layer; nothing where there are too many layers below.
std::optional<std::string> lower_of(const std::string& layer, const Parents& parents) {
    std::string lower;
    std::size_t count = 1;
    for (auto found = parents.find(layer); found != parents.end() && !found->second.empty();
         found = parents.find(found->second)) {
        if (++count > kMostLayers) return std::nullopt;
        lower += (lower.empty() ? "l/" : ":l/") + link_of(found->second);
    }
    return lower;
}

Result<> check_lower(const fs::path& file, const std::optional<std::string>& lower) {
    if (!lower)
        return damaged(file, "belongs to more than " + std::to_string(kMostLayers) + " layers");
    if (!lower->empty()) return check_text(file, *lower);
    if (type_of(file) == fs::file_type::not_found) return {};
    return damaged(file, "belongs to a layer that has none below it");
}

Result<> check_layer(const fs::path& directory, const std::string& id, const Parents& parents) {
    TRY(check_directory(directory));
    TRY_ASSIGN(const auto names, store::names_in(directory));
    for (const auto& name : names)
        if (!model::is_one_of(name, kLayerFiles))
            return damaged(directory / name, "is not a part of a layer");
    TRY(check_directory(directory / "diff"));
    TRY(check_text(directory / "link", link_of(id)));
    return check_lower(directory / "lower", lower_of(id, parents));
}

/// As merge() takes them.
Parents parents_of(std::vector<LayerRecord> records) {
    Parents parents;
    for (auto& record : records)
        if (!record.incomplete) parents.emplace(std::move(record.id), std::move(record.parent));
    return parents;
}

/// Adds the link, unless its layer is not there.
Result<> add_layer(MountedStore& store, const std::string& name, const Parents& parents) {
    const auto path = store.where / "overlay/l" / name;
    std::error_code error;
    const auto target = fs::read_symlink(path, error).string();
    if (error) return damaged(path, "cannot be read as a link (" + error.message() + ")");
    TRY(check_link(store.where, name, target));
    const auto layer = layer_of(target);
    if (name != link_of(layer)) return damaged(path, "is not the name of layer " + layer);
    const auto directory = store.where / "overlay" / layer;
    if (type_of(directory) == fs::file_type::not_found) return {};
    TRY(check_layer(directory, layer, parents));
    const auto tar_split = store.where / tar_split_of(layer);
    TRY(check_regular(tar_split));
    if (type_of(tar_split) == fs::file_type::not_found) store.without_tar_split.insert(layer);
    store.links.emplace(name, target);
    return {};
}

Result<> add_layers(MountedStore& store, const Parents& parents) {
    const auto links = store.where / "overlay/l";
    TRY(check_directory(links.parent_path()));
    TRY(check_directory(links));
    TRY_ASSIGN(const auto names, store::names_in(links));
    for (const auto& name : names)
        TRY(add_layer(store, name, parents));
    return {};
}

}  // namespace

Result<MountedStore> read_store(const fs::path& where) {
    MountedStore store;
    store.where = where;
    TRY_ASSIGN(store.images, read_index(where / kImageIndex));
    const auto images = parse_images(store.images);
    if (!images) return damaged(where / kImageIndex, images.error().text());
    for (const auto& image : *images)
        TRY(check_image(where / "overlay-images" / image.id, image));
    TRY_ASSIGN(store.layers, read_layer_index(where, *images));
    auto layers = parse_layers(store.layers);
    if (!layers) return damaged(where / kLayerIndex, layers.error().text());
    TRY(add_layers(store, parents_of(std::move(*layers))));
    return store;
}

}  // namespace agent::images
