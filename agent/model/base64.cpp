// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/base64.hpp"

#include <cstdint>

namespace agent::model {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned kBits = 6;
constexpr unsigned kByte = 8;

}  // namespace

std::string to_base64(std::string_view bytes) {
    constexpr std::size_t kGroup = 4;
    std::string text;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : bytes) {
        held = (held << kByte) | static_cast<unsigned char>(c);
        for (bits += kByte; bits >= kBits; held &= (1U << bits) - 1) {
            bits -= kBits;
            text += kAlphabet[held >> bits];
        }
    }
    if (bits > 0) text += kAlphabet[held << (kBits - bits)];
    text.append((kGroup - text.size() % kGroup) % kGroup, '=');
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string bytes;
    std::uint32_t held = 0;
    unsigned bits = 0;
    for (const char c : text.substr(0, text.find('='))) {
        const auto value = kAlphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        held = (held << kBits) | static_cast<std::uint32_t>(value);
        bits += kBits;
        if (bits < kByte) continue;
        bits -= kByte;
        bytes += static_cast<char>(held >> bits);
        held &= (1U << bits) - 1;
    }
    return bytes;
}

}  // namespace agent::model
