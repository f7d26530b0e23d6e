// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/units/unit_file_reader.hpp"

namespace unit_file_reader {
namespace {

using Word = std::optional<std::string>;
using Words = std::optional<std::vector<std::string>>;

enum class Backslash { c_escape, next_as_it_is };

bool is_one_line(std::string_view text) {
    return text.find_first_of(std::string_view("\n\r\0", 3)) == std::string_view::npos;
}

/// An odd number of backslashes at its end continues a line.
bool is_continued(std::string_view line) {
    std::size_t count = 0;
    while (count < line.size() && line[line.size() - 1 - count] == '\\')
        ++count;
    return count % 2 == 1;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

class Reader {
  public:
    Reader(std::string_view text, Backslash backslash) : rest_(text), backslash_(backslash) {}

    Words words() {
        std::vector<std::string> words;
        for (skip_spaces(); !rest_.empty(); skip_spaces()) {
            auto one = word();
            if (!one) return std::nullopt;
            words.push_back(*one);
        }
        return words;
    }

  private:
    void skip_spaces() {
        while (!rest_.empty() && is_space(rest_.front()))
            rest_.remove_prefix(1);
    }

    static bool is_space(char c) { return c == ' ' || c == '\t'; }

    Word word() {
        // Alone and unquoted it ends the command.
        if (rest_ == ";" || rest_.starts_with("; ")) return std::nullopt;
        std::string word;
        char quote = 0;
        while (!rest_.empty() && (quote != 0 || !is_space(rest_.front()))) {
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == quote) {
                quote = 0;
            } else if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == '\\') {
                if (!escape(word)) return std::nullopt;
            } else {
                word += c;
            }
        }
        return quote == 0 ? Word(word) : std::nullopt;
    }

    bool escape(std::string& word) {
        if (rest_.empty()) return false;
        const char c = rest_.front();
        rest_.remove_prefix(1);
        if (backslash_ == Backslash::next_as_it_is || c == '\\' || c == '"') {
            word += c;
            return true;
        }
        if (c != 'x' || rest_.size() < 2) return false;
        const int high = hex_digit(rest_[0]);
        const int low = hex_digit(rest_[1]);
        rest_.remove_prefix(2);
        if (high < 0 || low < 0 || high + low == 0) return false;
        word += static_cast<char>(high * 16 + low);
        return true;
    }

    std::string_view rest_;
    Backslash backslash_;
};

/// Every `mark` must be there twice, and stands for one.
Word halved(std::string_view text, char mark) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == mark && (++at == text.size() || text[at] != mark)) return std::nullopt;
        result += text[at];
    }
    return result;
}

bool halve_all(std::vector<std::string>& words, char mark) {
    for (auto& word : words) {
        const auto plain = halved(word, mark);
        if (!plain) return false;
        word = *plain;
    }
    return true;
}

Words read_words(std::string_view line, Backslash backslash) {
    if (!is_one_line(line) || is_continued(line)) return std::nullopt;
    auto words = Reader(line, backslash).words();
    if (!words || !halve_all(*words, '%')) return std::nullopt;
    return words;
}

}  // namespace

Words read_command_line(std::string_view line) {
    auto words = read_words(line, Backslash::c_escape);
    if (!words || !halve_all(*words, '$')) return std::nullopt;
    return words;
}

Word read_value(std::string_view line) {
    if (!is_one_line(line) || is_continued(line)) return std::nullopt;
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t'))
        line.remove_prefix(1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t'))
        line.remove_suffix(1);
    return halved(line, '%');
}

Words read_paths(std::string_view line) {
    return read_words(line, Backslash::next_as_it_is);
}

}  // namespace unit_file_reader
