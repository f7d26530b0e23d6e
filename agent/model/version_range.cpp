// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/version_range.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <optional>
#include <utility>

#include "agent/model/text.hpp"

namespace agent::model {
namespace {

using Comparator = VersionRange::Comparator;
using Operator = Comparator::Operator;
using AndGroup = std::vector<Comparator>;

constexpr std::array<std::pair<std::string_view, Operator>, 11> kOperators{{
    // Longer ones first, so that `>=` is not read as `>`.
    {">=", Operator::greater_equal},
    {"=>", Operator::greater_equal},
    {"<=", Operator::less_equal},
    {"=<", Operator::less_equal},
    {"!=", Operator::not_equal},
    {"~>", Operator::tilde},
    {"=", Operator::equal},
    {">", Operator::greater},
    {"<", Operator::less},
    {"~", Operator::tilde},
    {"^", Operator::caret},
}};

bool is_space(char c) {
    return c == ' ' || c == '\t';
}
bool is_wildcard(std::string_view number) {
    return number == "x" || number == "X" || number == "*";
}

class RangeParser {
  public:
    explicit RangeParser(std::string_view text) : text_(text) {}

    Result<std::vector<AndGroup>> parse() {
        std::vector<AndGroup> alternatives;
        do {
            TRY_ASSIGN(auto group, parse_group());
            alternatives.push_back(std::move(group));
        } while (take("||"));
        return alternatives;
    }

  private:
    Result<AndGroup> parse_group() {
        AndGroup group;
        while (true) {
            skip_spaces();
            TRY(parse_comparator(group));
            const bool spaced = skip_spaces();
            if (position_ == text_.size() || rest().starts_with("||")) return group;
            if (!take(",") && !spaced)
                return wrong(position_, "a space, a comma or `||` is missing here");
        }
    }

    Result<> parse_comparator(AndGroup& group) {
        const auto begin = position_;
        const auto op = parse_operator();
        skip_spaces();
        TRY_ASSIGN(auto comparator, parse_version());
        if (!is_at_hyphen()) {
            comparator.op = op.value_or(Operator::equal);
            group.push_back(std::move(comparator));
            return {};
        }
        if (op) return wrong(begin, "a hyphen range takes no operator");
        skip_spaces();
        take("-");
        skip_spaces();
        TRY_ASSIGN(auto last, parse_version());
        if (is_at_hyphen()) return wrong(position_ + 1, "a hyphen range has two ends");
        comparator.op = Operator::greater_equal;
        last.op = Operator::less_equal;
        group.push_back(std::move(comparator));
        group.push_back(std::move(last));
        return {};
    }

    std::optional<Operator> parse_operator() {
        for (const auto& [written, op] : kOperators) {
            if (take(written)) return op;
        }
        return std::nullopt;
    }

    /// A version of which numbers may be missing or wildcards. What follows a wildcard does not
    /// count, as in `1.x.3`.
    Result<Comparator> parse_version() {
        const auto begin = position_;
        take("v");
        const auto end = std::min(text_.find_first_of(" \t,|", position_), text_.size());
        const auto core_end = std::min(text_.find_first_of("-+", position_), end);
        const auto core = text_.substr(position_, core_end - position_);
        const auto suffix = text_.substr(core_end, end - core_end);
        if (core.empty())
            return wrong(begin, "a version is missing here; write `*` for any version");

        Comparator comparator;
        TRY_ASSIGN(const auto numbers, parse_numbers(core, comparator.precision));
        auto version = Version::parse(numbers + std::string(suffix));
        if (!version) return wrong(begin, version.error().message());
        comparator.version = std::move(*version);
        position_ = end;
        return comparator;
    }

    /// The three numbers of a strict version, from one to three numbers or wildcards.
    Result<std::string> parse_numbers(std::string_view core, unsigned& precision) {
        std::string numbers;
        unsigned count = 0;
        bool wild = false;
        precision = 0;
        while (true) {
            const auto dot = core.find('.');
            const auto number = core.substr(0, dot);
            wild = wild || is_wildcard(number);
            if (!is_wildcard(number) && !is_all_digits(number))
                return wrong(position_,
                             in_quotes(number) + " is neither a number nor one of x, X, *");
            if (++count > 3) return wrong(position_, "a version has at most three numbers");
            if (!wild) ++precision;
            if (count > 1) numbers += '.';
            numbers += wild ? "0" : without_leading_zeros(number);
            if (dot == std::string_view::npos) break;
            core.remove_prefix(dot + 1);
        }
        for (; count < 3; ++count)
            numbers += ".0";
        return numbers;
    }

    static std::string without_leading_zeros(std::string_view digits) {
        const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
        return std::string(digits.substr(first));
    }

