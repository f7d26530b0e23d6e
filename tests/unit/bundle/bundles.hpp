// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/bundle/reader.hpp"
#include "agent/bundle/writer.hpp"
#include "agent/crypto/sha256.hpp"
#include "tests/unit/bundle/tar_text.hpp"
#include "tests/unit/crypto/pki.hpp"
#include "tests/unit/crypto/verification.hpp"

namespace tests {

inline constexpr std::string_view kDescription =
    "format = 1\nid = \"demo\"\nname = \"Demo\"\nversion = \"1.0.0\"\ntype = \"base\"\n";

inline agent::bundle::SigningMaterial signing_material() {
    const auto& pki = shared_pki();
    return {pki.key("signer"), pki.pem("signer"), pki.pem("intermediate")};
}

/// An image layout that skopeo would read, with one layer whose bytes are not looked at.
inline void make_small_layout(const std::filesystem::path& layout) {
    using agent::crypto::sha256;
    const auto put = [&](const std::string& text) {
        const std::string digest = sha256(text).hex();
        write_text(layout / "blobs/sha256" / digest, text);
        return R"("digest":"sha256:)" + digest + R"(","size":)" + std::to_string(text.size());
    };
    std::filesystem::create_directories(layout / "blobs/sha256");
    const std::string layer = put(std::string(1500, 'l'));
    const std::string config =
        put(R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers",)"
            R"("diff_ids":["sha256:)" +
            sha256("layer").hex() + R"("]}})");
    const std::string manifest = put(
        R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",)" +
        config + R"(},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+zstd",)" +
        layer + "}]}");
    write_text(layout / "index.json", R"({"schemaVersion":2,"manifests":[{"mediaType":)"
                                      R"("application/vnd.oci.image.manifest.v1+json",)" +
                                          manifest + "}]}");
    write_text(layout / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
}

/// A small signed bundle file, made once.
inline const std::filesystem::path& small_bundle() {
    static const TemporaryDirectory dir;
    static const std::filesystem::path file = [] {
        make_small_layout(dir.path() / "layout");
        write_text(dir.path() / "LICENSE", "Do as you like.\n");
        const agent::bundle::BundleContent content{std::string(kDescription),
                                                   {{"licenses/demo", dir.path() / "LICENSE"}},
                                                   dir.path() / "layout"};
        std::filesystem::path output = dir.path() / "demo_1.0.0.bundle";
        if (!agent::bundle::write_bundle(content, signing_material(), output, {}))
            throw std::runtime_error("cannot write the test bundle");
        return output;
    }();
    return file;
}

/// The manifest that lists these members.
inline std::string manifest_of(const std::vector<TarMember>& members) {
    std::vector<agent::bundle::ManifestEntry> entries;
    for (const auto& member : members)
        entries.push_back(
            {agent::crypto::sha256(member.content), member.content.size(), member.path});
    return agent::bundle::to_text(entries);
}

/// An unsigned bundle of these members, the first of which is bundle.toml, with its manifest.
inline std::vector<TarMember> with_manifest(std::vector<TarMember> members) {
    TarMember manifest{"manifest", manifest_of(members)};
    members.insert(members.begin(), std::move(manifest));
    return members;
}

/// Files below a directory by relative path.
inline std::map<std::string, std::string> files_below(const std::filesystem::path& directory) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
        if (entry.is_regular_file())
            files[entry.path().lexically_relative(directory)] = read_text(entry.path());
    return files;
}

/// Opens, judges nothing, reads the description and extracts: what a caller does with a file.
inline agent::model::Result<> extract_bundle(const std::filesystem::path& file,
                                             const std::filesystem::path& target,
                                             const agent::bundle::ReadProgress& progress = {},
                                             const agent::bundle::StoreKeeping& keeping = {}) {
    TRY_ASSIGN(auto reader, agent::bundle::BundleReader::open(file));
    TRY_ASSIGN(const std::string description, reader.read_description());
    return reader.extract(target, progress, keeping);
}

inline agent::model::Result<> verify_bundle(const std::filesystem::path& file) {
    TRY_ASSIGN(auto reader, agent::bundle::BundleReader::open(file));
    TRY_ASSIGN(const std::string description, reader.read_description());
    return reader.verify_rest({});
}

}  // namespace tests
