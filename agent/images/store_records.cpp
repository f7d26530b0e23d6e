// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/store_records.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "agent/crypto/sha256.hpp"

namespace agent::images {

namespace {

using model::ErrorCode;
using model::fail;
using model::Result;
using model::Sha256;
/// Its keys are sorted.
using SortedJson = nlohmann::json;

/// Time of what has none of its own.
constexpr const char* kNoTime = "1970-01-01T00:00:00Z";

/// What containers/storage needs of a record; the rest is about how the image came there.
constexpr std::array<const char*, 7> kImageKeys = {
    "id", "digest", "layer", "metadata", "big-data-names", "big-data-sizes", "big-data-digests"};
constexpr std::array<const char*, 9> kLayerKeys = {"id",
                                                   "parent",
                                                   "compressed-diff-digest",
                                                   "compressed-size",
                                                   "diff-digest",
                                                   "diff-size",
                                                   "compression",
                                                   "uidset",
                                                   "gidset"};

template <std::size_t N>
SortedJson chosen(const SortedJson& record, const std::array<const char*, N>& keys) {
    SortedJson kept = SortedJson::object();
    for (const char* key : keys)
        if (const auto found = record.find(key); found != record.end()) kept[key] = *found;
    return kept;
}

void sort_list(SortedJson& record, const char* key) {
    if (const auto list = record.find(key); list != record.end() && list->is_array())
        std::sort(list->begin(), list->end());
}

using Records = std::map<Sha256, SortedJson>;

Result<Records> by_id(const std::string& text) {
    Records records;
    for (auto& record : SortedJson::parse(text)) {
        TRY_ASSIGN(const auto id, Sha256::parse(record.at("id").get<std::string>()));
        records.emplace(id, std::move(record));
    }
    return records;
}

/// The id under this key; empty where there is none.
std::string id_at(const SortedJson& record, const char* key) {
    const auto found = record.find(key);
    return found == record.end() ? std::string() : found->get<std::string>();
}

Result<std::vector<Sha256>> layers_of(const Sha256& image, const std::string& top,
                                      const Records& layers) {
    std::vector<Sha256> chain;
    for (auto next = top; !next.empty();) {
        TRY_ASSIGN(const auto id, Sha256::parse(next));
        const auto layer = layers.find(id);
        if (layer == layers.end())
            return fail(ErrorCode::internal,
                        "podman has not stored the layer " + next + " of the image " + image.hex());
        if (chain.size() == kMostLayers)
            return fail(ErrorCode::invalid,
                        "the image " + image.hex() + " has more than " +
                            std::to_string(kMostLayers) +
                            " layers; build it with fewer, for instance with podman build "
                            "--squash-all, or make the bundle with --images=oci");
        chain.push_back(id);
        next = id_at(layer->second, "parent");
    }
    return chain;
}

SortedJson fixed_image(const SortedJson& record, const std::set<std::string>& names, bool dated) {
    SortedJson image = chosen(record, kImageKeys);
    std::set<std::string> stored;
    for (const auto& name : names)
        stored.insert(stored_name(name));
    if (!stored.empty()) image["names"] = stored;
    image["created"] = dated ? record.value("created", kNoTime) : kNoTime;
    sort_list(image, "big-data-names");
    return image;
}

SortedJson fixed_layer(const SortedJson& record) {
    SortedJson layer = chosen(record, kLayerKeys);
    layer["created"] = kNoTime;
    sort_list(layer, "uidset");
    sort_list(layer, "gidset");
    return layer;
}

Result<StoreRecords> records_of(const Records& images, const Records& layers,
                                const std::map<Sha256, std::set<std::string>>& names,
                                const std::set<Sha256>& dated) {
    StoreRecords records;
    SortedJson image_list = SortedJson::array();
    for (const auto& [id, image_names] : names) {
        const auto image = images.find(id);
        if (image == images.end())
            return fail(ErrorCode::invalid,
                        "the image " + id.hex() + " has another id once podman has unpacked it");
        image_list.push_back(fixed_image(image->second, image_names, dated.count(id) != 0));
        TRY_ASSIGN(const auto chain, layers_of(id, id_at(image->second, "layer"), layers));
        for (auto layer = chain.begin(); layer != chain.end(); ++layer)
            records.below.emplace(*layer, std::vector<Sha256>(layer + 1, chain.end()));
    }
    SortedJson layer_list = SortedJson::array();
    for (const auto& [id, below] : records.below)
        layer_list.push_back(fixed_layer(layers.at(id)));
    records.images = image_list.dump();
    records.layers = layer_list.dump();
    return records;
}

bool is_host(std::string_view component) {
    return component == "localhost" || component.find_first_of(".:") != std::string_view::npos;
}

}  // namespace

Result<StoreRecords> fixed_records(const std::string& images, const std::string& layers,
                                   const std::map<Sha256, std::set<std::string>>& names,
                                   const std::set<Sha256>& dated) {
    try {
        TRY_ASSIGN(const auto image_records, by_id(images));
        TRY_ASSIGN(const auto layer_records, by_id(layers));
        return records_of(image_records, layer_records, names, dated);
    } catch (const SortedJson::exception& exception) {
        return fail(ErrorCode::internal,
                    std::string("podman's list of images cannot be read: ") + exception.what());
    }
}

std::string link_id(const Sha256& layer) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    constexpr std::size_t kLength = 26;
    constexpr unsigned kBits = 5;
    crypto::Sha256Hasher hasher;
    hasher.update(std::as_bytes(std::span(layer.hex())));
    const auto digest = hasher.finish_bytes();
    std::string link;
    unsigned held = 0;
    unsigned bits = 0;
    for (auto byte = digest.begin(); link.size() < kLength;) {
        if (bits < kBits) {
            held = (held << 8U) | std::to_integer<unsigned>(*byte++);
            bits += 8;
        }
        bits -= kBits;
        link += kAlphabet[(held >> bits) & (kAlphabet.size() - 1)];
        held &= (1U << bits) - 1;
    }
    return link;
}

std::string stored_name(const std::string& name) {
    auto full = name.substr(0, name.find('@'));
    const auto slash = full.find('/');
    if (slash == std::string::npos || !is_host(full.substr(0, slash))) full = "localhost/" + full;
    constexpr std::string_view kHub = "docker.io/";
    if (full.starts_with(kHub) && full.find('/', kHub.size()) == std::string::npos)
        full.insert(kHub.size(), "library/");
    const bool tagged = full.find(':', full.rfind('/')) != std::string::npos;
    const auto digest = name.find('@');
    if (tagged) return full;
    return digest == std::string::npos ? full + ":latest" : full + name.substr(digest);
}

}  // namespace agent::images
