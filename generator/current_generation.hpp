// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <climits>
#include <cstddef>
#include <string_view>

namespace generator {

/// The generation that the link systemd-units names.
class CurrentGeneration {
  public:
    enum class State { absent, malformed, known };

    /// Reads the link in the operation directory.
    explicit CurrentGeneration(int operation_directory);

    [[nodiscard]] State state() const { return state_; }
    /// Decimal digits, with a NUL behind them.
    [[nodiscard]] const char* number() const { return number_.data(); }

  private:
    void take_number(std::string_view target);

    State state_ = State::malformed;
    std::array<char, 16> number_{};
};

}  // namespace generator
