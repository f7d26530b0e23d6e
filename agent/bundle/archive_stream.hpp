// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "agent/bundle/bundle_file.hpp"
#include "agent/bundle/file_io.hpp"
#include "agent/model/result.hpp"

namespace agent::bundle {

/// A member's header: all that is taken from the tar format. Owner, mode, times and extended
/// attributes are ignored.
struct ArchiveMember {
    std::string path;
    std::uint64_t size = 0;
};

/// The members of an uncompressed tar file (ustar, pax, GNU long names), regular files only, in one
/// forward pass. Errors name file and member, and say what to do.
class ArchiveStream {
  public:
    [[nodiscard]] static model::Result<ArchiveStream> open(const BundleFile& file);
    ~ArchiveStream();
    ArchiveStream(ArchiveStream&&) noexcept;
    ArchiveStream& operator=(ArchiveStream&&) noexcept;

    /// The next member, past what was not read of the one before, which is not read for that;
    /// nothing at the end of the archive, which must be the end of the file too.
    [[nodiscard]] model::Result<std::optional<ArchiveMember>> next();
    /// The next piece of the member's content, empty at its end; good until the next call.
    [[nodiscard]] model::Result<std::span<const std::byte>> read();
    /// Where the member's content is in the file. Before the first read().
    [[nodiscard]] model::Result<FileRange> content() const;
    /// Says that the rest of the file will be read: from now on in large pieces.
    void read_ahead();

    [[nodiscard]] const std::filesystem::path& file() const;
    [[nodiscard]] std::uint64_t file_size() const;
    /// "FILE: member X: message".
    [[nodiscard]] model::Error invalid(const std::string& message) const;
    /// The same, and that the file has to be copied again.
    [[nodiscard]] model::Error damaged(const std::string& message) const;
    /// The same without a member.
    [[nodiscard]] model::Error damaged_file(const std::string& message) const;

  private:
    struct State;
    explicit ArchiveStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace agent::bundle
