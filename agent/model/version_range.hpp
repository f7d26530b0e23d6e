// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/model/version.hpp"

namespace agent::model {

/// A set of versions: comparators (`=`, `!=`, `>`, `<`, `>=`, `<=`, `~`, `^`), wildcards and hyphen
/// ranges, joined by space or comma (and) and `||` (or), by the rules of Masterminds/semver.
/// A number may be written with leading zeros, as `24.04` is.
class VersionRange {
  public:
    /// ErrorCode::invalid with the column of what is wrong.
    [[nodiscard]] static Result<VersionRange> parse(std::string_view text);

    /// Within one and-group, a comparator that names a prerelease admits prereleases.
    [[nodiscard]] bool contains(const Version& version) const;
    /// The text it was parsed from.
    [[nodiscard]] const std::string& text() const { return text_; }
    bool operator==(const VersionRange& other) const { return text_ == other.text_; }

    /// One operator with the version, whole or in part, that it compares with.
    struct Comparator;

  private:
    std::string text_;
    /// One of the outer list must hold; of an inner list, all.
    std::vector<std::vector<Comparator>> alternatives_;
};

struct VersionRange::Comparator {
    enum class Operator {
        equal,
        not_equal,
        less,
        less_equal,
        greater,
        greater_equal,
        tilde,
        caret
    };
    Operator op = Operator::equal;
    /// Numbers that were not written, or written as a wildcard, are 0.
    Version version;
    /// How many numbers were written before the first wildcard: 3 is a whole version, 0 is `*`.
    unsigned precision = 3;
};

}  // namespace agent::model
