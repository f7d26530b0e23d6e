// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::model {

/// A version by Semantic Versioning 2.0.0 (https://semver.org), parsed strictly.
class Version {
  public:
    Version() = default;
    Version(std::uint64_t major, std::uint64_t minor, std::uint64_t patch);
    /// ErrorCode::invalid with what is wrong and where.
    [[nodiscard]] static Result<Version> parse(std::string_view text);
    /// VERSION_ID of os-release(5) as a version: `12` is 12.0.0, `24.04` is 24.4.0.
    [[nodiscard]] static Result<Version> coerce_os_version(std::string_view version_id);

    [[nodiscard]] std::uint64_t major() const { return major_; }
    [[nodiscard]] std::uint64_t minor() const { return minor_; }
    [[nodiscard]] std::uint64_t patch() const { return patch_; }
    [[nodiscard]] const std::vector<std::string>& prerelease() const { return prerelease_; }
    [[nodiscard]] const std::string& build() const { return build_; }
    /// The text, with the build metadata.
    [[nodiscard]] std::string to_string() const;

    /// Precedence of SemVer 2; build metadata does not count.
    [[nodiscard]] std::strong_ordering operator<=>(const Version& other) const;
    [[nodiscard]] bool operator==(const Version& other) const;

  private:
    std::uint64_t major_ = 0;
    std::uint64_t minor_ = 0;
    std::uint64_t patch_ = 0;
    std::vector<std::string> prerelease_;
    std::string build_;
};

}  // namespace agent::model
