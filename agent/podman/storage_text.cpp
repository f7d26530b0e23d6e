// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/storage_text.hpp"

#include <algorithm>

#include "agent/model/toml_reader.hpp"

namespace agent::podman {

namespace {

using model::ErrorCode;
using model::Result;

constexpr std::string_view kKey = "additionalimagestores";
constexpr std::string_view kSection = "[storage.options]";
constexpr std::string_view kBlank = " \t\r";

/// A part of a text, from its first byte to behind its last one.
struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
};

std::string quoted(const std::string& text) {
    std::string value = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') value += '\\';
        value += c;
    }
    return value + '"';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
    return std::min(text.find_first_not_of(kBlank, at), text.size());
}

/// Where each line begins.
std::vector<std::size_t> line_starts(std::string_view text) {
    std::vector<std::size_t> starts{0};
    for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
        starts.push_back(at + 1);
    return starts;
}

/// Columns are code points.
std::size_t offset_of(std::string_view text, const model::TextPosition& position) {
    const auto starts = line_starts(text);
    if (position.line == 0 || position.line > starts.size()) return text.size();
    auto at = starts[position.line - 1];
    for (unsigned column = 1; column < position.column && at < text.size(); ++column) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U)
            ++at;
    }
    return at;
}

/// Behind the list, wherever it begins; nothing where there is none.
std::optional<std::size_t> end_of_list(const std::string& text) {
    model::Problems ignored;
    auto document = model::TomlDocument::parse(text, "storage.conf", ignored);
    if (!document.valid()) return std::nullopt;
    auto storage = document.root().table("storage");
    auto options = storage ? storage->table("options") : std::nullopt;
    const auto end = options ? options->end_of(kKey) : std::nullopt;
    if (!end) return std::nullopt;
    return offset_of(text, *end);
}

/// From the key to behind the list, where the key begins a line as it is usually written.
std::optional<Range> assignment(std::string_view text, std::size_t end) {
    std::optional<Range> found;
    for (const auto start : line_starts(text)) {
        const auto key = skip_blanks(text, start);
        if (key >= end || !text.substr(key).starts_with(kKey)) continue;
        const auto equals = skip_blanks(text, key + kKey.size());
        if (equals < end && text[equals] == '=') found = Range{key, end};
    }
    return found;
}

/// Behind the line that begins the section, with its line end.
std::optional<std::size_t> end_of_header(std::string_view text) {
    for (const auto start : line_starts(text)) {
        const auto header = skip_blanks(text, start);
        if (!text.substr(header).starts_with(kSection)) continue;
        const auto rest = skip_blanks(text, header + kSection.size());
        if (rest < text.size() && text[rest] != '\n' && text[rest] != '#') continue;
        const auto newline = text.find('\n', header);
        return newline == std::string_view::npos ? text.size() : newline + 1;
    }
    return std::nullopt;
}

std::string with_new_list(std::string text, const std::string& line) {
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    if (const auto at = end_of_header(text)) return text.insert(*at, line + "\n");
    return text + "\n" + std::string(kSection) + "\n" + line + "\n";
}

/// Before the elements that are there.
std::optional<std::string> with_longer_list(const std::string& text, const Range& list,
                                            const std::string& directory, bool is_empty) {
    const auto equals = text.find('=', list.begin);
    const auto opening = skip_blanks(text, equals + 1);
    if (opening >= list.end || text[opening] != '[') return std::nullopt;
    auto longer = text;
    return longer.insert(opening + 1, quoted(directory) + (is_empty ? "" : ", "));
}

/// A change of the text that did anything else is none.
std::optional<std::string> if_it_says(std::optional<std::string> text,
                                      const StorageSettings& settings) {
    if (!text) return std::nullopt;
    const auto read = parse_storage(*text, "storage.conf");
    if (!read || *read != settings) return std::nullopt;
    return text;
}

}  // namespace

Result<StorageSettings> parse_storage(const std::string& text, const std::string& file) {
    model::Problems problems;
    auto document = model::TomlDocument::parse(text, file, problems);
    StorageSettings settings;
    if (document.valid()) {
        if (auto storage = document.root().table("storage")) {
            settings.driver = storage->string("driver").value_or("");
            settings.graph_root = storage->string("graphroot").value_or("");
            if (auto options = storage->table("options"))
                settings.image_stores = options->strings(kKey);
        }
    }
    if (!problems.empty())
        return model::fail(ErrorCode::conflict, model::to_error(problems).text());
    return settings;
}

std::string image_stores_line(const std::vector<std::string>& directories) {
    std::string list;
    for (const auto& directory : directories)
        list += (list.empty() ? "" : ", ") + quoted(directory);
    return std::string(kKey) + " = [" + list + "]";
}

std::optional<std::string> with_image_store(const std::string& text, const std::string& directory) {
    auto settings = parse_storage(text, "storage.conf");
    if (!settings) return std::nullopt;
    auto& stores = settings->image_stores;
    const bool is_empty = stores.empty();
    stores.insert(stores.begin(), directory);
    const auto end = end_of_list(text);
    if (!end) return if_it_says(with_new_list(text, image_stores_line(stores)), *settings);
    const auto list = assignment(text, *end);
    if (!list) return std::nullopt;
    return if_it_says(with_longer_list(text, *list, directory, is_empty), *settings);
}

std::optional<std::string> without_image_stores(const std::string& text) {
    auto settings = parse_storage(text, "storage.conf");
    if (!settings) return std::nullopt;
    settings->image_stores.clear();
    const auto end = end_of_list(text);
    if (!end) return text;
    const auto list = assignment(text, *end);
    if (!list) return std::nullopt;
    auto shorter = text;
    return if_it_says(shorter.erase(list->begin, list->end - list->begin), *settings);
}

}  // namespace agent::podman
