// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/caller.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace agent::cli {

namespace {

constexpr const char* kSudoUser = "SUDO_USER";

}  // namespace

std::string caller() {
    const auto uid = ::getuid();
    const auto* login = std::getenv(kSudoUser);
    const auto* entry = ::getpwuid(uid);
    const std::string name = login != nullptr   ? login
                             : entry != nullptr ? entry->pw_name
                                                : std::to_string(uid);
    return name + " (" + std::to_string(uid) + ")";
}

bool is_called_by_sudo() {
    return ::getuid() == 0 && std::getenv(kSudoUser) != nullptr;
}

}  // namespace agent::cli
