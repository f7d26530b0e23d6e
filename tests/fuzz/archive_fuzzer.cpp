// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
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
    auto reader = BundleReader::open(file);
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
    const auto rest = reader->verify_rest({});
    if (rest)
        check_whole(*reader, *description, size);
    else
        fuzz::require(rest.error().code() == ErrorCode::invalid, "a bad rest is invalid input");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const int fd = ::memfd_create("bundle", MFD_CLOEXEC);
    fuzz::require(
        ::ftruncate(fd, 0) == 0 && ::pwrite(fd, data, size, 0) == static_cast<ssize_t>(size),
        "the input can be written");
    read_bundle("/proc/self/fd/" + std::to_string(fd), size);
    return 0;
}
