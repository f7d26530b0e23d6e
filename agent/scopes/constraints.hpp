// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <stdexcept>

namespace valijson {
class SchemaParser;
}

namespace agent::scopes {

/// Thrown through the library where a description takes too much work.
class TooMuchWork : public std::runtime_error {
  public:
    TooMuchWork() : std::runtime_error("too much work") {}
};

/// Steps that one check may still take.
class Budget {
  public:
    void reset() { left_ = kSteps; }
    void spend(std::uint64_t steps) {
        if (steps > left_) throw TooMuchWork();
        left_ -= steps;
    }

  private:
    /// A second or two of a slow machine: a step of a pattern takes about 30 ns of a fast one. A
    /// description of fifty containers takes some hundred thousand.
    static constexpr std::uint64_t kSteps = 10'000'000;
    std::uint64_t left_ = kSteps;
};

/// Teaches the library the keys of ours that a prepared schema has. `budget` must outlive whatever
/// it parses.
void add_own_keywords(valijson::SchemaParser& parser, Budget& budget);

}  // namespace agent::scopes
