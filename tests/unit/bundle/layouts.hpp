// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "agent/crypto/sha256.hpp"
#include "tests/unit/crypto/pki.hpp"

namespace tests {

/// Builds an image layout blob by blob, right or wrong.
class LayoutBuilder {
  public:
    explicit LayoutBuilder(std::filesystem::path directory) : directory_(std::move(directory)) {
        std::filesystem::create_directories(directory_ / "blobs/sha256");
        write_text(directory_ / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
        write_index();
    }

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
    [[nodiscard]] std::filesystem::path blob(const std::string& digest) const {
        return directory_ / "blobs/sha256" / digest;
    }

    /// Writes a blob and returns its descriptor as JSON.
    std::string put(const std::string& type, const std::string& content,
                    const std::string& more = {}) {
        const std::string digest = agent::crypto::sha256(content).hex();
        write_text(blob(digest), content);
        return R"({"mediaType":")" + type + R"(","digest":"sha256:)" + digest + R"(","size":)" +
               std::to_string(content.size()) + more + "}";
    }

    /// A layer of a tar with one file, compressed by `tool` (`cat`, `gzip`, `zstd`).
    std::string put_layer(const std::string& name, const std::string& tool, std::string type = {}) {
        if (type.empty()) type = layer_type(tool);
        const auto& dir = scratch_.path();
        write_text(dir / name, "file " + name + "\n");
        must(dir, "tar --format=ustar --mtime=@0 -cf layer.tar " + name + " && " + tool +
                      " <layer.tar >layer.out");
        diff_ids_.push_back(agent::crypto::sha256(read_text(dir / "layer.tar")).hex());
        return put(type, read_text(dir / "layer.out"));
    }

    /// Writes a config that names the layers put so far, and a manifest, and returns its
    /// descriptor.
    std::string put_image(const std::vector<std::string>& layers, const std::string& more = {}) {
        std::string ids;
        for (const auto& id : diff_ids_)
            ids += (ids.empty() ? "\"sha256:" : ",\"sha256:") + id + '"';
        diff_ids_.clear();
        const std::string config_text =
            R"({"architecture":"amd64","os":"linux","config":{"Cmd":["/a"]},"rootfs":)"
            R"({"type":"layers","diff_ids":[)" +
            ids + "]}}";
        config_digest = agent::crypto::sha256(config_text).hex();
        std::string list;
        for (const auto& layer : layers)
            list += (list.empty() ? "" : ",") + layer;
        return put(kManifest,
                   R"({"schemaVersion":2,"mediaType":")" + std::string(kManifest) +
                       R"(","config":)" + put(kConfig, config_text) + R"(,"layers":[)" + list +
                       R"(],"annotations":{"kept":"yes"}})",
                   more);
    }
    static std::string ref(const std::string& name) {
        return R"(,"annotations":{"org.opencontainers.image.ref.name":")" + name + R"("})";
    }
    void add(const std::string& descriptor) {
        manifests_.push_back(descriptor);
        write_index();
    }

    /// Of the image that was put last.
    std::string config_digest;

    static constexpr const char* kManifest = "application/vnd.oci.image.manifest.v1+json";
    static constexpr const char* kIndex = "application/vnd.oci.image.index.v1+json";
    static constexpr const char* kConfig = "application/vnd.oci.image.config.v1+json";
    static constexpr const char* kTar = "application/vnd.oci.image.layer.v1.tar";

    static std::string layer_type(const std::string& tool) {
        return std::string(kTar) + (tool == "cat" ? "" : "+" + tool);
    }
    static std::string index_of(const std::vector<std::string>& manifests) {
        std::string list;
        for (const auto& manifest : manifests)
            list += (list.empty() ? "" : ",") + manifest;
        return R"({"schemaVersion":2,"mediaType":")" + std::string(kIndex) + R"(","manifests":[)" +
               list + "]}";
    }

  private:
    void write_index() const { write_text(directory_ / "index.json", index_of(manifests_)); }

    std::filesystem::path directory_;
    TemporaryDirectory scratch_;
    std::vector<std::string> diff_ids_;
    std::vector<std::string> manifests_;
};

}  // namespace tests
