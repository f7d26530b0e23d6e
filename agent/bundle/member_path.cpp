// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/member_path.hpp"

#include <algorithm>

#include "agent/bundle/manifest.hpp"

namespace agent::bundle {

namespace {

/// NAME_MAX of every file system that a store is kept on.
constexpr std::size_t kMaxComponentBytes = 255;

bool is_allowed(char c) {
    return c > ' ' && c < '\x7f' && c != '\\';
}

std::optional<std::string> component_problem(std::string_view component) {
    if (component.empty()) return "has an empty component";
    if (component == "." || component == "..")
        return "has the component `" + std::string(component) + "`";
    if (component.size() > kMaxComponentBytes) return "has a component of more than 255 bytes";
    return std::nullopt;
}

}  // namespace

std::optional<std::string> member_path_problem(std::string_view path) {
    if (path.empty()) return "is empty";
    if (path.size() > kMaxPathBytes) return "is longer than 4096 bytes";
    if (path.front() == '/') return "is absolute";
    if (!std::all_of(path.begin(), path.end(), is_allowed))
        return "has a character other than printable ASCII without space and backslash";
    for (std::size_t start = 0; start <= path.size();) {
        const std::size_t end = std::min(path.find('/', start), path.size());
        if (auto problem = component_problem(path.substr(start, end - start))) return problem;
        start = end + 1;
    }
    return std::nullopt;
}

std::optional<MemberKind> kind_of_member(std::string_view path) {
    const auto is_below = [&](std::string_view folder) {
        return path.substr(0, folder.size()) == folder;
    };
    if (path == kDescriptionMember) return MemberKind::description;
    if (path == kStoreIndexMember) return MemberKind::store_index;
    if (is_below("schemas/") || is_below("licenses/") || is_below("files/"))
        return MemberKind::small_file;
    if (is_below("images/")) return MemberKind::image;
    return std::nullopt;
}

bool is_store_member(std::string_view path) {
    constexpr std::string_view kFolder = "images/";
    constexpr std::string_view kEnding = ".sqfs";
    constexpr std::size_t kDigits = 16;
    if (path.size() != kFolder.size() + kDigits + kEnding.size() ||
        path.substr(0, kFolder.size()) != kFolder ||
        path.substr(kFolder.size() + kDigits) != kEnding)
        return false;
    return path.substr(kFolder.size(), kDigits).find_first_not_of("0123456789abcdef") ==
           std::string_view::npos;
}

std::string printable(std::string_view path) {
    constexpr std::size_t kMaxShown = 200;
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char c : path.substr(0, kMaxShown)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= ' ' && byte < 0x7f) {
            text += c;
        } else {
            text += "\\x";
            text += kDigits[byte >> 4U];
            text += kDigits[byte & 15U];
        }
    }
    if (path.size() > kMaxShown) text += "…";
    return text;
}

}  // namespace agent::bundle
