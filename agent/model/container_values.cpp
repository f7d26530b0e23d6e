// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>

#include "agent/model/text.hpp"
#include "agent/model/value_checks.hpp"

namespace agent::model {
namespace {

/// (uid_t) -1 means "none" to the kernel.
constexpr std::uint64_t kLargestId = 4294967294;
constexpr std::uint64_t kIdCount = 4294967296;
constexpr std::uint64_t kLargestSignal = 64;

/// Of capabilities(7), without the prefix.
constexpr std::array<std::string_view, 41> kCapabilities{
    "AUDIT_CONTROL",   "AUDIT_READ",   "AUDIT_WRITE",
    "BLOCK_SUSPEND",   "BPF",          "CHECKPOINT_RESTORE",
    "CHOWN",           "DAC_OVERRIDE", "DAC_READ_SEARCH",
    "FOWNER",          "FSETID",       "IPC_LOCK",
    "IPC_OWNER",       "KILL",         "LEASE",
    "LINUX_IMMUTABLE", "MAC_ADMIN",    "MAC_OVERRIDE",
    "MKNOD",           "NET_ADMIN",    "NET_BIND_SERVICE",
    "NET_BROADCAST",   "NET_RAW",      "PERFMON",
    "SETFCAP",         "SETGID",       "SETPCAP",
    "SETUID",          "SYSLOG",       "SYS_ADMIN",
    "SYS_BOOT",        "SYS_CHROOT",   "SYS_MODULE",
    "SYS_NICE",        "SYS_PACCT",    "SYS_PTRACE",
    "SYS_RAWIO",       "SYS_RESOURCE", "SYS_TIME",
    "SYS_TTY_CONFIG",  "WAKE_ALARM"};

/// Of signal(7), without the prefix.
constexpr std::array<std::string_view, 34> kSignals{
    "ABRT", "ALRM", "BUS",    "CHLD",  "CLD",  "CONT", "FPE",   "HUP",  "ILL",
    "INT",  "IO",   "IOT",    "KILL",  "PIPE", "POLL", "PROF",  "PWR",  "QUIT",
    "SEGV", "STOP", "SYS",    "TERM",  "TRAP", "TSTP", "TTIN",  "TTOU", "URG",
    "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "STKFLT"};

constexpr std::array<std::string_view, 8> kPropagations{
    "private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable"};

/// A name of passwd(5) or group(5), or a number.
bool is_account(std::string_view text) {
    if (is_all_digits(text)) return parse_decimal(text, kLargestId).has_value();
    if (text.empty() || text.size() > 32 || is_digit(text.front()) || text.front() == '-' ||
        text.front() == '.')
        return false;
    if (text.ends_with('$')) text.remove_suffix(1);
    return has_only_alphanumeric_and(text, "_.-");
}

bool is_root_account(std::string_view text) {
    return text == "root" || parse_decimal(text, kLargestId) == std::uint64_t{0};
}

/// RTMIN, RTMIN+1 … RTMIN+15, RTMAX-14 … RTMAX-1, RTMAX: what podman knows.
bool is_real_time_signal(std::string_view name) {
    if (name == "RTMIN" || name == "RTMAX") return true;
    const auto offset = [name](std::string_view base, std::uint64_t largest) {
        if (!name.starts_with(base)) return false;
        const auto number = parse_decimal(name.substr(base.size()), largest);
        return number && *number > 0;
    };
    return offset("RTMIN+", 15) || offset("RTMAX-", 14);
}

}  // namespace

Verdict check_user(std::string_view user) {
    const auto parts = split(user, ':');
    if (parts.size() <= 2 && std::all_of(parts.begin(), parts.end(), is_account))
        return std::nullopt;
    return Complaint{in_quotes(user) + " is not a user",
                     "write USER or USER:GROUP, each a name or a number"};
}

bool is_root(std::string_view user) {
    const auto parts = split(user, ':');
    return std::any_of(parts.begin(), parts.end(), is_root_account);
}

Verdict check_group(std::string_view group) {
    if (group == "keep-groups")
        return Complaint{"\"keep-groups\" would give the container the groups of the agent",
                         "name the groups it needs"};
    if (is_account(group)) return std::nullopt;
    return Complaint{in_quotes(group) + " is not a group", "write a name or a number"};
}

std::string full_capability_name(std::string_view capability) {
    auto name = to_upper(capability);
    return name == "ALL" || name.starts_with("CAP_") ? name : "CAP_" + name;
}

Verdict check_capability(std::string_view capability) {
    const auto name = full_capability_name(capability);
    if (name == "ALL" || is_one_of(std::string_view(name).substr(4), kCapabilities))
        return std::nullopt;
    return Complaint{in_quotes(capability) + " is not a capability",
                     "write one of capabilities(7), such as NET_ADMIN or CAP_NET_ADMIN, or ALL"};
}

Verdict check_signal(std::string_view signal) {
    const auto number = parse_decimal(signal, kLargestSignal);
    if (number && *number > 0) return std::nullopt;
    const auto upper = to_upper(signal);
    auto name = std::string_view(upper);
    if (name.starts_with("SIG")) name.remove_prefix(3);
    if (is_one_of(name, kSignals) || is_real_time_signal(name)) return std::nullopt;
    return Complaint{in_quotes(signal) + " is not a signal",
                     "write a name of signal(7), such as SIGINT, or a number up to 64"};
}

Verdict check_env_name(std::string_view name) {
    if (name.empty() || is_digit(name.front()) || !has_only_alphanumeric_and(name, "_.-"))
        return Complaint{in_quotes(name) + " is not the name of an environment variable",
                         "write letters, digits, _ . and -, and begin with no digit"};
    if (name == "NOTIFY_SOCKET")
        return Complaint{"NOTIFY_SOCKET is set by podman", "choose what it does with `sdnotify`"};
    return std::nullopt;
}

Verdict check_id_map(std::string_view map) {
    const auto parts = split(map, ':');
    if (parts.size() == 3) {
        const auto inside = parse_decimal(parts[0], kLargestId);
        const auto outside = parse_decimal(parts[1], kLargestId);
        const auto length = parse_decimal(parts[2], kIdCount);
        if (inside && outside && length && *length > 0 &&
            std::max(*inside, *outside) + *length <= kIdCount)
            return std::nullopt;
    }
    return Complaint{in_quotes(map) + " is not a mapping of ids",
                     "write CONTAINER-ID:HOST-ID:LENGTH, as in \"0:100000:65536\""};
}

Verdict check_secret_name(std::string_view name) {
    if (!name.empty() && name.size() <= 253 && is_alphanumeric(name.front()) &&
        has_only_alphanumeric_and(name, "_.-"))
        return std::nullopt;
    return Complaint{in_quotes(name) + " is not the name of a secret",
                     "write letters, digits, _ . and -, and begin with a letter or a digit"};
}

Verdict check_secret_target(std::string_view target) {
    if (target.find(',') != std::string_view::npos)
        return Complaint{in_quotes(target) + " has a comma, which podman takes for a separator",
                         {}};
    return target.starts_with('/') ? check_path(target) : check_secret_name(target);
}

Verdict check_propagation(std::string_view propagation) {
    if (is_one_of(propagation, kPropagations)) return std::nullopt;
    return Complaint{in_quotes(propagation) + " is not a propagation",
                     "write private, shared, slave or unbindable, or one of them with an r before "
                     "it"};
}

}  // namespace agent::model