    /// Whether ` - ` follows; the hyphen of a pre-release has no space before it.
    [[nodiscard]] bool is_at_hyphen() const {
        auto next = rest();
        const auto skip = [&next] {
            const auto spaces = std::min(next.find_first_not_of(" \t"), next.size());
            next.remove_prefix(spaces);
            return spaces != 0;
        };
        if (!skip() || !next.starts_with('-')) return false;
        next.remove_prefix(1);
        return skip();
    }

    bool skip_spaces() {
        const auto begin = position_;
        while (position_ < text_.size() && is_space(text_[position_]))
            ++position_;
        return position_ != begin;
    }

    bool take(std::string_view token) {
        if (!rest().starts_with(token)) return false;
        position_ += token.size();
        return true;
    }

    [[nodiscard]] std::string_view rest() const { return text_.substr(position_); }

    [[nodiscard]] tl::unexpected<Error> wrong(std::size_t position, const std::string& what) const {
        return fail(ErrorCode::invalid, "\"" + std::string(text_) +
                                            "\" is not a version range: " + what + " (column " +
                                            std::to_string(position + 1) + ")");
    }

    std::string_view text_;
    std::size_t position_ = 0;
};

/// Compares the numbers that the comparator has, so that 1.2.9 is equal to `1.2`.
std::strong_ordering compare_written(const Version& version, const Comparator& comparator) {
    const auto& other = comparator.version;
    if (comparator.precision == 3) return version <=> other;
    if (comparator.precision == 0) return std::strong_ordering::equal;
    const auto major = version.major() <=> other.major();
    if (comparator.precision == 1 || std::is_neq(major)) return major;
    return version.minor() <=> other.minor();
}

bool is_same_minor(const Version& version, const Version& other) {
    return version.major() == other.major() && version.minor() == other.minor();
}

bool matches_tilde(const Version& version, const Comparator& comparator) {
    const auto& least = comparator.version;
    if (version < least) return false;
    // Masterminds/semver takes ~0.0.0 for `>= 0.0.0`, as it does ~*.
    const bool zero = least.major() == 0 && least.minor() == 0 && least.patch() == 0;
    if (comparator.precision == 0 || (comparator.precision == 3 && zero)) return true;
    return comparator.precision == 1 ? version.major() == least.major()
                                     : is_same_minor(version, least);
}

bool matches_caret(const Version& version, const Comparator& comparator) {
    const auto& least = comparator.version;
    if (version < least) return false;
    if (comparator.precision == 0) return true;
    if (least.major() > 0 || comparator.precision == 1) return version.major() == least.major();
    if (least.minor() > 0 || comparator.precision == 2) return is_same_minor(version, least);
    return is_same_minor(version, least) && version.patch() == least.patch();
}

/// `!=1.2-beta` excludes the pre-releases `beta` of every 1.2, and nothing else.
bool matches_not_equal(const Version& version, const Comparator& comparator) {
    if (std::is_neq(compare_written(version, comparator))) return true;
    return comparator.precision == 2 && version.prerelease() != comparator.version.prerelease();
}

bool matches(const Version& version, const Comparator& comparator) {
    switch (comparator.op) {
        case Operator::equal:
            return comparator.precision == 3 ? version == comparator.version
                                             : matches_tilde(version, comparator);
        case Operator::not_equal:
            return matches_not_equal(version, comparator);
        case Operator::less:
            return version < comparator.version;
        case Operator::less_equal:
            return std::is_lteq(compare_written(version, comparator));
        case Operator::greater:
            return std::is_gt(compare_written(version, comparator));
        case Operator::greater_equal:
            return version >= comparator.version;
        case Operator::tilde:
            return matches_tilde(version, comparator);
        case Operator::caret:
            return matches_caret(version, comparator);
    }
    return false;
}

bool matches_all(const Version& version, const AndGroup& group) {
    const auto names_prerelease = [](const Comparator& comparator) {
        return !comparator.version.prerelease().empty();
    };
    if (!version.prerelease().empty() && std::ranges::none_of(group, names_prerelease))
        return false;
    return std::ranges::all_of(
        group, [&version](const Comparator& comparator) { return matches(version, comparator); });
}

}  // namespace

Result<VersionRange> VersionRange::parse(std::string_view text) {
    VersionRange range;
    TRY_ASSIGN(range.alternatives_, RangeParser(text).parse());
    range.text_ = text;
    return range;
}

bool VersionRange::contains(const Version& version) const {
    return std::ranges::any_of(
        alternatives_, [&version](const AndGroup& group) { return matches_all(version, group); });
}

}  // namespace agent::model
