// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <filesystem>
#include <string>

#include "agent/bundle/manifest.hpp"
#include "tests/fuzz/invariant.hpp"

using agent::bundle::Manifest;

namespace {

void check_entry(const Manifest& manifest, const agent::bundle::ManifestEntry& entry) {
    fuzz::require(manifest.find(entry.path) == &entry, "an entry is found by its path");
    const std::filesystem::path path(entry.path);
    fuzz::require(path.is_relative() && path.lexically_normal() == path && path != "." &&
                      *path.begin() != "..",
                  "a path is canonical and stays in the bundle");
    for (auto parent = path.parent_path(); !parent.empty(); parent = parent.parent_path())
        fuzz::require(manifest.find(parent) == nullptr, "no file is a directory");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    const auto manifest = Manifest::parse(text);
    if (!manifest) {
        fuzz::require(manifest.error().code() == agent::model::ErrorCode::invalid,
                      "a bad manifest is invalid input");
        return 0;
    }
    fuzz::require(to_text(manifest->entries()) == text, "one manifest has one text");
    for (const auto& entry : manifest->entries())
        check_entry(*manifest, entry);
    return 0;
}
