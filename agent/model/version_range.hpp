// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/model/version.hpp"

namespace agent::model {

/// A set of versions: comparators (`=`, `!=`, `>`, `<`, `>=`, `<=`, `~`, `^`), wildcards and hyphen
/// ranges, joined by space or comma (and) and `||` (or), by the rules of Masterminds/semver.
class VersionRange {
  public:
    /// ErrorCode::invalid with the column of what is wrong.
    [[nodiscard]] static Result<VersionRange> parse(std::string_view text);

    /// Within one and-group, a comparator that names a prerelease admits prereleases.
    [[nodiscard]] bool contains(const Version& version) const;
    /// The text it was parsed from.
    [[nodiscard]] const std::string& text() const { return text_; }
    bool operator==(const VersionRange& other) const { return text_ == other.text_; }

    /// Half-open or closed interval of versions, or the exclusion of one.
    struct Comparator;

  private:
    std::string text_;
    std::vector<std::vector<Comparator>> alternatives_;
};

struct VersionRange::Comparator {
    enum class Operator { equal, not_equal, less, less_equal, greater, greater_equal };
    Operator op = Operator::equal;
    Version version;
};

}  // namespace agent::model
