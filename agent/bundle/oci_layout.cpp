// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/oci_layout.hpp"

#include <algorithm>
#include <map>

#include "agent/bundle/layer.hpp"
#include "agent/bundle/layout_blobs.hpp"
#include "agent/bundle/output_file.hpp"
#include "agent/crypto/sha256.hpp"

namespace agent::bundle {

using model::errno_error;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

LayoutImage to_layout_image(const ResolvedImage& image) {
    std::map<model::Sha256, std::uint64_t> sizes;
    sizes.emplace(image.descriptor.digest, image.descriptor.size);
    sizes.emplace(image.manifest.config.digest, image.manifest.config.size);
    for (const auto& layer : image.manifest.layers)
        sizes.emplace(layer.digest, layer.size);
    LayoutImage result{image.ref,
                       image.descriptor.digest,
                       image.manifest.config.digest,
                       image.config.architecture,
                       image.config.os,
                       0};
    for (const auto& [digest, size] : sizes)
        result.size += size;
    return result;
}

std::string names_of(const std::vector<OciDescriptor>& entries) {
    std::string names;
    for (const auto& entry : entries)
        names += (names.empty() ? "" : ", ") + (entry.ref.empty() ? "(no name)" : entry.ref);
    return names.empty() ? "none" : names;
}

Result<ResolvedImage> find_image(const std::filesystem::path& layout, const std::string& ref) {
    TRY_ASSIGN(const std::vector<OciDescriptor> entries, read_index(layout));
    if (ref.empty()) {
        if (entries.size() == 1) return resolve_image(layout, entries.front());
        return fail(ErrorCode::invalid, layout.string() + ": has " +
                                            std::to_string(entries.size()) +
                                            " images; name one of them: " + names_of(entries));
    }
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const OciDescriptor& entry) { return entry.ref == ref; });
    if (found == entries.end())
        return fail(ErrorCode::not_found,
                    layout.string() + ": has no image " + ref + "; there is: " + names_of(entries));
    return resolve_image(layout, *found);
}

Result<> prepare_layout(const std::filesystem::path& layout) {
    std::error_code error;
    std::filesystem::create_directories(layout / "blobs" / "sha256", error);
    if (error) return fail(errno_error(error.value(), "making " + layout.string()));
    if (std::filesystem::exists(layout / "oci-layout", error)) return {};
    TRY(write_file_atomically(layout / "index.json", empty_oci_index()));
    return write_file_atomically(layout / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
}

Result<OciDescriptor> add_layer(const std::filesystem::path& from, const OciDescriptor& layer,
                                const model::Sha256& diff_id, const std::filesystem::path& to) {
    if (layer.media_type != kZstdType) return recompress_layer(from, layer, diff_id, to);
    TRY(share_blob(from, layer.digest, to));
    return layer;
}

Result<OciDescriptor> add_manifest(const ResolvedImage& image,
                                   const std::vector<OciDescriptor>& layers,
                                   const std::filesystem::path& to) {
    std::string text = image.manifest_text;
    const bool is_same = std::equal(
        layers.begin(), layers.end(), image.manifest.layers.begin(), image.manifest.layers.end(),
        [](const auto& a, const auto& b) { return a.digest == b.digest; });
    if (!is_same) {
        TRY_ASSIGN(text, with_layers(text, layers));
    }
    OciDescriptor descriptor{std::string(kManifestType), crypto::sha256(text), text.size(),
                             image.manifest.config.digest.hex(), false};
    TRY(write_file_atomically(blob_path(to, descriptor.digest), text));
    return descriptor;
}

Result<> add_to_index(const OciDescriptor& manifest, const std::filesystem::path& to) {
    const std::filesystem::path file = to / "index.json";
    TRY_ASSIGN(const std::string index, read_file(file, kMaxDocumentBytes));
    auto extended = with_manifest(index, manifest);
    if (!extended) return fail(extended.error().with_context(file.string()));
    return write_file_atomically(file, *extended);
}

}  // namespace

Result<std::vector<LayoutImage>> read_layout(const std::filesystem::path& directory) {
    TRY_ASSIGN(const std::vector<ResolvedImage> images, resolve_images(directory));
    std::vector<LayoutImage> result;
    result.reserve(images.size());
    for (const auto& image : images)
        result.push_back(to_layout_image(image));
    return result;
}

Result<LayoutImage> add_to_layout(const std::filesystem::path& from, const std::string& ref,
                                  const std::filesystem::path& to) {
    TRY_ASSIGN(const ResolvedImage image, find_image(from, ref));
    TRY(prepare_layout(to));
    const std::string id = image.manifest.config.digest.hex();
    TRY_ASSIGN(const std::vector<LayoutImage> present, read_layout(to));
    const auto same = std::find_if(present.begin(), present.end(),
                                   [&](const LayoutImage& other) { return other.ref == id; });
    if (same != present.end()) return *same;

    std::vector<OciDescriptor> layers;
    for (std::size_t i = 0; i < image.manifest.layers.size(); ++i) {
        TRY_ASSIGN(OciDescriptor layer,
                   add_layer(from, image.manifest.layers[i], image.config.diff_ids[i], to));
        layers.push_back(std::move(layer));
    }
    TRY(share_blob(from, image.manifest.config.digest, to));
    TRY_ASSIGN(const OciDescriptor manifest, add_manifest(image, layers, to));
    TRY(add_to_index(manifest, to));

    ResolvedImage added = image;
    added.ref = id;
    added.descriptor = manifest;
    added.manifest.layers = std::move(layers);
    return to_layout_image(added);
}

}  // namespace agent::bundle
