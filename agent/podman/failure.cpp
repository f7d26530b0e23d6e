// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/failure.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <vector>

#include "agent/model/text.hpp"

namespace agent::podman {

namespace {

using model::ErrorCode;

constexpr std::string_view kErrorPrefix = "Error: ";
constexpr std::string_view kMessage = "msg=\"";

/// The message of one line in the text format of logrus, podman's log; the line itself otherwise.
std::string undecorated(std::string_view line) {
    const auto start = line.find(kMessage);
    if (!line.starts_with("time=\"") || start == std::string_view::npos) return std::string(line);
    std::string text;
    for (std::size_t i = start + kMessage.size(); i < line.size() && line[i] != '"'; ++i) {
        if (line[i] != '\\' || i + 1 == line.size()) {
            text += line[i];
            continue;
        }
        const char escaped = line[++i];
        text += escaped == 'n' || escaped == 't' ? ' ' : escaped;
    }
    return text;
}

std::vector<std::string> lines_of(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        const auto last = line.find_last_not_of(kBlank);
        if (last == std::string_view::npos) continue;
        lines.push_back(undecorated(line.substr(0, last + 1)));
    }
    return lines;
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [text](std::string_view word) {
        return text.find(word) != std::string_view::npos;
    });
}

ErrorCode code_of(std::string_view standard_error) {
    if (contains_any(standard_error, {"no space left on device", "disk quota exceeded",
                                      "database or disk is full"}))
        return ErrorCode::no_space;
    if (contains_any(standard_error,
                     {"is in use by", "image used by", "image is in use",
                      "container state improper", "is already in use", "more than one tag"}))
        return ErrorCode::conflict;
    if (says_not_there(standard_error)) return ErrorCode::not_found;
    return ErrorCode::internal;
}

}  // namespace

std::string error_line(std::string_view standard_error) {
    const auto lines = lines_of(standard_error);
    if (lines.empty()) return {};
    const auto error = std::find_if(lines.rbegin(), lines.rend(), [](const std::string& line) {
        return line.starts_with(kErrorPrefix);
    });
    // A registry's words may be among them, and a terminal would obey those.
    return model::escaped(error == lines.rend() ? lines.back()
                                                : error->substr(kErrorPrefix.size()));
}

model::Error failure(const std::string& title, int status, std::string_view standard_error) {
    std::string line = error_line(standard_error);
    if (line.empty()) line = "ended with status " + std::to_string(status) + " and said nothing";
    return {code_of(standard_error), title + ": " + line};
}

bool says_not_there(std::string_view standard_error) {
    // The sentinel texts of libpod and containers/storage, the same in 4.3 and 5.4.
    return contains_any(standard_error, {"no such container", "no such object", "image not known",
                                         "tag not known"});
}

}  // namespace agent::podman
