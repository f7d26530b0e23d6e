// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/record_fields.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>

#include "agent/images/store_index.hpp"
#include "agent/model/text.hpp"
#include "agent/model/value_checks.hpp"

namespace agent::images {

using model::ErrorCode;
using model::fail;
using model::Result;
using store::Json;

namespace {

struct Field {
    std::string_view key;
    bool (*is_right)(const Json& value);
    const char* type;
};

/// The library keeps what is not negative without a sign.
template <typename Integer>
bool is_integer(const Json& value) {
    constexpr auto kLargest = std::numeric_limits<Integer>::max();
    constexpr auto kSmallest = std::numeric_limits<Integer>::min();
    if (value.is_number_unsigned())
        return value.get<std::uint64_t>() <= static_cast<std::uint64_t>(kLargest);
    return value.is_number_integer() && kSmallest < 0 &&
           value.get<std::int64_t>() >= static_cast<std::int64_t>(kSmallest);
}

bool is_string(const Json& value) {
    return value.is_string();
}

bool all_of(const Json& values, bool (*is_right)(const Json&)) {
    return std::all_of(values.begin(), values.end(), is_right);
}

bool is_string_list(const Json& value) {
    return value.is_array() && all_of(value, &is_string);
}

bool is_size_map(const Json& value) {
    return value.is_object() && all_of(value, &is_integer<std::int64_t>);
}

bool is_user_list(const Json& value) {
    return value.is_array() && all_of(value, &is_integer<std::uint32_t>);
}

/// podman ends at a digest that it does not know.
bool is_digest(const Json& value) {
    constexpr std::string_view kPrefix = "sha256:";
    if (!value.is_string()) return false;
    const auto& text = value.get_ref<const std::string&>();
    return text.starts_with(kPrefix) && is_id(std::string_view(text).substr(kPrefix.size()));
}

bool is_digest_map(const Json& value) {
    return value.is_object() && all_of(value, &is_digest);
}

/// podman takes a name for an id where it has no image with that id.
bool is_name(const Json& value) {
    if (!value.is_string()) return false;
    const auto& text = value.get_ref<const std::string&>();
    return !model::check_image_reference(text) && !is_id(text);
}

bool is_name_list(const Json& value) {
    return value.is_array() && all_of(value, &is_name);
}

/// `shape` has 0 where a digit is.
bool has_shape(std::string_view text, std::string_view shape) {
    const auto fits = [](char c, char wanted) {
        return wanted == '0' ? model::is_digit(c) : c == wanted;
    };
    return std::equal(text.begin(), text.end(), shape.begin(), shape.end(), fits);
}

unsigned number_at(std::string_view text, std::size_t begin, std::size_t size) {
    const auto number = model::parse_decimal(text.substr(begin, size), 9999);
    return static_cast<unsigned>(number.value_or(9999));
}

bool is_clock(unsigned hour, unsigned minute) {
    return hour < 24 && minute < 60;
}

bool is_zone(std::string_view text) {
    if (text == "Z") return true;
    return (has_shape(text, "+00:00") || has_shape(text, "-00:00")) &&
           is_clock(number_at(text, 1, 2), number_at(text, 4, 2));
}

/// What is left after a fraction of up to nine digits.
std::string_view without_fraction(std::string_view text) {
    constexpr std::size_t kMostDigits = 9;
    if (!text.starts_with('.')) return text;
    const auto end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    return end > 1 && end <= 1 + kMostDigits ? text.substr(end) : std::string_view();
}

bool is_date(std::string_view text) {
    using namespace std::chrono;
    return year_month_day(year(static_cast<int>(number_at(text, 0, 4))),
                          month(number_at(text, 5, 2)), day(number_at(text, 8, 2)))
        .ok();
}

/// Of any year and zone, unlike store::parse_rfc3339(): an image may say that it is of the year 1.
bool is_time(const Json& value) {
    constexpr std::string_view kShape = "0000-00-00T00:00:00";
    if (!value.is_string()) return false;
    const std::string_view text = value.get_ref<const std::string&>();
    return has_shape(text.substr(0, kShape.size()), kShape) && is_date(text) &&
           is_clock(number_at(text, 11, 2), number_at(text, 14, 2)) &&
           number_at(text, 17, 2) < 60 && is_zone(without_fraction(text.substr(kShape.size())));
}

constexpr auto kString = "a string";
constexpr auto kStrings = "a list of strings";
constexpr auto kNames = "a list of strings that are image references";
constexpr auto kDigest = "\"sha256:\" and 64 lower-case hexadecimal digits";
constexpr auto kDigests = "an object of strings \"sha256:\" and 64 lower-case hexadecimal digits";
constexpr auto kTime = "a time like 2026-01-02T03:04:05Z";
constexpr auto kSize = "an integer of 64 bits";
constexpr auto kSizes = "an object of integers of 64 bits";
constexpr auto kUsers = "a list of integers of 32 bits that are not negative";
constexpr auto kNumber = "an integer of 32 bits";

constexpr std::array<Field, 10> kImageFields{{
    {"id", &is_string, kString},
    {"digest", &is_digest, kDigest},
    {"names", &is_name_list, kNames},
    {"names-history", &is_string_list, kStrings},
    {"layer", &is_string, kString},
    {"metadata", &is_string, kString},
    {"big-data-names", &is_string_list, kStrings},
    {"big-data-sizes", &is_size_map, kSizes},
    {"big-data-digests", &is_digest_map, kDigests},
    {"created", &is_time, kTime},
}};

constexpr std::array<Field, 10> kLayerFields{{
    {"id", &is_string, kString},
    {"parent", &is_string, kString},
    {"created", &is_time, kTime},
    {"compressed-diff-digest", &is_digest, kDigest},
    {"compressed-size", &is_integer<std::int64_t>, kSize},
    {"diff-digest", &is_digest, kDigest},
    {"diff-size", &is_integer<std::int64_t>, kSize},
    {"compression", &is_integer<std::int32_t>, kNumber},
    {"uidset", &is_user_list, kUsers},
    {"gidset", &is_user_list, kUsers},
}};

template <std::size_t N>
Result<Json> known_fields(const Json& record, const std::array<Field, N>& fields) {
    Json known = Json::object();
    for (const auto& item : record.items()) {
        const auto is_this = [&](const Field& field) { return field.key == item.key(); };
        const auto field = std::find_if(fields.begin(), fields.end(), is_this);
        if (field == fields.end() || item.value().is_null()) continue;
        if (!field->is_right(item.value()))
            return fail(ErrorCode::invalid, item.key() + ": is not " + field->type);
        known[item.key()] = item.value();
    }
    return known;
}

}  // namespace

Result<Json> image_fields(const Json& record) {
    return known_fields(record, kImageFields);
}

Result<Json> layer_fields(const Json& record) {
    return known_fields(record, kLayerFields);
}

}  // namespace agent::images
