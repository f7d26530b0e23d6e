// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agent::model {

/// Why a value is refused, and what would be right.
struct Complaint {
    std::string message;
    std::string hint;
};

/// Nothing when a value is good.
using Verdict = std::optional<Complaint>;

// Text.

/// One line that is not empty.
[[nodiscard]] Verdict check_line(std::string_view text);
/// Like check_line(), but line breaks and tabs are allowed.
[[nodiscard]] Verdict check_paragraphs(std::string_view text);
/// Like check_line(), at most 64 bytes.
[[nodiscard]] Verdict check_short_name(std::string_view text);
/// What execve(2) carries: anything without NUL, also nothing.
[[nodiscard]] Verdict check_argument(std::string_view text);
/// `[a-z0-9][a-z0-9-]*`, at most 63 characters: volumes and scopes.
[[nodiscard]] Verdict check_plain_name(std::string_view text);

// Paths.

/// Absolute, not `/`, and without `.`, `..`, `//` or a slash at its end.
[[nodiscard]] Verdict check_path(std::string_view path);
/// The same without `:`, which podman's --volume takes for a separator.
[[nodiscard]] Verdict check_mount_path(std::string_view path);
/// The same as check_path(), or `/` itself.
[[nodiscard]] Verdict check_working_directory(std::string_view path);
/// Below /dev, without `:`, which podman's --device takes for a separator.
[[nodiscard]] Verdict check_device(std::string_view path);
/// PATH or PATH:OPTION,… as --tmpfs of podman-create(1).
[[nodiscard]] Verdict check_tmpfs(std::string_view tmpfs);

// The container, as in podman-create(1).

/// NAME[:TAG][@DIGEST], by the grammar of OCI's distribution.
[[nodiscard]] Verdict check_image_reference(std::string_view image);
/// USER[:GROUP], names or numbers.
[[nodiscard]] Verdict check_user(std::string_view user);
/// Whether USER[:GROUP] names root, by name or number, as user or as group.
[[nodiscard]] bool is_root(std::string_view user);
/// A group's name or number, as one of --group-add.
[[nodiscard]] Verdict check_group(std::string_view group);
[[nodiscard]] Verdict check_capability(std::string_view capability);
/// `CAP_NET_ADMIN` of `net_admin` or any other way to write it.
[[nodiscard]] std::string full_capability_name(std::string_view capability);
[[nodiscard]] Verdict check_signal(std::string_view signal);
[[nodiscard]] Verdict check_env_name(std::string_view name);
/// CONTAINER-ID:HOST-ID:LENGTH.
[[nodiscard]] Verdict check_id_map(std::string_view map);
[[nodiscard]] Verdict check_secret_name(std::string_view name);
/// A file name below /run/secrets, or an absolute path.
[[nodiscard]] Verdict check_secret_target(std::string_view target);
[[nodiscard]] Verdict check_propagation(std::string_view propagation);

// The container's network.

[[nodiscard]] Verdict check_network(std::string_view network);
/// [[IP:][HOST-PORT]:]CONTAINER-PORT[/PROTOCOL], with ranges.
[[nodiscard]] Verdict check_port(std::string_view port);
/// NAME:IP.
[[nodiscard]] Verdict check_add_host(std::string_view host);
/// An IP address, or `none`.
[[nodiscard]] Verdict check_dns(std::string_view address);

// The host.

/// Debian's name of an architecture, as `dpkg --print-architecture` prints it.
[[nodiscard]] Verdict check_architecture(std::string_view architecture);
/// A package name by Debian policy, 5.6.1.
[[nodiscard]] Verdict check_package_name(std::string_view name);
/// A version of deb-version(7).
[[nodiscard]] Verdict check_package_version(std::string_view version);
/// A group name as groupadd(8) takes it.
[[nodiscard]] Verdict check_group_name(std::string_view name);
/// A value of Restart= of systemd.service(5).
[[nodiscard]] Verdict check_restart(std::string_view restart);
/// The full name of a unit that can be started: no template.
[[nodiscard]] Verdict check_host_unit(std::string_view unit);

}  // namespace agent::model
