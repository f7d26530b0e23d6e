// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::bundle {

/// The limits of a bundle file, enforced while it is read.
inline constexpr std::uint64_t kMaxManifestBytes = 1U << 20U;
inline constexpr std::uint64_t kMaxDescriptionBytes = 1U << 20U;
inline constexpr std::uint64_t kMaxStoreIndexBytes = 1U << 20U;
inline constexpr std::uint64_t kMaxSignatureBytes = 64U << 10U;
inline constexpr std::size_t kMaxMembers = 4096;
inline constexpr std::size_t kMaxPathBytes = 4096;

struct ManifestEntry {
    model::Sha256 digest;
    std::uint64_t size = 0;
    std::string path;
    bool operator==(const ManifestEntry&) const = default;
};

/// The first member of a bundle file: a line `sha256 size path` for every other member but the
/// signature.
class Manifest {
  public:
    /// ErrorCode::invalid with the line: not three fields, a path that leaves the bundle, twice;
    /// without one, images in two ways, or a half of an image store.
    [[nodiscard]] static model::Result<Manifest> parse(std::string_view text);
    [[nodiscard]] const std::vector<ManifestEntry>& entries() const { return entries_; }
    [[nodiscard]] const ManifestEntry* find(const std::string& path) const;
    /// The image store; nothing for a bundle without one.
    [[nodiscard]] const ManifestEntry* store() const;
    /// Bytes of all members together.
    [[nodiscard]] std::uint64_t total_size() const;

  private:
    [[nodiscard]] model::Result<> find_store();

    std::vector<ManifestEntry> entries_;
    std::optional<std::size_t> store_;
    std::unordered_map<std::string, std::size_t> index_;
};

[[nodiscard]] std::string to_text(const std::vector<ManifestEntry>& entries);

}  // namespace agent::bundle
