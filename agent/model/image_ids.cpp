// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "agent/model/description.hpp"
#include "agent/model/toml_reader.hpp"

namespace agent::model {
namespace {

struct Insertion {
    std::size_t offset;
    std::string text;
};

/// Turns positions that count code points into offsets in bytes.
class TextIndex {
  public:
    explicit TextIndex(std::string_view text) : text_(text), lines_{0} {
        constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
        if (text.starts_with(kByteOrderMark)) lines_.front() = kByteOrderMark.size();
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\n') lines_.push_back(i + 1);
        }
    }

    [[nodiscard]] std::size_t offset_of(TextPosition position) const {
        auto offset = lines_.at(position.line - 1);
        for (unsigned column = 1; column < position.column && offset < text_.size(); ++column) {
            ++offset;
            while (offset < text_.size() && is_continuation(text_[offset]))
                ++offset;
        }
        return offset;
    }

    [[nodiscard]] std::size_t line_begin(std::size_t offset) const {
        return *std::prev(std::upper_bound(lines_.begin(), lines_.end(), offset));
    }

    /// Before the line break, be it LF or CR LF.
    [[nodiscard]] std::size_t line_end(std::size_t offset) const {
        auto end = std::min(text_.find('\n', offset), text_.size());
        if (end < text_.size() && end > offset && text_[end - 1] == '\r') --end;
        return end;
    }

  private:
    static bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80; }

    std::string_view text_;
    std::vector<std::size_t> lines_;
};

/// Behind the value in `{ … }`, else on a line of its own, indented like the line of the value.
Insertion insertion_after_image(std::string_view text, const TextIndex& index,
                                const TomlTable& table, const Sha256& id) {
    const auto setting = "image-id = \"sha256:" + id.hex() + '"';
    const auto value_end = index.offset_of(*table.end_of("image"));
    if (table.is_inline()) return {value_end, ", " + setting};
    const auto begin = index.line_begin(value_end);
    const auto indent_end = std::min(text.find_first_not_of(" \t", begin), text.size());
    const auto end = index.line_end(value_end);
    const std::string line_break = text.substr(end).starts_with("\r\n") ? "\r\n" : "\n";
    return {end, line_break + std::string(text.substr(begin, indent_end - begin)) + setting};
}

}  // namespace

std::string with_image_ids(std::string_view text, const std::map<std::string, Sha256>& ids) {
    Problems ignored;
    auto document = TomlDocument::parse(text, {}, ignored);
    if (!document.valid()) return std::string(text);

    const TextIndex index(text);
    std::vector<Insertion> insertions;
    auto root = document.root();
    for (const auto* key : {"containers", "init-containers", "file-providers"}) {
        for (auto& table : root.tables(key)) {
            const auto image = table.string("image");
            if (!image || table.has("image-id")) continue;
            if (const auto id = ids.find(*image); id != ids.end())
                insertions.push_back(insertion_after_image(text, index, table, id->second));
        }
    }

    std::stable_sort(
        insertions.begin(), insertions.end(),
        [](const Insertion& left, const Insertion& right) { return left.offset < right.offset; });
    std::string result;
    std::size_t copied = 0;
    for (const auto& insertion : insertions) {
        result += text.substr(copied, insertion.offset - copied);
        result += insertion.text;
        copied = insertion.offset;
    }
    return result += text.substr(copied);
}

}  // namespace agent::model
