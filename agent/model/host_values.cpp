// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <utility>

#include "agent/model/text.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/model/value_checks.hpp"

namespace agent::model {
namespace {

/// Linux architectures of dpkg's tables that Debian or one of its ports builds.
constexpr std::array<std::string_view, 22> kArchitectures{
    "alpha",   "amd64", "arm64", "armel",    "armhf",  "hppa",    "i386",  "ia64",
    "loong64", "m68k",  "mips",  "mips64el", "mipsel", "powerpc", "ppc64", "ppc64el",
    "riscv64", "s390x", "sh4",   "sparc64",  "x32",    "arc"};

/// What others call them: uname(1), OCI, GNU.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kOtherNames{{
    {"x86_64", "amd64"},
    {"x86-64", "amd64"},
    {"x64", "amd64"},
    {"aarch64", "arm64"},
    {"arm64/v8", "arm64"},
    {"arm", "armhf"},
    {"armv7", "armhf"},
    {"armv7l", "armhf"},
    {"arm/v7", "armhf"},
    {"386", "i386"},
    {"i686", "i386"},
    {"ppc64le", "ppc64el"},
    {"loongarch64", "loong64"},
}};

constexpr std::array<std::string_view, 7> kRestarts{
    "no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always"};

bool is_package_name_character(char c) {
    return is_lower(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

}  // namespace

Verdict check_architecture(std::string_view architecture) {
    if (is_one_of(architecture, kArchitectures)) return std::nullopt;
    Complaint complaint{in_quotes(architecture) + " is not an architecture of Debian",
                        "write it as `dpkg --print-architecture` does: amd64, arm64, armhf, …"};
    for (const auto& [other, debian] : kOtherNames) {
        if (other == architecture) complaint.hint = "Debian calls it " + std::string(debian);
    }
    return complaint;
}

Verdict check_package_name(std::string_view name) {
    if (name.size() >= 2 && (is_lower(name.front()) || is_digit(name.front())) &&
        std::all_of(name.begin(), name.end(), is_package_name_character))
        return std::nullopt;
    return Complaint{in_quotes(name) + " is not the name of a Debian package",
                     "write lower-case letters, digits, + - and ., at least two of them"};
}

Verdict check_package_version(std::string_view version) {
    const Complaint complaint{in_quotes(version) + " is not a version of a Debian package",
                              "write it as in deb-version(7): [EPOCH:]UPSTREAM[-REVISION]"};
    auto upstream = version;
    const auto colon = upstream.find(':');
    if (colon != std::string_view::npos) {
        constexpr std::uint64_t kLargestEpoch = 2147483647;
        if (!parse_decimal(upstream.substr(0, colon), kLargestEpoch)) return complaint;
        upstream.remove_prefix(colon + 1);
    }
    const auto hyphen = upstream.rfind('-');
    const bool has_revision = hyphen != std::string_view::npos;
    const auto revision = has_revision ? upstream.substr(hyphen + 1) : std::string_view("0");
    upstream = upstream.substr(0, hyphen);
    if (upstream.empty() || !is_digit(upstream.front()) ||
        !has_only_alphanumeric_and(upstream, ".+~-:") || revision.empty() ||
        !has_only_alphanumeric_and(revision, ".+~"))
        return complaint;
    return std::nullopt;
}

Verdict check_group_name(std::string_view name) {
    const auto is_allowed = [](char c) {
        return is_lower(c) || is_digit(c) || c == '_' || c == '-';
    };
    if (!name.empty() && name.size() <= 32 && (is_lower(name.front()) || name.front() == '_') &&
        std::all_of(name.begin(), name.end(), is_allowed))
        return std::nullopt;
    return Complaint{in_quotes(name) + " is not the name of a group",
                     "write at most 32 lower-case letters, digits, _ and -, and begin with a "
                     "letter or _"};
}

Verdict check_restart(std::string_view restart) {
    if (is_one_of(restart, kRestarts)) return std::nullopt;
    return Complaint{in_quotes(restart) + " is not a value of Restart=",
                     "write no, on-success, on-failure, on-abnormal, on-watchdog, on-abort or "
                     "always"};
}

Verdict check_host_unit(std::string_view unit) {
    if (!is_unit_file_name(unit))
        return Complaint{in_quotes(unit) + " is not the name of a unit",
                         "write the whole name, as in \"systemd-networkd.service\""};
    if (unit.substr(0, unit.rfind('.')).ends_with('@'))
        return Complaint{in_quotes(unit) + " is a template",
                         "write the name of an instance, with something between @ and the dot"};
    return std::nullopt;
}

}  // namespace agent::model
