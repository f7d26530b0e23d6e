// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "agent/bundle/bundle_file.hpp"
#include "agent/bundle/file_io.hpp"
#include "agent/bundle/manifest.hpp"

namespace agent::bundle {

/// Called while a bundle is read, with the bytes done and the bytes in all. Returning false ends
/// the reading with ErrorCode::busy ("cancelled").
using ReadProgress = std::function<bool(std::uint64_t done, std::uint64_t total)>;

/// An empty file that extract() leaves beside an image store which was compared with the manifest.
inline constexpr std::string_view kCheckedMarker = "images/checked";

/// How an image store is judged when it is extracted.
enum class StoreCheck {
    /// As every other member: compared with the manifest.
    hash,
    /// Not read at all: dm-verity compares each block with the signed root hash when it is used.
    leave_to_kernel,
};

/// How an image store is kept when it is extracted.
struct StoreKeeping {
    StoreCheck check = StoreCheck::hash;
    /// Of a delta file: the image store that read_delta_origin() tells of. What is made of it is
    /// compared with the manifest, whatever `check` says.
    std::filesystem::path origin = {};
};

/// A bundle file, read in one streaming pass with constant memory. The order of the calls is the
/// order of trust: open → (judge the signature) → read_description → (read_store_index) →
/// (read_delta_origin) → extract or verify_rest.
class BundleReader {
  public:
    /// Reads `manifest` and `manifest.sig` as raw bytes; neither is parsed yet.
    [[nodiscard]] static model::Result<BundleReader> open(const BundleFile& file);
    ~BundleReader();
    BundleReader(BundleReader&&) noexcept;
    BundleReader& operator=(BundleReader&&) noexcept;

    [[nodiscard]] const std::string& manifest_text() const;
    /// Empty when the bundle is not signed.
    [[nodiscard]] const std::string& signature() const;
    /// SHA-256 of the manifest: the identity of the bundle's content.
    [[nodiscard]] model::Sha256 digest() const;

    /// Parses the manifest, reads `bundle.toml`, and returns its text once size and hash are right.
    [[nodiscard]] model::Result<std::string> read_description();
    /// After read_description().
    [[nodiscard]] const Manifest& manifest() const;
    /// After read_description(): the text of `store.json`, once size and hash are right; nothing
    /// for a bundle without an image store.
    [[nodiscard]] model::Result<std::optional<std::string>> read_store_index();
    /// The text of the member `delta`, to be read by parse_delta_origin(): nobody signed it, and
    /// what it leads to is compared as a whole. Nothing for a whole bundle.
    [[nodiscard]] model::Result<std::optional<std::string>> read_delta_origin();
    /// The texts of these small members, by path, each of at most `limit` bytes. Nothing else can
    /// be read with this reader after that.
    [[nodiscard]] model::Result<std::map<std::string, std::string>> read_members(
        const std::set<std::string>& paths, std::uint64_t limit);

    /// Writes manifest, signature, description and every other member below `directory` (made, must
    /// not exist), each checked while it is written, all on disk when it returns. On failure the
    /// directory is removed again. An image store is cloned where the file system can, or made of
    /// what a delta file starts from, and checked as `keeping` says; where it was compared with the
    /// manifest, kCheckedMarker is there, too. ErrorCode::conflict for a delta without its origin.
    [[nodiscard]] model::Result<> extract(const std::filesystem::path& directory,
                                          const ReadProgress& progress,
                                          const StoreKeeping& keeping = {});
    /// Reads and checks every other member and keeps nothing. Of a delta file, what stands for the
    /// image store can only be checked where it is extracted.
    [[nodiscard]] model::Result<> verify_rest(const ReadProgress& progress);

    /// Reads and checks all that is before the image store: where this is in the file, of which
    /// nothing is read. ErrorCode::invalid where the file has none. Nothing else can be read after
    /// that.
    [[nodiscard]] model::Result<FileRange> find_store();

  private:
    struct State;
    explicit BundleReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace agent::bundle
