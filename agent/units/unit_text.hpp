// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agent::units {

/// The text of one unit file while it is written. Values come escaped.
class UnitText {
  public:
    /// Begins with a comment that says that the file is generated.
    UnitText();

    void section(std::string_view name);
    void line(std::string_view key, std::string_view value);
    /// One line with the names of both lists, escaped here; none when both are empty.
    void units(std::string_view key, const std::vector<std::string>& names,
               const std::vector<std::string>& more = {});
    /// One line with a command, its words escaped here; `prefix` is of systemd.service(5).
    void command(std::string_view key, std::string_view prefix,
                 const std::vector<std::string>& words);

    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

}  // namespace agent::units
