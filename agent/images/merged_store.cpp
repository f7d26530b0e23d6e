// SPDX-License-Identifier: GPL-3.0-or-later
// Making one store of several; read_store.cpp and publish.cpp have the rest of the header.
#include "agent/images/merged_store.hpp"

#include <set>

#include "agent/images/store_index.hpp"
#include "agent/images/store_links.hpp"

namespace agent::images {

using model::Result;
using store::Json;
namespace fs = std::filesystem;

namespace {

/// Collects what several stores have.
class Merger {
  public:
    Result<> add(const MountedStore& store) {
        TRY_ASSIGN(const auto present, add_links(store));
        TRY(add_layers(store, present));
        return add_images(store);
    }

    [[nodiscard]] MergedStore finish() && {
        keep_complete_layers();
        Json images = keep_images();
        Json layers = Json::array();
        for (auto& [id, layer] : layers_) {
            link("overlay/" + id, layer.store);
            if (layer.has_tar_split) link(tar_split_of(id), layer.store);
            layers.push_back(std::move(layer.record.json));
        }
        for (const auto& [name, layer] : layer_of_link_)
            if (layers_.count(layer) != 0)
                links_.emplace(fs::path("overlay/l") / name, "../" + layer + "/diff");
        MergedStore merged{images.dump(), layers.dump(), {}};
        for (const auto& [path, target] : links_)
            merged.links.push_back({path, target});
        return merged;
    }

  private:
    struct Layer {
        fs::path store;
        bool has_tar_split = false;
        LayerRecord record;
    };
    struct Image {
        fs::path store;
        ImageRecord record;
    };

    /// The layers that are there.
    Result<std::set<std::string>> add_links(const MountedStore& store) {
        std::set<std::string> present;
        for (const auto& [name, target] : store.links) {
            TRY(check_link(store.where, name, target));
            const std::string layer = layer_of(target);
            const auto known = layer_of_link_.emplace(name, layer).first;
            if (known->second != layer)
                return damaged(store.where / "overlay/l" / name,
                               "means layer " + known->second + " in another store");
            present.insert(layer);
        }
        return present;
    }

    Result<> add_layers(const MountedStore& store, const std::set<std::string>& present) {
        auto records = parse_layers(store.layers);
        if (!records) return damaged(store.where / kLayerIndex, records.error().text());
        for (auto& record : *records) {
            if (record.incomplete || present.count(record.id) == 0) continue;
            auto id = record.id;
            const bool has_tar_split = store.without_tar_split.count(id) == 0;
            layers_.try_emplace(std::move(id),
                                Layer{store.where, has_tar_split, std::move(record)});
        }
        return {};
    }

    Result<> add_images(const MountedStore& store) {
        auto records = parse_images(store.images);
        if (!records) return damaged(store.where / kImageIndex, records.error().text());
        for (auto& record : *records)
            images_.push_back({store.where, std::move(record)});
        return {};
    }

    /// From the lowest layers upwards, so that a circle of parents is nowhere.
    void keep_complete_layers() {
        std::multimap<std::string, std::string> children;
        for (const auto& [id, layer] : layers_)
            children.emplace(layer.record.parent, id);
        std::map<std::string, Layer> complete;
        std::vector<std::string> parents{""};
        while (!parents.empty()) {
            const auto [begin, end] = children.equal_range(parents.back());
            parents.pop_back();
            for (auto child = begin; child != end; ++child) {
                parents.push_back(child->second);
                complete.insert(layers_.extract(child->second));
            }
        }
        layers_ = std::move(complete);
    }

    /// Their records, sorted by id.
    [[nodiscard]] Json keep_images() {
        std::map<std::string, Json> records;
        for (auto& [store, record] : images_) {
            if (!record.layer.empty() && layers_.count(record.layer) == 0) continue;
            const auto names = names_left(record);
            auto& kept = records[record.id];
            if (kept.is_null()) {
                kept = std::move(record.json);
                kept.erase("names");
                link("overlay-images/" + record.id, store);
            }
            // One image has the names of all stores that have it.
            for (const auto& name : names)
                kept["names"].push_back(name);
        }
        Json list = Json::array();
        for (auto& [id, record] : records)
            list.push_back(std::move(record));
        return list;
    }

    /// Names of the image that no image before has, nor this one.
    [[nodiscard]] std::vector<std::string> names_left(const ImageRecord& image) {
        std::vector<std::string> names;
        for (const auto& name : image.names)
            if (taken_names_.insert(name).second) names.push_back(name);
        return names;
    }

    void link(const std::string& path, const fs::path& store) {
        links_.emplace(path, store / path);
    }

    std::map<std::string, std::string> layer_of_link_;
    std::map<std::string, Layer> layers_;
    std::vector<Image> images_;
    std::set<std::string> taken_names_;
    std::map<fs::path, fs::path> links_;
};

}  // namespace

Result<MergedStore> merge(const std::vector<MountedStore>& stores) {
    Merger merger;
    for (const auto& store : stores)
        TRY(merger.add(store));
    return std::move(merger).finish();
}

}  // namespace agent::images
