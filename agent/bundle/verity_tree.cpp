// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/verity_tree.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include "agent/bundle/file_io.hpp"
#include "agent/crypto/sha256.hpp"

namespace agent::bundle {

using crypto::Sha256Bytes;
using model::errno_error;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr std::uint64_t kVerityBlock = 4096;
constexpr std::uint64_t kDigestsInBlock = kVerityBlock / std::tuple_size_v<Sha256Bytes>;
constexpr std::size_t kReadAtOnce = 256 * kVerityBlock;

using VerityBlock = std::array<std::byte, kVerityBlock>;

std::uint64_t divided_up(std::uint64_t value, std::uint64_t by) {
    return (value + by - 1) / by;
}

Result<> write_at(const FileRange& file, std::uint64_t offset, const VerityBlock& block) {
    for (std::size_t done = 0; done < block.size();) {
        const ssize_t count = ::pwrite(file.fd.get(), block.data() + done, block.size() - done,
                                       static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail(errno_error(errno, "writing " + file.file.string()));
        done += static_cast<std::size_t>(count);
    }
    return {};
}

/// The tree above the blocks of data: each level has the digests of the blocks below, and the level
/// of one block is the first in the file. A single block of data has none; its digest is the root.
class TreeWriter {
  public:
    TreeWriter(const FileRange& file, std::uint64_t start, std::uint64_t data_blocks)
        : file_(file) {
        std::vector<std::uint64_t> sizes;
        for (auto blocks = data_blocks; blocks > 1; sizes.push_back(blocks))
            blocks = divided_up(blocks, kDigestsInBlock);
        levels_.resize(sizes.size());
        for (std::size_t i = sizes.size(); i-- > 0; start += sizes[i] * kVerityBlock)
            levels_[i].offset = start;
    }

    Result<> add_data(std::span<const std::byte> block) {
        hasher_.update(block);
        return add(0, hasher_.finish_bytes());
    }

    Result<Sha256Bytes> finish() {
        for (std::size_t level = 0; level < levels_.size(); ++level)
            if (levels_[level].used > 0) TRY(write_block(level));
        return root_;
    }

  private:
    struct Level {
        /// Of the block that is being filled.
        std::uint64_t offset = 0;
        std::size_t used = 0;
        VerityBlock block{};
    };

    Result<> add(std::size_t index, const Sha256Bytes& digest) {
        if (index == levels_.size()) {
            root_ = digest;
            return {};
        }
        Level& level = levels_[index];
        std::copy(digest.begin(), digest.end(), level.block.begin() + level.used);
        level.used += digest.size();
        return level.used == level.block.size() ? write_block(index) : Result<>();
    }

    Result<> write_block(std::size_t index) {
        Level& level = levels_[index];
        TRY(write_at(file_, level.offset, level.block));
        hasher_.update(level.block);
        level = {.offset = level.offset + kVerityBlock, .used = 0, .block = {}};
        return add(index + 1, hasher_.finish_bytes());
    }

    const FileRange& file_;
    std::vector<Level> levels_;
    crypto::Sha256Hasher hasher_;
    Sha256Bytes root_{};
};

Result<> read_all_of(const FileRange& data, std::uint64_t position, std::span<std::byte> buffer) {
    while (!buffer.empty()) {
        TRY_ASSIGN(const std::size_t count, read_some_at(data, position, buffer));
        if (count == 0)
            return fail(ErrorCode::invalid, data.file.string() + ": was shortened meanwhile");
        position += count;
        buffer = buffer.subspan(count);
    }
    return {};
}

Result<Sha256Bytes> write_tree(const FileRange& data) {
    TreeWriter tree(data, data.size + kVerityBlock, data.size / kVerityBlock);
    std::vector<std::byte> buffer(kReadAtOnce);
    for (std::uint64_t done = 0; done < data.size;) {
        const auto piece =
            std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), data.size - done));
        TRY(read_all_of(data, done, piece));
        for (std::size_t start = 0; start < piece.size(); start += kVerityBlock)
            TRY(tree.add_data(piece.subspan(start, kVerityBlock)));
        done += piece.size();
    }
    return tree.finish();
}

/// See the kernel's Documentation/admin-guide/device-mapper/verity.rst and cryptsetup's wiki,
/// "DMVerity": numbers are little-endian.
VerityBlock superblock(const Sha256Bytes& root, std::uint64_t data_blocks) {
    constexpr std::size_t kUuidBytes = 16;
    VerityBlock block{};
    const auto put = [&block](std::size_t offset, std::uint64_t value, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i, value >>= 8U)
            block[offset + i] = static_cast<std::byte>(value & 0xffU);
    };
    const auto put_text = [&block](std::size_t offset, std::string_view text) {
        const auto bytes = std::as_bytes(std::span(text));
        std::copy(bytes.begin(), bytes.end(), block.begin() + offset);
    };
    put_text(0, "verity");
    put(8, 1, 4);   // version of the superblock
    put(12, 1, 4);  // hash type: a salt would come before the data
    std::copy_n(root.begin(), kUuidBytes, block.begin() + 16);
    put_text(32, "sha256");
    put(64, kVerityBlock, 4);
    put(68, kVerityBlock, 4);
    put(72, data_blocks, 8);
    return block;
}

}  // namespace

Result<VerityTree> append_verity_tree(const std::filesystem::path& file) {
    const FileDescriptor fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd.is_open()) return fail(errno_error(errno, file.string()));
    return append_verity_tree(fd, file);
}

Result<VerityTree> append_verity_tree(const FileDescriptor& fd, const std::filesystem::path& file) {
    TRY_ASSIGN(const std::uint64_t size, size_of(fd, file));
    if (size == 0)
        return fail(ErrorCode::invalid, file.string() + ": is empty: there is nothing to hash");
    const FileRange data{fd, file, 0, divided_up(size, kVerityBlock) * kVerityBlock};
    if (::ftruncate(fd.get(), static_cast<off_t>(data.size)) != 0)
        return fail(errno_error(errno, "writing " + file.string()));
    TRY_ASSIGN(const Sha256Bytes root, write_tree(data));
    TRY(write_at(data, data.size, superblock(root, data.size / kVerityBlock)));
    return VerityTree{.root_hash = crypto::to_sha256(root), .hash_offset = data.size};
}

}  // namespace agent::bundle
