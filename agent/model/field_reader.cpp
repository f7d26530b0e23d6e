// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/field_reader.hpp"

#include <algorithm>
#include <set>

#include "agent/model/text.hpp"

namespace agent::model {
namespace {

std::string element_of(std::string_view key, std::size_t index) {
    return std::string(key) + '[' + std::to_string(index) + ']';
}

bool accepts(TomlTable& table, std::string_view key, std::string_view value, Check check) {
    const auto complaint = check(value);
    if (complaint) table.problem(key, complaint->message, complaint->hint);
    return !complaint;
}

}  // namespace

std::string read_string(TomlTable& table, std::string_view key, Check check) {
    auto value = table.string(key);
    if (!value || !accepts(table, key, *value, check)) return {};
    return std::move(*value);
}

std::string require_string(TomlTable& table, std::string_view key, Check check,
                           const std::string& hint) {
    if (!table.has(key)) table.problem(key, "is missing", hint);
    return read_string(table, key, check);
}

std::vector<std::string> read_strings(TomlTable& table, std::string_view key, Check check) {
    std::vector<std::string> good;
    const auto values = table.strings(key);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (accepts(table, element_of(key, i), values[i], check)) good.push_back(values[i]);
    }
    return good;
}

std::vector<std::string> read_distinct_strings(TomlTable& table, std::string_view key,
                                               Check check) {
    std::vector<std::string> good;
    std::set<std::string> seen;
    const auto values = table.strings(key);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!accepts(table, element_of(key, i), values[i], check)) continue;
        if (seen.insert(values[i]).second)
            good.push_back(values[i]);
        else
            table.problem(element_of(key, i), in_quotes(values[i]) + " comes twice",
                          "write it once");
    }
    return good;
}

std::string key_of_element(TomlTable& table, std::string_view key, std::string_view value) {
    const auto values = table.strings(key);
    const auto found = std::find(values.begin(), values.end(), value);
    if (found == values.end()) return std::string(key);
    return element_of(key, static_cast<std::size_t>(found - values.begin()));
}

std::optional<Span> read_span(TomlTable& table, std::string_view key, SpanRule rule) {
    const auto text = table.string(key);
    if (!text) return std::nullopt;
    const auto span = parse_span(*text);
    if (!span) {
        table.problem(key, span.error().message());
    } else if (rule.finite && *span == Span::max()) {
        table.problem(key, "must not be infinite", "write a time span such as \"2min\"");
    } else if (*span < rule.least) {
        table.problem(key, in_quotes(*text) + " is too short",
                      "write at least " + to_string(rule.least));
    } else {
        return *span;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> read_size(TomlTable& table, std::string_view key,
                                       std::uint64_t least) {
    const auto text = table.string(key);
    if (!text) return std::nullopt;
    const auto size = parse_size(*text);
    if (!size) {
        table.problem(key, size.error().message());
        return std::nullopt;
    }
    if (*size >= least) return *size;
    table.problem(key, in_quotes(*text) + " is too small", "write at least " + human_size(least));
    return std::nullopt;
}

std::optional<std::uint64_t> read_count(TomlTable& table, std::string_view key, std::uint64_t least,
                                        std::uint64_t largest) {
    const auto number = table.integer(key);
    if (!number) return std::nullopt;
    if (*number >= 0) {
        const auto count = static_cast<std::uint64_t>(*number);
        if (count >= least && count <= largest) return count;
    }
    table.problem(
        key, std::to_string(*number) + " is out of range",
        "write a number from " + std::to_string(least) + " to " + std::to_string(largest));
    return std::nullopt;
}

bool read_flag(TomlTable& table, std::string_view key) {
    return table.boolean(key).value_or(false);
}

std::optional<Sha256> read_image_id(TomlTable& table) {
    const auto text = table.string("image-id");
    if (!text) return std::nullopt;
    auto id = Sha256::parse(*text);
    if (id) return std::move(*id);
    table.problem("image-id", id.error().message(),
                  "it is the digest of the image's configuration, as `podman images --no-trunc` "
                  "prints it");
    return std::nullopt;
}

}  // namespace agent::model
