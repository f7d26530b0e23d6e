// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/model/result.hpp"
#include "agent/operations/convert_bundle.hpp"
#include "agent/operations/create_bundle.hpp"

namespace agent::cli {

// What a command line asks for, as values. One struct a command.

struct Install {
    std::vector<std::filesystem::path> files;
    /// What messages call the files, which a service has opened; empty, or one for each.
    std::vector<std::filesystem::path> shown_as = {};
    bool dry_run = false;
    bool allow_downgrade = false;
    bool allow_signer_change = false;
    bool retry = false;
    bool install_host_packages = false;
};
struct Remove {
    std::vector<std::string> ids;
    bool dry_run = false;
    bool retry = false;
    bool purge = false;
};
struct Rollback {
    std::optional<unsigned> generation;
    bool dry_run = false;
    bool retry = false;
};
struct List {};
struct Show {
    std::string id;
};
struct ShowStatus {};
struct Start {
    std::vector<std::string> names;
};
struct Stop {
    std::vector<std::string> names;
};
struct Restart {
    std::vector<std::string> names;
};
struct Pause {
    std::vector<std::string> names;
};
struct Resume {
    std::vector<std::string> names;
};
/// What a job of the service does, and what it ends with.
struct Watch {
    unsigned job = 0;
};
struct Logs {
    std::string name;
    bool follow = false;
    unsigned lines = 100;
};
struct ShowHistory {
    /// At most so many of the newest operations; 0 for all.
    unsigned lines = 20;
};
struct Doctor {};
struct Verify {
    bool repair = false;
};
struct BundleCreate {
    operations::CreateBundleRequest request;
};
struct BundleConvert {
    operations::ConvertBundleRequest request;
};
struct BundleValidate {
    std::filesystem::path description;
};
struct BundleInspect {
    std::filesystem::path file;
};
struct BundleVerify {
    std::filesystem::path file;
};
struct VersionMatch {
    std::string range;
    std::string version;
};
struct VersionCompare {
    std::string left;
    std::string right;
};
struct Recover {};
struct Recreate {
    /// Asks podman only where a device may have changed.
    bool if_changed = false;
};
struct Confirm {};
struct Startup {};
struct Thaw {
    /// Waits for one first.
    bool at_shutdown = false;
};
struct InitStore {};
struct StoreStamp {
    bool clear = false;
};
/// Shows the engine the image stores of what is kept.
struct PublishImages {};
/// Names for shell completion.
struct Complete {
    std::string what;
};

using Command =
    std::variant<Install, Remove, Rollback, List, Show, ShowStatus, Start, Stop, Restart, Pause,
                 Resume, Watch, Logs, ShowHistory, Doctor, Verify, BundleCreate, BundleConvert,
                 BundleValidate, BundleInspect, BundleVerify, VersionMatch, VersionCompare, Recover,
                 Recreate, Confirm, Startup, Thaw, InitStore, StoreStamp, PublishImages, Complete>;

inline constexpr const char* kConfiguration = "/etc/update-agent/agent.toml";

struct Options {
    bool json = false;
    /// Progress and the result as JSON, a document a line.
    bool json_progress = false;
    bool quiet = false;
    bool verbose = false;
    /// For the history, where a service calls; else whoever runs this process.
    std::string who;
    /// Does it in this process, whether there is a service or not.
    bool no_service = false;
    /// Prints the service's job, and leaves it alone.
    bool no_wait = false;
    /// Lets polkit ask for a password.
    bool interactive = false;
    std::filesystem::path root = "/";
    std::filesystem::path config = kConfiguration;
};

struct CommandLine {
    Options options;
    Command command;
};

/// What parsing ends with when there is nothing to run: help or version (0), or bad usage (2).
struct ParseExit {
    int status = 0;
    std::string standard_output;
    std::string standard_error;
};

[[nodiscard]] tl::expected<CommandLine, ParseExit> parse(int argc, const char* const* argv);

}  // namespace agent::cli
