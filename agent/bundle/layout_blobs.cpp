// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/layout_blobs.hpp"

#include <map>

#include "agent/bundle/file_io.hpp"
#include "agent/crypto/sha256.hpp"

namespace agent::bundle {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr std::string_view kDockerManifestType =
    "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kDockerListType =
    "application/vnd.docker.distribution.manifest.list.v2+json";

tl::unexpected<model::Error> invalid(const std::filesystem::path& file,
                                     const std::string& message) {
    return fail(ErrorCode::invalid, file.string() + ": " + message);
}

Result<> check_size(const std::filesystem::path& layout, const OciDescriptor& descriptor) {
    const std::filesystem::path file = blob_path(layout, descriptor.digest);
    const auto fd = open_regular(file);
    if (!fd) return invalid(file, "is missing from the image layout: " + fd.error().text());
    TRY_ASSIGN(const std::uint64_t size, size_of(*fd, file));
    if (size != descriptor.size)
        return invalid(file, "has " + std::to_string(size) + " bytes instead of " +
                                 std::to_string(descriptor.size) + ": the image layout is damaged");
    return {};
}

Result<std::string> read_document(const std::filesystem::path& layout,
                                  const OciDescriptor& descriptor) {
    const std::filesystem::path file = blob_path(layout, descriptor.digest);
    TRY(check_size(layout, descriptor));
    TRY_ASSIGN(std::string text, read_file(file, kMaxDocumentBytes));
    if (crypto::sha256(text) != descriptor.digest)
        return invalid(file, "its content is not what its name says: the image layout is damaged");
    return text;
}

/// Parses a blob, and says which one it was where that fails.
template <typename Parse>
auto parse_document(const std::filesystem::path& layout, const OciDescriptor& descriptor,
                    const std::string& text, Parse parse) {
    return parse(text).map_error([&](const model::Error& error) {
        return error.with_context(blob_path(layout, descriptor.digest).string());
    });
}

bool is_index(const OciDescriptor& descriptor) {
    return descriptor.media_type == kIndexType || descriptor.media_type == kDockerListType;
}

/// The one image of an index that stands for several platforms.
Result<OciDescriptor> choose_platform(const std::filesystem::path& layout,
                                      const OciDescriptor& index) {
    TRY_ASSIGN(const std::string text, read_document(layout, index));
    TRY_ASSIGN(auto entries, parse_document(layout, index, text, parse_oci_index));
    std::erase_if(entries, [](const OciDescriptor& entry) { return entry.is_attestation; });
    if (entries.size() == 1 && !is_index(entries.front())) return std::move(entries.front());
    return invalid(blob_path(layout, index.digest),
                   "is an index of " + std::to_string(entries.size()) +
                       " images, and a bundle needs one for one platform: copy that one only "
                       "(skopeo copy --override-arch ARCH, podman pull --platform PLATFORM)");
}

Result<> check_manifest_type(const std::filesystem::path& layout, const OciDescriptor& manifest) {
    if (manifest.media_type == kManifestType) return {};
    const std::string hint = manifest.media_type == kDockerManifestType
                                 ? "an image in Docker's format: convert it (skopeo copy --format "
                                   "oci, podman push --format oci)"
                                 : "not an OCI image manifest";
    return invalid(blob_path(layout, manifest.digest),
                   "has the type " + manifest.media_type + ", " + hint);
}

}  // namespace

std::filesystem::path blob_path(const std::filesystem::path& layout, const model::Sha256& digest) {
    return layout / "blobs" / "sha256" / digest.hex();
}

Result<std::vector<OciDescriptor>> read_index(const std::filesystem::path& layout) {
    const auto in_file = [&](const char* name) {
        return [&layout, name](const model::Error& error) {
            return error.with_context((layout / name).string());
        };
    };
    TRY_ASSIGN(const std::string marker, read_file(layout / "oci-layout", kMaxDocumentBytes));
    TRY(check_layout_marker(marker).map_error(in_file("oci-layout")));
    TRY_ASSIGN(const std::string index, read_file(layout / "index.json", kMaxDocumentBytes));
    return parse_oci_index(index).map_error(in_file("index.json"));
}

Result<ResolvedImage> resolve_image(const std::filesystem::path& layout,
                                    const OciDescriptor& entry) {
    ResolvedImage image;
    image.ref = entry.ref;
    image.descriptor = entry;
    if (is_index(entry)) {
        image.indexes.push_back(entry);
        TRY_ASSIGN(image.descriptor, choose_platform(layout, entry));
    }
    TRY(check_manifest_type(layout, image.descriptor));
    TRY_ASSIGN(image.manifest_text, read_document(layout, image.descriptor));
    TRY_ASSIGN(image.manifest,
               parse_document(layout, image.descriptor, image.manifest_text, parse_oci_manifest));
    const OciDescriptor& config = image.manifest.config;
    TRY_ASSIGN(const std::string config_text, read_document(layout, config));
    TRY_ASSIGN(image.config, parse_document(layout, config, config_text, parse_oci_config));
    if (image.config.diff_ids.size() != image.manifest.layers.size())
        return invalid(blob_path(layout, config.digest),
                       "names another number of layers than the manifest");
    for (const auto& layer : image.manifest.layers)
        TRY(check_size(layout, layer));
    return image;
}

Result<std::vector<ResolvedImage>> resolve_images(const std::filesystem::path& layout) {
    TRY_ASSIGN(const auto entries, read_index(layout));
    std::vector<ResolvedImage> images;
    for (const auto& entry : entries) {
        TRY_ASSIGN(ResolvedImage image, resolve_image(layout, entry));
        images.push_back(std::move(image));
    }
    return images;
}

Result<std::vector<LayoutBlob>> layout_blobs(const std::filesystem::path& layout) {
    TRY_ASSIGN(const std::vector<ResolvedImage> images, resolve_images(layout));
    std::map<model::Sha256, std::uint64_t> sizes;
    const auto add = [&](const OciDescriptor& blob) { sizes.emplace(blob.digest, blob.size); };
    for (const auto& image : images) {
        for (const auto& index : image.indexes)
            add(index);
        add(image.descriptor);
        add(image.manifest.config);
        for (const auto& layer : image.manifest.layers)
            add(layer);
    }
    std::vector<LayoutBlob> blobs;
    blobs.reserve(sizes.size());
    for (const auto& [digest, size] : sizes)
        blobs.push_back({digest, size});
    return blobs;
}

}  // namespace agent::bundle
