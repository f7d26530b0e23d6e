// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/timestamp.hpp"

#include <chrono>

namespace agent::store {

using model::SystemTime;

namespace {

/// Years that a time point in nanoseconds can hold whole.
constexpr int kFirstYear = 1678;
constexpr int kLastYear = 2261;

std::string digits(std::int64_t value, std::size_t width) {
    std::string text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

/// The number that is `width` decimal digits at `position`.
std::optional<int> number_at(std::string_view text, std::size_t position, std::size_t width) {
    const std::string_view part = text.substr(position, width);
    int value = 0;
    for (const char c : part) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

/// `.123456789` as nanoseconds; nothing is 0.
std::optional<std::chrono::nanoseconds> parse_fraction(std::string_view text) {
    if (text.empty()) return std::chrono::nanoseconds(0);
    if (text.front() != '.' || text.size() < 2 || text.size() > 10) return std::nullopt;
    std::string padded(text.substr(1));
    padded.resize(9, '0');
    const auto value = number_at(padded, 0, 9);
    if (!value) return std::nullopt;
    return std::chrono::nanoseconds(*value);
}

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
    if (text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = number_at(text, 0, 4);
    const auto month = number_at(text, 5, 2);
    const auto day = number_at(text, 8, 2);
    if (!year || !month || !day || *year < kFirstYear || *year > kLastYear) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

std::optional<std::chrono::seconds> parse_clock(std::string_view text) {
    if (text[2] != ':' || text[5] != ':') return std::nullopt;
    const auto hour = number_at(text, 0, 2);
    const auto minute = number_at(text, 3, 2);
    const auto second = number_at(text, 6, 2);
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59)
        return std::nullopt;
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second);
}

std::string to_text(SystemTime time, char separator, bool with_fraction) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const auto in_day = std::chrono::duration_cast<std::chrono::nanoseconds>(time - day);
    const auto fraction = in_day.count() % 1'000'000'000;
    const auto seconds = in_day.count() / 1'000'000'000;
    std::string text = digits(int{date.year()}, 4) + "-" + digits(unsigned{date.month()}, 2) + "-" +
                       digits(unsigned{date.day()}, 2) + separator + digits(seconds / 3600, 2) +
                       ":" + digits(seconds / 60 % 60, 2) + ":" + digits(seconds % 60, 2);
    if (with_fraction && fraction != 0) text += "." + digits(fraction, 9);
    return text + "Z";
}

}  // namespace

std::string to_rfc3339(SystemTime time) {
    return to_text(time, 'T', true);
}

std::string to_readable_time(SystemTime time) {
    return to_text(time, ' ', false);
}

std::optional<SystemTime> parse_rfc3339(std::string_view text) {
    constexpr std::size_t kDate = 10;
    constexpr std::size_t kSeconds = 19;
    if (text.size() <= kSeconds || text[kDate] != 'T' || text.back() != 'Z') return std::nullopt;
    const auto day = parse_date(text.substr(0, kDate));
    const auto clock = parse_clock(text.substr(kDate + 1, kSeconds - kDate - 1));
    const auto fraction = parse_fraction(text.substr(kSeconds, text.size() - kSeconds - 1));
    if (!day || !clock || !fraction) return std::nullopt;
    return SystemTime(std::chrono::duration_cast<SystemTime::duration>(day->time_since_epoch() +
                                                                       *clock + *fraction));
}

}  // namespace agent::store
