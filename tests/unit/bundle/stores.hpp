// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "agent/bundle/file_io.hpp"
#include "tests/unit/bundle/bundles.hpp"

namespace tests {

inline const std::string kStorePath = "images/0123456789abcdef.sqfs";
inline const std::string kStoreIndex = R"({"format": 1})";

/// What begins as a squashfs does, and is not looked at further.
inline std::string store_text(std::size_t size) {
    std::string text = "hsqs";
    while (text.size() < size)
        text += std::to_string(text.size()) + " ";
    text.resize(size);
    return text;
}

/// A bundle with an image store, not signed, whose data is wherever it comes in the tar.
inline std::vector<TarMember> store_members(std::size_t size) {
    return with_manifest({{"bundle.toml", std::string(kDescription)},
                          {"store.json", kStoreIndex},
                          {"files/a", "content of a"},
                          {kStorePath, store_text(size)}});
}

inline constexpr std::size_t kStoreBytes = 2U << 20U;
inline constexpr agent::bundle::StoreCheck kChecks[] = {agent::bundle::StoreCheck::hash,
                                                        agent::bundle::StoreCheck::leave_to_kernel};

/// A bundle file with an image store, and the directory that it is extracted to.
struct StoreWorkspace {
    TemporaryDirectory dir;
    std::filesystem::path bundle = std::filesystem::canonical(dir.path()) / "b";
    std::filesystem::path out = dir.path() / "out";
    agent::bundle::BundleContent content{std::string(kDescription), {}, {}};

    StoreWorkspace() {
        write_text(dir.path() / "store", store_text(kStoreBytes));
        content.store_index = kStoreIndex;
        content.store_file = dir.path() / "store";
        content.store_member = kStorePath;
    }
    void add(const std::string& path, const std::string& text) {
        const auto file = dir.path() / ("source" + std::to_string(content.files.size()));
        write_text(file, text);
        content.files.emplace_back(path, file);
    }
    [[nodiscard]] auto write() const {
        return agent::bundle::write_bundle(content, signing_material(), bundle, {});
    }
    [[nodiscard]] auto extract(
        agent::bundle::StoreCheck check = agent::bundle::StoreCheck::hash) const {
        std::filesystem::remove_all(out);
        return extract_bundle(bundle, out, {}, {.check = check, .origin = {}});
    }
    [[nodiscard]] std::string kept(const std::string& member) const {
        return agent::bundle::read_file(out / member, std::uint64_t{1} << 30U).value();
    }
    [[nodiscard]] bool is_marked() const {
        return std::filesystem::exists(out / agent::bundle::kCheckedMarker);
    }
    /// Refused however it is read, and nothing is left behind.
    void refused(const std::vector<TarMember>& members,
                 std::initializer_list<std::string_view> parts) const {
        write_text(bundle, tar_text(members));
        check_fails(verify_bundle(bundle), agent::model::ErrorCode::invalid, parts);
        for (const auto check : kChecks) {
            check_fails(extract(check), agent::model::ErrorCode::invalid, parts);
            CHECK_FALSE(std::filesystem::exists(out));
        }
    }
};

}  // namespace tests
