// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/model/ids.hpp"

namespace agent::model {

/// What a bundle says of its image store: a file system that is mounted instead of unpacked, with
/// the hash tree of dm-verity behind it. See docs/bundle-format.md, `store.json`.
struct ImageStore {
    /// Of the whole file.
    Sha256 digest;
    std::uint64_t size = 0;
    /// Of the hash tree, whose superblock is at `hash_offset`.
    Sha256 root_hash;
    std::uint64_t hash_offset = 0;
    /// Ids of the images in it, sorted.
    std::vector<Sha256> images;
    bool operator==(const ImageStore&) const = default;
};

/// First 16 digits of the root hash, by which the file is called.
[[nodiscard]] std::string store_name(const Sha256& root_hash);
/// Path of the file in the bundle: `images/<name>.sqfs`.
[[nodiscard]] std::string store_member(const Sha256& root_hash);

/// ErrorCode::invalid with all that is wrong with the text; `where` names it in messages.
[[nodiscard]] Result<ImageStore> parse_image_store(const std::string& text,
                                                   const std::string& where);
/// The same value gives the same text.
[[nodiscard]] std::string to_text(const ImageStore& store);

}  // namespace agent::model
