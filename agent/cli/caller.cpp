// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/caller.hpp"

#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace agent::cli {

namespace {

constexpr const char* kSudoUser = "SUDO_USER";

std::string described(const char* login, uid_t uid) {
    const auto* entry = ::getpwuid(uid);
    const std::string name = login != nullptr   ? login
                             : entry != nullptr ? entry->pw_name
                                                : std::to_string(uid);
    return name + " (" + std::to_string(uid) + ")";
}

}  // namespace

std::string caller() {
    return described(std::getenv(kSudoUser), ::getuid());
}

std::string with_login(const std::string& who) {
    constexpr std::string_view kPrefix = "uid ";
    if (who.compare(0, kPrefix.size(), kPrefix) != 0) return who;
    uid_t uid = 0;
    const auto* end = who.data() + who.size();
    const auto parsed = std::from_chars(who.data() + kPrefix.size(), end, uid);
    const bool number = parsed.ec == std::errc() && parsed.ptr == end;
    return number ? described(nullptr, uid) : who;
}

bool is_called_by_sudo() {
    return ::getuid() == 0 && std::getenv(kSudoUser) != nullptr;
}

}  // namespace agent::cli
