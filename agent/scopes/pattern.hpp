// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <regex>
#include <string>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::scopes {

inline constexpr std::size_t kMaxPatternBytes = 256;
/// States of the pattern's automaton, counted with its repetitions.
inline constexpr std::uint64_t kMaxPatternStates = 2048;
/// A longer text matches no pattern.
inline constexpr std::size_t kMaxMatchedBytes = 4096;

/// A regular expression of ECMAScript without references back, lookahead and lookbehind, so that
/// matching takes time and space in proportion to the text, whatever the pattern.
class Pattern {
  public:
    /// ErrorCode::invalid with what is wrong in it.
    [[nodiscard]] static model::Result<Pattern> parse(const std::string& text);
    /// Whether it matches anywhere in the text, as JSON Schema has it.
    [[nodiscard]] bool matches(const std::string& text) const;
    /// Steps that matching this text takes at most.
    [[nodiscard]] std::uint64_t cost(const std::string& text) const;
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    Pattern(std::string text, std::uint64_t states, std::regex regex)
        : text_(std::move(text)), states_(states), regex_(std::move(regex)) {}

    std::string text_;
    std::uint64_t states_;
    std::regex regex_;
};

}  // namespace agent::scopes
