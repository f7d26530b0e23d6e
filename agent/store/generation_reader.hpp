// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "agent/store/generations.hpp"

namespace agent::store {

/// Names inside the directory of a generation; see docs/on-disk.md.
inline constexpr const char* kGenerationFile = "generation.toml";
inline constexpr const char* kUnitsDirectory = "units";
inline constexpr const char* kContainersDirectory = "containers";
inline constexpr const char* kBundlesDirectory = "bundles";
/// Names of a bundle's own files, there and in a kept bundle.
inline constexpr const char* kManifestFile = "manifest";
inline constexpr const char* kSignatureFile = "manifest.sig";
inline constexpr const char* kDescriptionFile = "bundle.toml";

/// The info of the generation in `directory`, which has to be the one with that number.
[[nodiscard]] model::Result<GenerationInfo> read_generation_info(
    const std::filesystem::path& directory, unsigned number);
/// The set of the generation in `directory`.
[[nodiscard]] model::Result<model::InstalledSet> read_generation_set(
    const std::filesystem::path& directory, unsigned number);
/// File name to text of every regular file; none where there is no directory.
[[nodiscard]] model::Result<std::map<std::string, std::string>> read_texts(
    const std::filesystem::path& directory);

}  // namespace agent::store
