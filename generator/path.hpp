// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <climits>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace generator {

/// A path in a buffer of fixed size; appending what does not fit makes it bad.
class Path {
  public:
    void append(std::string_view text) {
        if (text.size() >= text_.size() - size_) {
            good_ = false;
            return;
        }
        std::memcpy(text_.data() + size_, text.data(), text.size());
        size_ += text.size();
        text_[size_] = '\0';
    }

    /// Cuts off what was appended after the path had `size` characters.
    void truncate(std::size_t size) {
        size_ = size;
        text_[size_] = '\0';
        good_ = true;
    }

    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] const char* c_str() const { return text_.data(); }

  private:
    std::array<char, PATH_MAX> text_{};
    std::size_t size_ = 0;
    bool good_ = true;
};

}  // namespace generator
