// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/store_index.hpp"

#include <algorithm>

#include "agent/images/record_fields.hpp"
#include "agent/model/bounded_json.hpp"
#include "agent/model/ids.hpp"
#include "agent/model/text.hpp"

namespace agent::images {

using model::ErrorCode;
using model::fail;
using model::Result;
using store::Json;

namespace {

/// Empty where it is absent or null.
Result<std::string> digest_at(const Json& record, const char* key) {
    const auto found = record.find(key);
    if (found == record.end() || found->is_null()) return std::string();
    const auto text = found->is_string() ? found->get<std::string>() : std::string();
    if (found->is_string() && (text.empty() || is_id(text))) return text;
    return fail(ErrorCode::invalid, std::string(key) + ": " + model::escaped(found->dump()) +
                                        " is not 64 lower-case hexadecimal digits");
}

Result<std::string> id_of(const Json& record) {
    TRY_ASSIGN(const auto id, digest_at(record, "id"));
    if (id.empty()) return fail(ErrorCode::invalid, "id: is missing");
    return id;
}

Result<ImageRecord> to_image(const Json& json) {
    ImageRecord image;
    TRY_ASSIGN(image.id, id_of(json));
    TRY_ASSIGN(image.layer, digest_at(json, "layer"));
    TRY_ASSIGN(image.json, image_fields(json));
    image.names = store::strings_of(image.json, "names");
    return image;
}

Result<LayerRecord> to_layer(const Json& json) {
    LayerRecord layer;
    TRY_ASSIGN(layer.id, id_of(json));
    TRY_ASSIGN(layer.parent, digest_at(json, "parent"));
    TRY_ASSIGN(layer.json, layer_fields(json));
    const auto flags = json.find("flags");
    layer.incomplete = flags != json.end() && flags->is_object() && flags->contains("incomplete");
    return layer;
}

template <typename Record>
Result<std::vector<Record>> parse_records(std::string_view text,
                                          Result<Record> (*convert)(const Json&)) {
    constexpr std::size_t kMostKeys = 1000;
    TRY_ASSIGN(const Json json, model::parse_json(text, kMaxIndexBytes, kMostKeys));
    if (!json.is_array()) return fail(ErrorCode::invalid, "is not a list");
    std::vector<Record> records;
    for (const auto& each : json) {
        const std::string place = "record " + std::to_string(records.size() + 1);
        if (!each.is_object()) return fail(ErrorCode::invalid, place + " is not an object");
        auto record = convert(each);
        if (!record) return fail(record.error().with_context(place));
        records.push_back(std::move(*record));
    }
    return records;
}

}  // namespace

Result<std::vector<ImageRecord>> parse_images(std::string_view text) {
    return parse_records<ImageRecord>(text, &to_image);
}

Result<std::vector<LayerRecord>> parse_layers(std::string_view text) {
    return parse_records<LayerRecord>(text, &to_layer);
}

bool is_id(std::string_view text) {
    const auto digest = model::Sha256::parse(text);
    return digest && digest->hex() == text;
}

bool is_link_id(std::string_view text) {
    constexpr std::size_t kLength = 26;
    const auto is_base32 = [](char c) { return model::is_upper(c) || (c >= '2' && c <= '7'); };
    return text.size() == kLength && std::all_of(text.begin(), text.end(), is_base32);
}

std::string tar_split_of(const std::string& layer) {
    return "overlay-layers/" + layer + ".tar-split.gz";
}

}  // namespace agent::images
