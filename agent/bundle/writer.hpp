// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "agent/bundle/reader.hpp"

namespace agent::bundle {

/// Key and certificates, as PEM texts.
struct SigningMaterial {
    std::string key;
    std::string certificate;
    std::string chain;
};

/// What goes into a bundle file.
struct BundleContent {
    std::string description;
    /// Path in the bundle, and the file it is read from: `licenses/…`, `files/…`, `schemas/…`.
    std::vector<std::pair<std::string, std::filesystem::path>> files;
    /// An OCI image layout, or empty for none. A bundle has this, or an image store, or neither.
    std::filesystem::path image_layout;
    /// The text of `store.json`, empty without an image store.
    std::string store_index = {};
    /// The image store, and its path in the bundle, see model::store_member().
    std::filesystem::path store_file = {};
    std::string store_member = {};
};

/// Writes the bundle file atomically: it is there whole, or not at all. The same content and key
/// give the same members; only the signature differs. Returns the digest of its manifest.
[[nodiscard]] model::Result<model::Sha256> write_bundle(const BundleContent& content,
                                                        const SigningMaterial& signing,
                                                        const std::filesystem::path& output,
                                                        const ReadProgress& progress);

}  // namespace agent::bundle
