// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/store_file.hpp"

#include <algorithm>
#include <fstream>
#include <string_view>
#include <system_error>

namespace agent::machine {

namespace {

using model::ErrorCode;
using model::Result;

// fs/squashfs/squashfs_fs.h of the kernel: struct squashfs_super_block, little-endian.
constexpr std::size_t kSuperblockSize = 96;
constexpr std::string_view kMagic = "hsqs";
constexpr std::size_t kBytesUsed = 40;
// Of dm-verity; docs of cryptsetup, "On-disk format".
constexpr std::string_view kVerityMagic{"verity\0\0", 8};
constexpr std::uint64_t kBlock = 4096;

std::uint64_t little_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;)
        value = (value << 8U) | static_cast<unsigned char>(bytes[i]);
    return value;
}

/// As many bytes as there are.
std::string read_at(std::ifstream& stream, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    stream.clear();
    stream.seekg(static_cast<std::streamoff>(offset));
    stream.read(bytes.data(), static_cast<std::streamsize>(size));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
    return bytes;
}

tl::unexpected<model::Error> damaged(const host::StoreMount& store, const std::string& what) {
    return model::fail(ErrorCode::invalid, store.file.string() + " " + what +
                                               ": remove the bundle and install it again");
}

}  // namespace

Result<> check_store_file(const host::StoreMount& store) {
    std::error_code error;
    const auto size = std::filesystem::file_size(store.file, error);
    std::ifstream stream(store.file, std::ios::binary);
    if (error || !stream)
        return model::fail(ErrorCode::internal, store.file.string() +
                                                    " is missing or cannot be read: install the "
                                                    "bundle again");
    const auto superblock = read_at(stream, 0, kSuperblockSize);
    if (!std::string_view(superblock).starts_with(kMagic)) return damaged(store, "is no squashfs");
    if (superblock.size() < kSuperblockSize ||
        size < little_endian(std::string_view(superblock).substr(kBytesUsed)))
        return damaged(store, "is cut short");
    if (!store.verity) return {};
    if (size < kBlock || size - kBlock < store.hash_offset) return damaged(store, "is cut short");
    if (read_at(stream, store.hash_offset, kVerityMagic.size()) != kVerityMagic)
        return damaged(store, "has no hash tree where one has to be");
    return {};
}

}  // namespace agent::machine
