// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "agent/model/result.hpp"
#include "agent/store/descriptor.hpp"

namespace agent::store {

/// "cannot <verb> <path>: <errno>", of the system call that failed just now.
[[nodiscard]] model::Error call_error(std::string_view verb, const std::filesystem::path& path);

/// openat(2), closed on exec; `directory` may be AT_FDCWD. `shown` is the path for the error.
[[nodiscard]] model::Result<Descriptor> open_at(int directory, const std::string& name, int flags,
                                                unsigned mode, const std::filesystem::path& shown);
[[nodiscard]] model::Result<Descriptor> open_path(const std::filesystem::path& path, int flags,
                                                  unsigned mode = 0);
[[nodiscard]] model::Result<Descriptor> open_directory(const std::filesystem::path& path);

/// All of the text, in as many calls of write(2) as it takes.
[[nodiscard]] model::Result<> write_all(int descriptor, std::string_view text,
                                        const std::filesystem::path& shown);
/// fsync(2). A failure is final: the kernel may have dropped the pages, so it is never tried again.
[[nodiscard]] model::Result<> sync(int descriptor, const std::filesystem::path& shown);
[[nodiscard]] model::Result<> sync_directory(const std::filesystem::path& path);

}  // namespace agent::store
