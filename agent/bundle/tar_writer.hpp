// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "agent/bundle/file_io.hpp"

namespace agent::bundle {

/// Writes a tar file that depends on its members only: no owner, no times, ustar headers, and pax
/// ones where a path or a size needs them.
class TarWriter {
  public:
    /// Writes to `fd`, which stays the caller's and outlives this; `file` names it in errors.
    [[nodiscard]] static model::Result<TarWriter> create(const FileDescriptor& fd,
                                                         const std::filesystem::path& file);
    ~TarWriter();
    TarWriter(TarWriter&&) noexcept;
    TarWriter& operator=(TarWriter&&) noexcept;

    [[nodiscard]] model::Result<> begin(const std::string& path, std::uint64_t size);
    /// The same, with the data at a multiple of 4096 in the file, which was empty when this was
    /// created: a pax global header that says nothing fills up what is before it.
    [[nodiscard]] model::Result<> begin_aligned(const std::string& path, std::uint64_t size);
    [[nodiscard]] model::Result<> write(std::span<const std::byte> data);
    [[nodiscard]] model::Result<> add(const std::string& path, std::string_view content);
    /// Writes the archive's end.
    [[nodiscard]] model::Result<> finish();

  private:
    struct State;
    explicit TarWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace agent::bundle
