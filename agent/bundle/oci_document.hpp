// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::bundle {

// The documents of an OCI image layout, as far as they are read here:
// https://github.com/opencontainers/image-spec, version 1.

inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kTarType = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kGzipType = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kZstdType = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";

/// What registries accept at most for a manifest; an index or a config is not larger either.
inline constexpr std::uint64_t kMaxDocumentBytes = 4U << 20U;

struct OciDescriptor {
    std::string media_type;
    model::Sha256 digest;
    std::uint64_t size = 0;
    /// Annotation org.opencontainers.image.ref.name.
    std::string ref;
    /// Whether its platform is `unknown`, as that of build attestations.
    bool is_attestation = false;
};

struct OciManifest {
    OciDescriptor config;
    std::vector<OciDescriptor> layers;
};

struct OciConfig {
    std::string architecture;
    std::string os;
    /// Digests of the uncompressed layers.
    std::vector<model::Sha256> diff_ids;
};

// All of these fail with ErrorCode::invalid and what is wrong in the document.
[[nodiscard]] model::Result<> check_layout_marker(std::string_view oci_layout);
[[nodiscard]] model::Result<std::vector<OciDescriptor>> parse_oci_index(std::string_view text);
[[nodiscard]] model::Result<OciManifest> parse_oci_manifest(std::string_view text);
[[nodiscard]] model::Result<OciConfig> parse_oci_config(std::string_view text);

/// The manifest with other layers (media type, digest and size), everything else kept.
[[nodiscard]] model::Result<std::string> with_layers(std::string_view manifest,
                                                     const std::vector<OciDescriptor>& layers);
[[nodiscard]] std::string empty_oci_index();
/// The index with one more manifest.
[[nodiscard]] model::Result<std::string> with_manifest(std::string_view index,
                                                       const OciDescriptor& manifest);

}  // namespace agent::bundle
