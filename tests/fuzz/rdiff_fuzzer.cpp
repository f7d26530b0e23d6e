// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "agent/bundle/delta_origin.hpp"
#include "agent/bundle/rdiff.hpp"
#include "tests/fuzz/invariant.hpp"

using agent::bundle::FileDescriptor;
using agent::model::ErrorCode;
using agent::model::Result;

namespace {

constexpr std::uint64_t kMostMade = 1U << 20U;
constexpr std::size_t kPiece = 7;

/// A file of 64 KiB that looks different everywhere.
const FileDescriptor& old_file() {
    static const FileDescriptor fd = [] {
        FileDescriptor file(::memfd_create("old", MFD_CLOEXEC));
        std::string text;
        while (text.size() < std::size_t{64} << 10U)
            text += std::to_string(text.size()) + " ";
        fuzz::require(
            ::pwrite(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
            "the old file can be written");
        return file;
    }();
    return fd;
}

void check_origin(const std::string& text) {
    const auto origin = agent::bundle::parse_delta_origin(text);
    if (origin)
        fuzz::require(agent::bundle::parse_delta_origin(to_text(*origin)) == *origin,
                      "what is written reads the same");
    else
        fuzz::require(origin.error().code() == ErrorCode::invalid, "a bad origin is invalid input");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto all = std::as_bytes(std::span(data, size));
    std::size_t given = 0;
    std::uint64_t made = 0;
    const auto done = agent::bundle::apply_rdiff(
        {old_file(), "old", 0, std::uint64_t{64} << 10U},
        [&]() -> Result<std::span<const std::byte>> {
            const auto piece = all.subspan(given, std::min(kPiece, all.size() - given));
            given += piece.size();
            return piece;
        },
        [&](std::span<const std::byte> piece) -> Result<> {
            made += piece.size();
            if (made > kMostMade) return agent::model::fail(ErrorCode::invalid, "too much");
            return {};
        });
    if (done)
        fuzz::require(given == size, "nothing is behind a difference");
    else
        fuzz::require(done.error().code() == ErrorCode::invalid, "a bad one is invalid input");
    check_origin(std::string(data, data + size));
    return 0;
}
