// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "agent/model/text.hpp"
#include "agent/model/utf8.hpp"
#include "agent/model/value_checks.hpp"

namespace agent::model {
namespace {

constexpr std::size_t kLongestPlainName = 63;
constexpr std::size_t kLongestShortName = 64;
/// PATH_MAX counts the terminating NUL.
constexpr std::size_t kLongestPath = 4095;

Verdict check_no_control(std::string_view text, std::string_view allowed) {
    const auto is_refused = [allowed](char c) {
        return is_control(c) && allowed.find(c) == std::string_view::npos;
    };
    if (std::any_of(text.begin(), text.end(), is_refused))
        return Complaint{in_quotes(text) + " has a control character",
                         allowed.empty() ? "write it on one line, without tabs" : ""};
    for (auto rest = text; !rest.empty();) {
        const auto size = std::max<std::size_t>(utf8_character_size(rest), 1);
        if (is_noncharacter(rest.substr(0, size)))
            return Complaint{in_quotes(text) + " has a noncharacter of Unicode, as U+FFFE is",
                             "leave it out"};
        rest.remove_prefix(size);
    }
    return std::nullopt;
}

Verdict check_normalised(std::string_view path) {
    if (!path.starts_with('/'))
        return Complaint{in_quotes(path) + " is not absolute", "begin it with /"};
    if (auto complaint = check_no_control(path, {})) return complaint;
    if (path.size() > kLongestPath) return Complaint{"the path is longer than 4095 bytes", {}};
    for (const auto part : split(path.substr(1), '/')) {
        if (part.empty() || part == "." || part == "..")
            return Complaint{in_quotes(path) + " is not normalised",
                             "write it without //, . and .., and without a slash at its end"};
    }
    return std::nullopt;
}

}  // namespace

Verdict check_line(std::string_view text) {
    if (text.empty()) return Complaint{"must not be empty", "leave the key out instead"};
    return check_no_control(text, {});
}

Verdict check_paragraphs(std::string_view text) {
    if (text.empty()) return Complaint{"must not be empty", "leave the key out instead"};
    return check_no_control(text, "\n\t");
}

Verdict check_short_name(std::string_view text) {
    if (text.size() > kLongestShortName)
        return Complaint{in_quotes(text) + " is longer than 64 bytes",
                         "the key name has room for a longer one"};
    return check_line(text);
}

Verdict check_argument(std::string_view text) {
    if (text.find('\0') != std::string_view::npos)
        return Complaint{"has a NUL character", "a program cannot be given one"};
    return std::nullopt;
}

Verdict check_plain_name(std::string_view text) {
    const auto is_allowed = [](char c) { return is_lower(c) || is_digit(c) || c == '-'; };
    if (text.empty() || text.front() == '-' || text.size() > kLongestPlainName ||
        !std::all_of(text.begin(), text.end(), is_allowed))
        return Complaint{in_quotes(text) + " is not a name",
                         "write at most 63 lower-case letters, digits and dashes, and begin with a "
                         "letter or a digit"};
    return std::nullopt;
}

Verdict check_path(std::string_view path) {
    if (path == "/") return Complaint{"\"/\" cannot be used here", "name a directory below it"};
    return check_normalised(path);
}

Verdict check_mount_path(std::string_view path) {
    if (auto complaint = check_path(path)) return complaint;
    if (path.find(':') == std::string_view::npos) return std::nullopt;
    return Complaint{in_quotes(path) + " has a colon, which podman cannot express",
                     "choose a path without one"};
}

Verdict check_working_directory(std::string_view path) {
    return path == "/" ? std::nullopt : check_normalised(path);
}

Verdict check_device(std::string_view path) {
    if (auto complaint = check_path(path)) return complaint;
    if (!path.starts_with("/dev/")) return Complaint{in_quotes(path) + " is not below /dev", {}};
    if (path.find(':') != std::string_view::npos)
        return Complaint{in_quotes(path) + " has a colon, which podman cannot express",
                         "name the device by another link, for example one made by a udev rule"};
    return std::nullopt;
}

Verdict check_tmpfs(std::string_view tmpfs) {
    const auto colon = tmpfs.find(':');
    if (auto complaint = check_path(tmpfs.substr(0, colon))) return complaint;
    if (colon == std::string_view::npos) return std::nullopt;
    for (const auto option : split(tmpfs.substr(colon + 1), ',')) {
        if (option.empty() || !has_only_alphanumeric_and(option, "=%_.-"))
            return Complaint{in_quotes(option) + " is not a mount option",
                             "write them as in \"/tmp:size=64M,mode=1777\""};
    }
    return std::nullopt;
}

}  // namespace agent::model
