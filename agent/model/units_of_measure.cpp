// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/units_of_measure.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

#include "agent/model/text.hpp"

namespace agent::model {
namespace {

constexpr std::uint64_t kLargestSize = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view kSpaces = " \t\n\r";

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::uint64_t kSecond = 1'000'000;

/// Units of systemd.time(7) in microseconds. systemd takes the first that the text begins with:
/// a longer name must come before its beginning.
constexpr std::array<Unit, 31> kSpanUnits{{
    {"seconds", kSecond},
    {"second", kSecond},
    {"sec", kSecond},
    {"s", kSecond},
    {"minutes", 60 * kSecond},
    {"minute", 60 * kSecond},
    {"min", 60 * kSecond},
    {"months", 2'629'800 * kSecond},
    {"month", 2'629'800 * kSecond},
    {"M", 2'629'800 * kSecond},
    {"msec", 1'000},
    {"ms", 1'000},
    {"m", 60 * kSecond},
    {"hours", 3'600 * kSecond},
    {"hour", 3'600 * kSecond},
    {"hr", 3'600 * kSecond},
    {"h", 3'600 * kSecond},
    {"days", 86'400 * kSecond},
    {"day", 86'400 * kSecond},
    {"d", 86'400 * kSecond},
    {"weeks", 604'800 * kSecond},
    {"week", 604'800 * kSecond},
    {"w", 604'800 * kSecond},
    {"years", 31'557'600 * kSecond},
    {"year", 31'557'600 * kSecond},
    {"y", 31'557'600 * kSecond},
    {"usec", 1},
    {"us", 1},
    {"\u00b5s", 1},  // the micro sign
    {"\u03bcs", 1},  // the Greek letter
    {"", kSecond},
}};

constexpr std::array<Unit, 8> kSizeUnits{{
    {"E", 1ULL << 60U},
    {"P", 1ULL << 50U},
    {"T", 1ULL << 40U},
    {"G", 1ULL << 30U},
    {"M", 1ULL << 20U},
    {"K", 1ULL << 10U},
    {"B", 1},
    {"", 1},
}};

void skip_spaces(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
}

/// a * b + c, or nothing when that is more than `limit`.
std::optional<std::uint64_t> multiply_add(std::uint64_t a, std::uint64_t b, std::uint64_t c,
                                          std::uint64_t limit) {
    if (c > limit || (b != 0 && a > (limit - c) / b)) return std::nullopt;
    return a * b + c;
}

/// A decimal number whose unit is read later: `whole` and the digits after the point.
struct Decimal {
    std::uint64_t whole = 0;
    std::string_view fraction;
};

std::string_view take_digits(std::string_view& text) {
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count]))
        ++count;
    const auto digits = text.substr(0, count);
    text.remove_prefix(count);
    return digits;
}

enum class Flaw { syntax, range };

tl::expected<Decimal, Flaw> take_decimal(std::string_view& text) {
    const auto digits = take_digits(text);
    Decimal decimal;
    for (const char digit : digits) {
        const auto next = multiply_add(decimal.whole, 10, static_cast<std::uint64_t>(digit - '0'),
                                       std::numeric_limits<std::uint64_t>::max());
        if (!next) return tl::unexpected(Flaw::range);
        decimal.whole = *next;
    }
    if (!text.starts_with('.')) {
        if (digits.empty()) return tl::unexpected(Flaw::syntax);
        return decimal;
    }
    text.remove_prefix(1);
    decimal.fraction = take_digits(text);
    if (digits.empty() && decimal.fraction.empty()) return tl::unexpected(Flaw::syntax);
    return decimal;
}

/// `decimal` times `factor`, the fraction cut off below one.
std::optional<std::uint64_t> scale(const Decimal& decimal, std::uint64_t factor,
                                   std::uint64_t limit) {
    std::uint64_t below_one = 0;
    const auto& digits = decimal.fraction;
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
        below_one = (static_cast<std::uint64_t>(*digit - '0') * factor + below_one) / 10;
    return multiply_add(decimal.whole, factor, below_one, limit);
}

template <std::size_t N>
const Unit* take_unit(std::string_view& text, const std::array<Unit, N>& units, std::size_t first) {
    for (std::size_t i = first; i < N; ++i) {
        if (!text.starts_with(units[i].name)) continue;
        text.remove_prefix(units[i].name.size());
        return &units[i];
    }
    return nullptr;
}

/// A sum of numbers with units. With `descending`, as sizes are written, each unit must be smaller
/// than the one before it.
template <std::size_t N>
tl::expected<std::uint64_t, Flaw> parse_sum(std::string_view text, const std::array<Unit, N>& units,
                                            std::uint64_t limit, bool descending) {
    std::uint64_t sum = 0;
    std::size_t first_unit = 0;
    skip_spaces(text);
    if (text.empty()) return tl::unexpected(Flaw::syntax);
    while (!text.empty()) {
        const auto decimal = take_decimal(text);
        if (!decimal) return tl::unexpected(decimal.error());
        skip_spaces(text);
        const auto* unit = take_unit(text, units, first_unit);
        // `12.34.56` has no unit between its numbers.
        if (unit == nullptr || (unit->name.empty() && text.starts_with('.')))
            return tl::unexpected(Flaw::syntax);
        if (descending) first_unit = static_cast<std::size_t>(unit - units.data()) + 1;
        const auto value = scale(*decimal, unit->factor, limit - sum);
        if (!value) return tl::unexpected(Flaw::range);
        sum += *value;
        skip_spaces(text);
    }
    return sum;
}

}  // namespace

Result<Span> parse_span(std::string_view text) {
    auto bare = text;
    skip_spaces(bare);
    if (bare.starts_with("infinity")) {
        bare.remove_prefix(std::string_view("infinity").size());
        skip_spaces(bare);
        if (bare.empty()) return Span::max();
    }
    // The largest number is infinity.
    constexpr auto kLimit = static_cast<std::uint64_t>(Span::max().count()) - 1;
    const auto sum = parse_sum(text, kSpanUnits, kLimit, false);
    if (sum) return Span(static_cast<Span::rep>(*sum));
    return fail(
        ErrorCode::invalid,
        sum.error() == Flaw::range
            ? in_quotes(text) + " is too long for a time span"
            : in_quotes(text) + " is not a time span: write it as \"90s\", \"2min 30s\" or \"1h\"");
}

std::string to_string(Span span) {
    if (span == Span::max()) return "infinity";
    const auto count = span.count();
    if (count % 1'000'000 == 0) return std::to_string(count / 1'000'000) + "s";
    if (count % 1'000 == 0) return std::to_string(count / 1'000) + "ms";
    return std::to_string(count) + "us";
}

Result<std::uint64_t> parse_size(std::string_view text) {
    const auto sum = parse_sum(text, kSizeUnits, kLargestSize, true);
    if (sum) return *sum;
    return fail(ErrorCode::invalid,
                sum.error() == Flaw::range
                    ? in_quotes(text) + " is too large for a size"
                    : in_quotes(text) + " is not a size: write it as \"512M\" or \"1.5G\"");
}

std::string human_size(std::uint64_t bytes) {
    constexpr std::array<const char*, 6> kNames{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) return std::to_string(bytes) + " B";
    auto value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    // 1023.95 and more would be printed as 1024.0.
    while (value >= 1023.95 && unit + 1 < kNames.size()) {
        value /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %s", value, kNames[unit]);
    return text.data();
}

}  // namespace agent::model
