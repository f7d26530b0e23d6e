// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/hooks/hook_directories.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "agent/process/process.hpp"

namespace agent::hooks {

namespace {

using host::HookPoint;
using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

const char* directory_of(HookPoint point) {
    switch (point) {
        case HookPoint::before:
            return "before.d";
        case HookPoint::after:
            return "after.d";
        case HookPoint::failed:
            return "failed.d";
    }
    return "";
}

/// An editor's or dpkg's copies have other names.
bool is_name(const std::string& name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
}

/// Whether it is run at all; one that anybody may write is an error.
Result<bool> is_hook(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        return errno == ENOENT ? Result<bool>(false)
                               : model::fail(model::errno_error(errno, path.string()));
    if (!S_ISREG(status.st_mode) || (status.st_mode & S_IXUSR) == 0) return false;
    constexpr unsigned kWrittenByOthers = S_IWGRP | S_IWOTH;
    if (status.st_uid != ::geteuid() || (status.st_mode & kWrittenByOthers) != 0)
        return model::fail(ErrorCode::not_permitted,
                           path.string() +
                               " may be written by others than root, and is not run; give it to "
                               "root with the mode 0755");
    return true;
}

}  // namespace

Result<std::vector<fs::path>> find_hooks(const fs::path& directory) {
    std::vector<fs::path> names;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
        if (is_name(entry->path().filename().string())) names.push_back(entry->path());
    if (error && error != std::errc::no_such_file_or_directory)
        return model::fail(model::errno_error(error.value(), "cannot list " + directory.string()));
    std::sort(names.begin(), names.end());
    std::vector<fs::path> found;
    for (const auto& path : names) {
        TRY_ASSIGN(const bool runs, is_hook(path));
        if (runs) found.push_back(path);
    }
    return found;
}

Result<> HookDirectories::run_one(const fs::path& program, const std::string& document) const {
    process::Command command;
    command.arguments = {program.string()};
    command.timeout = timeout_;
    command.input = document;
    const auto output = process::run(command);
    if (!output) return model::fail(output.error());
    if (output->status == 0) return {};
    const auto words = process::last_line(output->standard_error);
    return model::fail(ErrorCode::conflict, "the hook " + program.string() + " ended with " +
                                                std::to_string(output->status) +
                                                (words.empty() ? "" : ": " + words));
}

Result<> HookDirectories::run(HookPoint point, const std::string& document) {
    TRY_ASSIGN(const auto programs, find_hooks(directory_ / directory_of(point)));
    std::optional<model::Error> failed;
    for (const auto& program : programs) {
        auto result = run_one(program, document);
        if (result) continue;
        failed = failed ? failed->followed_by(result.error()) : std::move(result).error();
        if (point == HookPoint::before) break;
    }
    return failed ? Result<>(model::fail(*failed)) : Result<>();
}

}  // namespace agent::hooks
