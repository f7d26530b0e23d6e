// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

#include "agent/bundle/reader.hpp"
#include "agent/crypto/sha256.hpp"
#include "tests/fuzz/invariant.hpp"

using agent::bundle::BundleReader;
using agent::model::ErrorCode;

namespace {

void check_whole(const BundleReader& reader, const std::string& description, std::size_t size) {
    std::uint64_t listed = 0;
    for (const auto& entry : reader.manifest().entries())
        listed += entry.size;
    fuzz::require(listed <= size, "a bundle is not smaller than its members");
    const auto* const entry = reader.manifest().find("bundle.toml");
    fuzz::require(entry != nullptr && entry->digest == agent::crypto::sha256(description),
                  "a description is the one that is listed");
}

void read_bundle(const std::string& file, std::size_t size) {
    auto reader = BundleReader::open(std::filesystem::path(file));
    if (!reader) {
        fuzz::require(reader.error().code() == ErrorCode::invalid, "a bad file is invalid input");
        return;
    }
    const auto description = reader->read_description();
    if (!description) {
        fuzz::require(description.error().code() == ErrorCode::invalid,
                      "a bad start is invalid input");
        return;
    }
    const auto index = reader->read_store_index();
    if (!index) {
        fuzz::require(index.error().code() == ErrorCode::invalid, "a bad index is invalid input");
        return;
    }
    if (*index) {
        const auto* const entry = reader->manifest().find("store.json");
        fuzz::require(entry != nullptr && entry->digest == agent::crypto::sha256(**index),
                      "an index is the one that is listed");
    }
    const auto delta = reader->read_delta_origin();
    const auto rest = reader->verify_rest({});
    if (rest)
        check_whole(*reader, *description, delta && *delta ? SIZE_MAX : size);
    else
        fuzz::require(rest.error().code() == ErrorCode::invalid, "a bad rest is invalid input");
}

/// The input with every header's checksum put right, which a mutation hardly ever does.
std::string with_checksums(std::string archive) {
    constexpr std::size_t kBlock = 512;
    for (std::size_t start = 0; start + kBlock <= archive.size(); start += kBlock) {
        if (archive.compare(start + 257, 5, "ustar") != 0) continue;
        archive.replace(start + 148, 8, 8, ' ');
        unsigned sum = 0;
        for (std::size_t i = 0; i < kBlock; ++i)
            sum += static_cast<unsigned char>(archive[start + i]);
        std::array<char, 8> digits{};
        std::snprintf(digits.data(), digits.size(), "%06o", sum);
        archive.replace(start + 148, 7, digits.data(), 7);
    }
    return archive;
}

void read_bytes(const std::string& archive) {
    static const int fd = ::memfd_create("bundle", MFD_CLOEXEC);
    fuzz::require(::ftruncate(fd, 0) == 0 && ::pwrite(fd, archive.data(), archive.size(), 0) ==
                                                 static_cast<ssize_t>(archive.size()),
                  "the input can be written");
    read_bundle("/proc/self/fd/" + std::to_string(fd), archive.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string archive(data, data + size);
    read_bytes(archive);
    const std::string repaired = with_checksums(archive);
    if (repaired != archive) read_bytes(repaired);
    return 0;
}
