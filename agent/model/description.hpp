// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/problem.hpp"
#include "agent/model/units_of_measure.hpp"
#include "agent/model/version.hpp"
#include "agent/model/version_range.hpp"

namespace agent::model {

enum class BundleType { base, addon };
/// Where the images of a bundle come from: its own file, or a registry.
enum class ImageSource { bundle, registry };
/// Who says READY=1: the container itself, or conmon once it has started.
enum class SdNotify { container, conmon };

struct Requirement {
    BundleId id;
    VersionRange version;
    bool operator==(const Requirement&) const = default;
};

/// A Debian package with a relation of deb-version(7), such as `>= 1.2-3`; empty for any version.
struct HostPackage {
    std::string name;
    /// One of << <= = >= >>, as deb-control(5) has them; empty where any version will do.
    std::string relation;
    std::string version;
    bool operator==(const HostPackage&) const = default;
};
/// "podman (>= 4.3)", as deb-control(5) writes it.
[[nodiscard]] std::string to_string(const HostPackage& package);

struct Group {
    std::string name;
    std::uint32_t gid = 0;
    bool operator==(const Group&) const = default;
};

struct Volume {
    std::string name;
    std::string host_path;
    bool shared = false;
    bool file_provider_access = false;
    std::vector<std::string> read_only_groups;
    std::vector<std::string> read_write_groups;
    bool operator==(const Volume&) const = default;
};

struct Mount {
    std::string volume;
    std::string target;
    bool read_only = false;
    std::string propagation;
    bool operator==(const Mount&) const = default;
};

/// `[containers.health]`: podman's health check. A `cmd` that is written as a string is a shell
/// line and becomes {"CMD-SHELL", line}; an array is run as it is and becomes {"CMD", argument…}.
struct HealthCheck {
    std::vector<std::string> cmd;
    std::optional<Span> interval;
    std::optional<Span> timeout;
    std::optional<unsigned> retries;
    std::optional<Span> start_period;
    bool operator==(const HealthCheck&) const = default;
};

/// `[containers.unit]`: units of the host, by full unit name.
struct HostUnits {
    std::vector<std::string> requires_units;
    std::vector<std::string> wants;
    std::vector<std::string> binds_to;
    std::vector<std::string> after;
    std::vector<std::string> requisite;
    bool operator==(const HostUnits&) const = default;
};

/// A secret of podman's store, given to the container under `target` (default: its name).
struct Secret {
    std::string name;
    std::string target;
    bool operator==(const Secret&) const = default;
};

/// The volume that `[bundle-group]` brings.
inline constexpr std::string_view kDefaultVolume = "default";

/// One OCI container. Every key as the description gave it; defaults are applied where it is used
/// unless a default is named here.
struct Container {
    ContainerName name;
    std::string image;
    std::optional<Sha256> image_id;
    /// Containers of the same bundle; always empty for an init container.
    std::vector<ContainerName> requires_containers;
    std::optional<Span> start_timeout;
    std::optional<Span> stop_timeout;
    std::string restart = "always";
    Span restart_sec = std::chrono::seconds(2);
    std::optional<unsigned> start_limit_burst;
    std::optional<Span> start_limit_interval;
    SdNotify sdnotify = SdNotify::container;
    /// As `--user` of podman-create(1). An add-on's missing user is already `2001` here.
    std::string user;
    std::vector<std::string> groups;
    std::vector<Mount> mounts;
    std::vector<std::string> devices;
    std::vector<std::pair<std::string, std::string>> env;
    std::vector<Secret> secrets;
    std::vector<std::string> command;
    std::vector<std::string> entrypoint;
    std::string workdir;
    std::vector<std::string> cap_add;
    std::vector<std::string> cap_drop;
    std::vector<std::string> uid_map;
    std::vector<std::string> gid_map;
    std::vector<std::string> add_hosts;
    std::vector<std::string> dns;
    std::string network = "host";
    std::vector<std::string> ports;
    bool realtime = false;
    std::optional<std::uint64_t> memory_max;
    /// In processors: 1.5 is one and a half.
    std::optional<double> cpus;
    std::optional<std::uint64_t> pids_limit;
    std::optional<std::uint64_t> shm_size;
    std::vector<std::string> tmpfs;
    bool read_only = false;
    bool init = false;
    bool tty = false;
    std::string stop_signal;
    std::optional<HealthCheck> health;
    HostUnits unit;
    /// Only of an init container: how long its one run may take.
    std::optional<Span> max_wait;
    bool operator==(const Container&) const = default;
};

struct FileCopy {
    std::string from;
    std::string volume;
    std::string to;
    bool operator==(const FileCopy&) const = default;
};

/// An image that is only a source of files; never run.
struct FileProvider {
    std::string image;
    std::optional<Sha256> image_id;
    std::vector<FileCopy> copy;
    bool operator==(const FileProvider&) const = default;
};

/// `bundle.toml`: what a bundle is. bundle.toml(5) is the reference of the keys.
struct Description {
    BundleId id;
    /// For people; the id where the description gives none.
    std::string name;
    Version version;
    BundleType type = BundleType::addon;
    std::optional<VersionRange> os;
    std::vector<std::string> architectures;
    std::vector<std::string> compatible;
    ImageSource images = ImageSource::bundle;
    std::string description;
    std::string author;
    /// For people, where there is little room; empty where the description gives none.
    std::string short_name;
    /// Size of the picture that it shows, in pixels; 0 where none is asked for.
    std::uint16_t width = 0;
    std::uint16_t height = 0;
    std::string license;
    Span start_timeout = std::chrono::minutes(2);
    Span settle_time = std::chrono::seconds(10);
    std::string scope;
    std::vector<std::string> scope_definitions;
    std::vector<Requirement> requires_bundles;
    std::vector<HostPackage> host_packages;
    std::vector<Group> groups;
    std::vector<Volume> volumes;
    std::optional<Group> bundle_group;
    std::vector<Container> containers;
    std::vector<Container> init_containers;
    std::vector<FileProvider> file_providers;
    bool operator==(const Description&) const = default;
};

/// Parses and checks a description. Every problem is added to `problems`, with line and column;
/// the value is only good when none was added. `where` names the file in the problems.
[[nodiscard]] Description parse_description(std::string_view text, const std::string& where,
                                            Problems& problems);

/// The text with `image-id = "sha256:…"` set in every container, init container and file provider
/// that has none, in order of appearance; comments and order are kept. `ids` maps the description's
/// `image` to its id.
[[nodiscard]] std::string with_image_ids(std::string_view text,
                                         const std::map<std::string, Sha256>& ids);

}  // namespace agent::model
