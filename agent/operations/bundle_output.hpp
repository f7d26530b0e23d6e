// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "agent/bundle/writer.hpp"
#include "agent/operations/make_store.hpp"

namespace agent::operations {

// What making a bundle file and making one of another have in common.

/// A directory that is gone again with its owner.
class ScratchDirectory {
  public:
    [[nodiscard]] static model::Result<ScratchDirectory> make_in(
        const std::filesystem::path& parent);
    ~ScratchDirectory();
    ScratchDirectory(ScratchDirectory&& other) noexcept
        : path_(std::exchange(other.path_, std::filesystem::path())) {}
    ScratchDirectory& operator=(ScratchDirectory&&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    explicit ScratchDirectory(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

/// `chain` may be empty.
[[nodiscard]] model::Result<bundle::SigningMaterial> read_signing(
    const std::filesystem::path& key, const std::filesystem::path& certificate,
    const std::filesystem::path& chain);

/// Puts a store in the place of the content's layout, which is removed. `images` are those of the
/// layout, by name.
[[nodiscard]] model::Result<> replace_by_store(const Context& context,
                                               const std::map<std::string, model::Sha256>& images,
                                               const StoreScratch& scratch,
                                               bundle::BundleContent& content);

struct WrittenBundle {
    model::Sha256 digest;
    std::uint64_t size = 0;
};
/// Writes the bundle file, with progress; ErrorCode::busy where that is cancelled.
[[nodiscard]] model::Result<WrittenBundle> write_output(const Context& context,
                                                        const bundle::BundleContent& content,
                                                        const bundle::SigningMaterial& signing,
                                                        const std::filesystem::path& file);

}  // namespace agent::operations
