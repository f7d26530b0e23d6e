// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/oci_document.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "agent/model/bounded_json.hpp"

namespace agent::bundle {

using Json = nlohmann::json;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

tl::unexpected<model::Error> invalid(std::string message) {
    return fail(ErrorCode::invalid, std::move(message));
}

Result<Json> parse_object(std::string_view text) {
    if (text.size() > kMaxDocumentBytes) return invalid("is larger than 4 MiB");
    if (model::nests_too_deep(text)) return invalid("is nested too deeply");
    Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return invalid("is not a JSON object");
    return json;
}

const Json* member(const Json& json, const char* key) {
    const auto found = json.find(key);
    return found == json.end() ? nullptr : &*found;
}

std::string text_of(const Json& json, const char* key) {
    const Json* const value = member(json, key);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

Result<> check_schema(const Json& json) {
    const Json* const version = member(json, "schemaVersion");
    if (version == nullptr || *version != 2)
        return invalid("has no `schemaVersion` 2, so it is not an OCI document");
    return {};
}

Result<model::Sha256> parse_digest(const std::string& text) {
    if (text.rfind("sha256:", 0) != 0)
        return invalid("digest `" + text + "` is not a sha256 digest, the only kind accepted");
    return model::Sha256::parse(text);
}

Result<OciDescriptor> parse_descriptor(const Json& json) {
    if (!json.is_object()) return invalid("a descriptor is not a JSON object");
    OciDescriptor descriptor;
    descriptor.media_type = text_of(json, "mediaType");
    if (descriptor.media_type.empty()) return invalid("a descriptor has no `mediaType`");
    TRY_ASSIGN(descriptor.digest, parse_digest(text_of(json, "digest")));
    const Json* const size = member(json, "size");
    if (size == nullptr || !size->is_number_unsigned())
        return invalid("the descriptor of " + descriptor.digest.hex() + " has no `size`");
    descriptor.size = size->get<std::uint64_t>();
    if (const Json* const notes = member(json, "annotations");
        notes != nullptr && notes->is_object())
        descriptor.ref = text_of(*notes, std::string(kRefName).c_str());
    if (const Json* const platform = member(json, "platform");
        platform != nullptr && platform->is_object())
        descriptor.is_attestation = text_of(*platform, "os") == "unknown";
    return descriptor;
}

Result<std::vector<OciDescriptor>> parse_descriptors(const Json& json, const char* key) {
    const Json* const list = member(json, key);
    if (list == nullptr || !list->is_array())
        return invalid(std::string("has no list `") + key + "`");
    std::vector<OciDescriptor> descriptors;
    for (const auto& element : *list) {
        TRY_ASSIGN(OciDescriptor descriptor, parse_descriptor(element));
        descriptors.push_back(std::move(descriptor));
    }
    return descriptors;
}

Json to_json(const OciDescriptor& descriptor) {
    Json json{{"mediaType", descriptor.media_type},
              {"digest", "sha256:" + descriptor.digest.hex()},
              {"size", descriptor.size}};
    if (!descriptor.ref.empty()) json["annotations"] = {{std::string(kRefName), descriptor.ref}};
    return json;
}

}  // namespace

Result<> check_layout_marker(std::string_view oci_layout) {
    TRY_ASSIGN(const Json json, parse_object(oci_layout));
    const std::string version = text_of(json, "imageLayoutVersion");
    if (version.rfind("1.", 0) != 0)
        return invalid("has imageLayoutVersion `" + version + "`, but only 1.x is known");
    return {};
}

Result<std::vector<OciDescriptor>> parse_oci_index(std::string_view text) {
    TRY_ASSIGN(const Json json, parse_object(text));
    TRY(check_schema(json));
    return parse_descriptors(json, "manifests");
}

Result<OciManifest> parse_oci_manifest(std::string_view text) {
    TRY_ASSIGN(const Json json, parse_object(text));
    TRY(check_schema(json));
    OciManifest manifest;
    const Json* const config = member(json, "config");
    if (config == nullptr) return invalid("has no `config`");
    TRY_ASSIGN(manifest.config, parse_descriptor(*config));
    if (manifest.config.media_type != kConfigType)
        return invalid("its config has the type " + manifest.config.media_type +
                       ", so it is not a container image");
    TRY_ASSIGN(manifest.layers, parse_descriptors(json, "layers"));
    for (const auto& layer : manifest.layers)
        if (layer.media_type != kTarType && layer.media_type != kGzipType &&
            layer.media_type != kZstdType)
            return invalid("layer " + layer.digest.hex() + " has the type " + layer.media_type +
                           "; a layer is a tar, plain or compressed by gzip or zstd");
    return manifest;
}

Result<OciConfig> parse_oci_config(std::string_view text) {
    TRY_ASSIGN(const Json json, parse_object(text));
    OciConfig config{text_of(json, "architecture"), text_of(json, "os"), {}};
    if (config.architecture.empty() || config.os.empty())
        return invalid("has no `architecture` or no `os`");
    const Json* const rootfs = member(json, "rootfs");
    const Json* const ids =
        rootfs != nullptr && rootfs->is_object() ? member(*rootfs, "diff_ids") : nullptr;
    if (ids == nullptr || !ids->is_array()) return invalid("has no list `rootfs.diff_ids`");
    for (const auto& element : *ids) {
        TRY_ASSIGN(model::Sha256 id,
                   parse_digest(element.is_string() ? element.get<std::string>() : std::string()));
        config.diff_ids.push_back(std::move(id));
    }
    return config;
}

Result<std::string> with_layers(std::string_view manifest,
                                const std::vector<OciDescriptor>& layers) {
    TRY_ASSIGN(Json json, parse_object(manifest));
    Json& list = json["layers"];
    if (!list.is_array() || list.size() != layers.size())
        return invalid("has another number of layers");
    json["mediaType"] = kManifestType;
    for (std::size_t i = 0; i < layers.size(); ++i)
        list[i].update(to_json(layers[i]));
    return json.dump();
}

std::string empty_oci_index() {
    return Json{{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", Json::array()}}
        .dump();
}

Result<std::string> with_manifest(std::string_view index, const OciDescriptor& manifest) {
    TRY_ASSIGN(Json json, parse_object(index));
    Json& list = json["manifests"];
    if (!list.is_array()) return invalid("has no list `manifests`");
    list.push_back(to_json(manifest));
    return json.dump();
}

}  // namespace agent::bundle
