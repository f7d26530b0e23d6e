// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <vector>

#include "agent/host/hooks.hpp"

namespace agent::hooks {

/// The executable files of `before.d`, `after.d` and `failed.d` below a directory.
class HookDirectories final : public host::Hooks {
  public:
    /// A program that has not ended by then is killed, and has failed.
    HookDirectories(std::filesystem::path directory, std::chrono::milliseconds timeout)
        : directory_(std::move(directory)), timeout_(timeout) {}
    [[nodiscard]] model::Result<> run(host::HookPoint point, const std::string& document) override;

  private:
    [[nodiscard]] model::Result<> run_one(const std::filesystem::path& program,
                                          const std::string& document) const;

    std::filesystem::path directory_;
    std::chrono::milliseconds timeout_;
};

/// What would run: the executable files whose names have only letters, digits, hyphens and
/// underscores, as run-parts(8) has it, in lexical order. ErrorCode::not_permitted for one that
/// others than root may write. None where there is no such directory.
[[nodiscard]] model::Result<std::vector<std::filesystem::path>> find_hooks(
    const std::filesystem::path& directory);

}  // namespace agent::hooks
