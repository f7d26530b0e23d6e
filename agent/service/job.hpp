// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::service {

enum class JobState { queued, running, cancelling, ended };
[[nodiscard]] std::string_view to_string(JobState state);

/// What a job needs for itself: those of one lane are done one after the other.
enum class Lane { none, units, set };

/// What somebody asks for: a command of the command line.
struct JobRequest {
    /// install, remove, rollback, verify, start, stop, restart, pause, resume.
    std::string operation;
    /// The command's options, such as `--allow-downgrade`.
    std::vector<std::string> options = {};
    /// Names of files for messages, ids, names of containers.
    std::vector<std::string> subjects = {};
    Lane lane = Lane::none;
    /// What no other job of the lane that waits or runs may have: `bundle:ID`, `file:DEVICE:INODE`,
    /// `set`.
    std::set<std::string> claims = {};
    std::uint32_t uid = 0;
    /// `login (uid)` or `uid UID`.
    std::string who = {};
};

struct Job {
    JobRequest request = {};
    JobState state = JobState::queued;
    std::string phase = {};
    unsigned percent = 0;
    std::uint64_t bytes = 0;
    std::uint64_t bytes_total = 0;
    /// JSON documents; empty before they are known.
    std::string plan = {};
    std::string document = {};
    std::string text = {};
    /// -1 before it has ended.
    int exit_code = -1;
    /// Those that have ended, in the order in which they did.
    std::uint64_t ended_as = 0;
};

/// By their numbers, which grow.
using Jobs = std::map<unsigned, Job>;

/// What of a job's properties a record has changed, by their names on the bus.
using Changes = std::vector<const char*>;

/// Takes a line of `--progress=json` over into the job, and returns what has changed. What is no
/// such line changes nothing.
[[nodiscard]] Changes apply(Job& job, std::string_view record);
/// Ends the job without such a line.
[[nodiscard]] Changes end(Job& job, const model::Error& error);

}  // namespace agent::service
