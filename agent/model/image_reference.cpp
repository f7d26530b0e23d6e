// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/text.hpp"
#include "agent/model/value_checks.hpp"

// The grammar is that of the distribution project, which podman, skopeo and docker use:
//   reference = name [ ":" tag ] [ "@" digest ]
//   name      = [ host [ ":" port ] "/" ] component { "/" component }
namespace agent::model {
namespace {

constexpr std::size_t kLongestReferenceName = 255;
constexpr std::size_t kLongestTag = 128;

bool is_lower_alphanumeric(char c) {
    return is_lower(c) || is_digit(c);
}

/// Alphanumeric runs joined by `.`, `_`, `__` or any number of dashes.
bool is_component(std::string_view text) {
    if (text.empty() || !is_lower_alphanumeric(text.front()) || !is_lower_alphanumeric(text.back()))
        return false;
    for (std::size_t i = 0; i < text.size();) {
        if (is_lower_alphanumeric(text[i])) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (!is_lower_alphanumeric(text[end]))
            ++end;
        const auto separator = text.substr(i, end - i);
        if (separator != "." && separator != "_" && separator != "__" &&
            separator.find_first_not_of('-') != std::string_view::npos)
            return false;
        i = end;
    }
    return true;
}

bool is_host(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos) {
        if (!parse_decimal(text.substr(colon + 1), 65535)) return false;
        text = text.substr(0, colon);
    }
    for (const auto label : split(text, '.')) {
        if (label.empty() || label.front() == '-' || label.back() == '-' ||
            !has_only_alphanumeric_and(label, "-"))
            return false;
    }
    return true;
}

/// The first component is a host when it could not be anything else.
bool looks_like_host(std::string_view component) {
    return component == "localhost" || component.find_first_of(".:") != std::string_view::npos;
}

bool is_tag(std::string_view text) {
    return !text.empty() && text.size() <= kLongestTag && text.front() != '.' &&
           text.front() != '-' && has_only_alphanumeric_and(text, "_.-");
}

bool is_digest(std::string_view text) {
    constexpr std::string_view kSha256 = "sha256:";
    return text.starts_with(kSha256) && text.size() == kSha256.size() + 64 &&
           text.find_first_not_of("0123456789abcdef", kSha256.size()) == std::string_view::npos;
}

}  // namespace

Verdict check_image_reference(std::string_view image) {
    const auto refuse = [image](const std::string& why) {
        return Complaint{in_quotes(image) + " is not an image reference: " + why,
                         "write it as in \"registry.example.com/team/name:1.0\""};
    };
    if (image.find("://") != std::string_view::npos) return refuse("it has a transport");
    auto name = image;
    if (const auto at = name.find('@'); at != std::string_view::npos) {
        if (!is_digest(name.substr(at + 1))) return refuse("its digest is not a SHA-256");
        name = name.substr(0, at);
    }
    const auto colon = name.rfind(':');
    if (colon != std::string_view::npos && name.find('/', colon) == std::string_view::npos) {
        if (!is_tag(name.substr(colon + 1))) return refuse("its tag is not a tag");
        name = name.substr(0, colon);
    }
    if (name.size() > kLongestReferenceName)
        return refuse("its name is longer than 255 characters");
    auto components = split(name, '/');
    if (components.size() > 1 && looks_like_host(components.front())) {
        if (!is_host(components.front())) return refuse("its registry is not a host name");
        components.erase(components.begin());
    }
    for (const auto component : components) {
        if (!is_component(component))
            return refuse(in_quotes(component) +
                          " may have lower-case letters, digits, and single . _ - between them");
    }
    return std::nullopt;
}

}  // namespace agent::model
