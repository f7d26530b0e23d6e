// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/toml_reader.hpp"
#include "agent/model/units_of_measure.hpp"
#include "agent/model/value_checks.hpp"

namespace agent::model {

// Each reads one key of a table and adds a problem for what is wrong with it; a refused value reads
// as if it were absent.

using Check = Verdict (*)(std::string_view);

/// Empty when absent.
[[nodiscard]] std::string read_string(TomlTable& table, std::string_view key, Check check);
/// A missing key is a problem; `hint` says what to write.
[[nodiscard]] std::string require_string(TomlTable& table, std::string_view key, Check check,
                                         const std::string& hint);
[[nodiscard]] std::vector<std::string> read_strings(TomlTable& table, std::string_view key,
                                                    Check check);
/// The same; an element that comes twice is a problem.
[[nodiscard]] std::vector<std::string> read_distinct_strings(TomlTable& table, std::string_view key,
                                                             Check check);

/// `key[index]` of the element that has this value, for problems; `key` when there is none.
[[nodiscard]] std::string key_of_element(TomlTable& table, std::string_view key,
                                         std::string_view value);

struct SpanRule {
    Span least = Span::zero();
    bool finite = true;
};
inline constexpr SpanRule kPositiveSpan{Span(1), true};

[[nodiscard]] std::optional<Span> read_span(TomlTable& table, std::string_view key, SpanRule rule);
[[nodiscard]] std::optional<std::uint64_t> read_size(TomlTable& table, std::string_view key,
                                                     std::uint64_t least);
[[nodiscard]] std::optional<std::uint64_t> read_count(TomlTable& table, std::string_view key,
                                                      std::uint64_t least, std::uint64_t largest);
/// False when absent.
[[nodiscard]] bool read_flag(TomlTable& table, std::string_view key);
/// The key `image-id`, a SHA-256.
[[nodiscard]] std::optional<Sha256> read_image_id(TomlTable& table);

/// A mandatory id; a default-made one when it is missing or refused.
template <typename Id>
[[nodiscard]] Id require_id(TomlTable& table, std::string_view key, const std::string& hint) {
    const auto accept = [](std::string_view) { return Verdict(); };
    if (!table.has(key)) {
        static_cast<void>(require_string(table, key, accept, hint));
        return {};
    }
    const auto text = table.string(key);
    if (!text) return {};
    auto id = Id::parse(*text);
    if (id) return std::move(*id);
    table.problem(key, id.error().message());
    return {};
}

}  // namespace agent::model
