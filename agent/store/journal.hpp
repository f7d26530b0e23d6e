// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/store/descriptor.hpp"
#include "agent/store/paths.hpp"

namespace agent::store {

/// `transaction/journal`: what a transaction is about to do and has done, a record a line, each
/// with its checksum; see docs/on-disk.md. Its directory is there exactly while a transaction is
/// not settled. Records are JSON without line breaks; the journal keeps them as they are.
class Journal {
  public:
    /// Makes the directory with the first record in it, in one rename. ErrorCode::internal where
    /// there is one already.
    [[nodiscard]] static model::Result<Journal> begin(const Paths& paths,
                                                      const std::string& record);
    /// The one that is there, to go on with: a line that was not written whole is cut off.
    [[nodiscard]] static model::Result<Journal> reopen(const Paths& paths);

    /// Appends a record, or leaves the journal as it was; it survives this process, but not yet a
    /// power cut.
    [[nodiscard]] model::Result<> append(const std::string& record);
    /// Everything appended so far survives a power cut.
    [[nodiscard]] model::Result<> sync();

  private:
    Journal(Descriptor descriptor, std::filesystem::path file, std::size_t size)
        : descriptor_(std::move(descriptor)), file_(std::move(file)), size_(size) {}
    Descriptor descriptor_;
    std::filesystem::path file_;
    std::size_t size_;
};

/// The records of the journal, up to the first line whose checksum is wrong; absent where no
/// transaction is unsettled.
[[nodiscard]] model::Result<std::optional<std::vector<std::string>>> read_journal(
    const Paths& paths);
/// Whether there is one. Reads nothing.
[[nodiscard]] bool has_journal(const Paths& paths);
/// The transaction is settled: removes the directory. One that is not there is no failure.
[[nodiscard]] model::Result<> remove_journal(const Paths& paths);

}  // namespace agent::store
