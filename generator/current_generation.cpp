// SPDX-License-Identifier: GPL-3.0-or-later
#include "generator/current_generation.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace generator {
namespace {

constexpr std::string_view kPrefix = "update-agent/generations/";
constexpr std::string_view kSuffix = "/units";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

CurrentGeneration::CurrentGeneration(int operation_directory) {
    // Longer than any well-formed target.
    std::array<char, 64> target{};
    const auto size =
        readlinkat(operation_directory, "systemd-units", target.data(), target.size());
    if (size < 0)
        state_ = errno == ENOENT ? State::absent : State::malformed;
    else
        take_number({target.data(), static_cast<std::size_t>(size)});
}

void CurrentGeneration::take_number(std::string_view target) {
    if (!target.starts_with(kPrefix) || !target.ends_with(kSuffix)) return;
    target.remove_prefix(kPrefix.size());
    if (target.size() <= kSuffix.size()) return;
    target.remove_suffix(kSuffix.size());
    if (target.size() >= number_.size() || !std::all_of(target.begin(), target.end(), is_digit))
        return;
    std::copy(target.begin(), target.end(), number_.begin());
    state_ = State::known;
}

}  // namespace generator
