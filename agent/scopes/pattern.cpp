// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/scopes/pattern.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace agent::scopes {

namespace {

using model::ErrorCode;
using model::Result;

/// Counts the states of a pattern before the library unrolls its repetitions. What is no pattern at
/// all is counted somehow, and refused by the library.
class StateCount {
  public:
    explicit StateCount(std::string_view pattern) : pattern_(pattern) {
        while (at_ < pattern_.size())
            take();
        while (open_.size() > 1)
            close();
    }

    [[nodiscard]] std::uint64_t value() const { return open_.back().all; }

  private:
    struct Group {
        std::uint64_t all = 0;
        /// Of the last atom, which a quantifier repeats.
        std::uint64_t last = 0;
    };

    static std::uint64_t bounded(std::uint64_t count) {
        return std::min(count, kMaxPatternStates + 1);
    }

    void take() {
        switch (const char c = pattern_[at_++]) {
            case '(':
                open_.emplace_back();
                break;
            case ')':
                if (open_.size() > 1) close();
                break;
            case '{':
                repeat(largest_number());
                break;
            case '*':
            case '+':
            case '?':
                repeat(1);
                break;
            default:
                if (c == '\\') ++at_;
                if (c == '[') skip_class();
                add(1);
        }
    }

    void add(std::uint64_t count) {
        open_.back().last = count;
        open_.back().all = bounded(open_.back().all + count);
    }

    void close() {
        const auto group = open_.back();
        open_.pop_back();
        add(bounded(group.all + 2));
    }

    void repeat(std::uint64_t times) {
        auto& group = open_.back();
        const auto more = bounded(group.last * bounded(times)) + 1;
        group.all = bounded(group.all + more);
        group.last = bounded(group.last + more);
    }

    std::uint64_t largest_number() {
        std::uint64_t largest = 0;
        while (at_ < pattern_.size() && pattern_[at_] != '}') {
            std::uint64_t number = 0;
            const auto* begin = pattern_.data() + at_;
            const auto [end, error] =
                std::from_chars(begin, pattern_.data() + pattern_.size(), number);
            largest = std::max(largest, error == std::errc() ? number
                                        : end == begin       ? 0
                                                             : kMaxPatternStates);
            at_ += std::max<std::size_t>(1, static_cast<std::size_t>(end - begin));
        }
        ++at_;
        return largest;
    }

    void skip_class() {
        while (at_ < pattern_.size() && pattern_[at_] != ']')
            at_ += pattern_[at_] == '\\' ? 2 : 1;
        ++at_;
    }

    std::string_view pattern_;
    std::size_t at_ = 0;
    std::vector<Group> open_ = {{}};
};

/// `(?=`, `(?!` and `(?<`: everything but `(?:`.
bool looks_around(std::string_view pattern) {
    for (std::size_t i = 0; i + 2 < pattern.size(); ++i) {
        if (pattern[i] == '\\')
            ++i;
        else if (pattern.substr(i, 2) == "(?" && pattern[i + 2] != ':')
            return true;
    }
    return false;
}

}  // namespace

Result<Pattern> Pattern::parse(const std::string& text) {
    if (text.size() > kMaxPatternBytes)
        return model::fail(ErrorCode::invalid,
                           "has more than " + std::to_string(kMaxPatternBytes) + " bytes");
    if (looks_around(text))
        return model::fail(ErrorCode::invalid,
                           "has (?…), of which only (?:…) is known: without lookahead");
    const auto states = StateCount(text).value();
    if (states > kMaxPatternStates)
        return model::fail(ErrorCode::invalid, "repeats too much: it has more than " +
                                                   std::to_string(kMaxPatternStates) + " states");
    try {
        constexpr auto kFlags = std::regex::ECMAScript | std::regex::nosubs;
        // Alone first: what closes more groups than it opens would get out of those below.
        static_cast<void>(std::regex(text, kFlags));
        // One pass over the whole text instead of a search from each of its places. libstdc++'s
        // __polynomial follows all ways at once; its default tries one after the other.
        return Pattern(
            text, states,
            std::regex("[^]*(?:" + text + ")[^]*", kFlags | std::regex_constants::__polynomial));
    } catch (const std::regex_error& error) {
        return model::fail(
            ErrorCode::invalid,
            std::string("is no regular expression that can be used: ") + error.what());
    }
}

bool Pattern::matches(const std::string& text) const {
    return text.size() <= kMaxMatchedBytes && std::regex_match(text, regex_);
}

std::uint64_t Pattern::cost(const std::string& text) const {
    return (std::min(text.size(), kMaxMatchedBytes) + 1) * (states_ + 1);
}

}  // namespace agent::scopes
