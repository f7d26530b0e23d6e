// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/registry.hpp"

#include <algorithm>
#include <array>

namespace agent::podman {

namespace {

using model::Error;
using model::ErrorCode;

// Texts of Go's net and of containers/image, the same in podman 4.3 and 5.4.
constexpr std::array<std::string_view, 17> kUnreachable{
    "connection refused",
    "connection reset by peer",
    "connection timed out",
    "no such host",
    "no route to host",
    "network is unreachable",
    "network is down",
    "server misbehaving",
    "emporary failure in name resolution",
    "i/o timeout",
    "TLS handshake timeout",
    "context deadline exceeded",
    "Client.Timeout exceeded",
    "unexpected EOF",
    "broken pipe",
    "received unexpected HTTP status: 5",
    "toomanyrequests",
};
constexpr std::array<std::string_view, 4> kNotThere{"manifest unknown", "name unknown",
                                                    "repository name not known",
                                                    "received unexpected HTTP status: 404"};
/// podman looks here after the one below /run, whoever runs it.
constexpr const char* kLastingAuthFile = "/root/.config/containers/auth.json";
constexpr std::array<std::string_view, 4> kNotPermitted{"unauthorized", "authentication required",
                                                        "access to the requested resource",
                                                        "requested access to the resource"};

template <std::size_t count>
bool has_any(const std::string& text, const std::array<std::string_view, count>& words) {
    return std::any_of(words.begin(), words.end(), [&text](std::string_view word) {
        return text.find(word) != std::string::npos;
    });
}

}  // namespace

std::string without_tag(std::string_view reference) {
    const auto digest = reference.find('@');
    const auto name = reference.substr(0, digest);
    const auto slash = name.rfind('/');
    const auto colon = name.find(':', slash == std::string_view::npos ? 0 : slash);
    std::string text(name.substr(0, colon));
    if (digest != std::string_view::npos) text += reference.substr(digest);
    return text;
}

Error pull_failure(const Error& error, const std::string& reference) {
    const auto text = error.text();
    const auto registry = reference.substr(0, reference.find('/'));
    if (error.code() == ErrorCode::no_space || error.code() == ErrorCode::busy) return error;
    if (has_any(text, kNotPermitted))
        return {ErrorCode::not_permitted, text + "; as root, 'podman login --authfile " +
                                              kLastingAuthFile + " " + registry +
                                              "' lets it in, also after a boot"};
    if (has_any(text, kNotThere))
        return {ErrorCode::not_found, text + "; " + registry + " has no such image"};
    if (has_any(text, kUnreachable))
        return {ErrorCode::unreachable, text + "; try again when " + registry + " answers"};
    return error;
}

}  // namespace agent::podman
