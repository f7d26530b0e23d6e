// SPDX-License-Identifier: GPL-3.0-or-later
// The functions of atomic_file.hpp that are about directories.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include "agent/store/atomic_file.hpp"
#include "agent/store/system_call.hpp"

namespace agent::store {

using model::fail;
using model::Result;
namespace fs = std::filesystem;

namespace {

Result<> make_directory(const fs::path& directory) {
    if (::mkdir(directory.c_str(), 0755) != 0) {
        if (errno == EEXIST) return {};
        return fail(call_error("make the directory", directory));
    }
    TRY_ASSIGN(const Descriptor descriptor, open_directory(directory));
    // mkdir(2) heeds the umask of whoever runs the command.
    if (::fchmod(descriptor.get(), 0755) != 0)
        return fail(call_error("set the mode of", directory));
    TRY(sync(descriptor.get(), directory));
    return sync_directory(directory.has_parent_path() ? directory.parent_path() : ".");
}

}  // namespace

bool is_leftover(std::string_view name) {
    return name.starts_with(kUnfinishedPrefix) || name.starts_with(kRemovedPrefix);
}

Result<std::vector<std::string>> names_in(const fs::path& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
        names.push_back(entry->path().filename().string());
    if (error && error != std::errc::no_such_file_or_directory)
        return fail(model::errno_error(error.value(), "cannot read " + directory.string()));
    std::sort(names.begin(), names.end());
    return names;
}

Result<> sync_tree(const fs::path& directory) {
    TRY_ASSIGN(const Descriptor descriptor, open_directory(directory));
    // An fsync for each of many small files flushes the disk's cache each time; this does it once.
    if (::syncfs(descriptor.get()) != 0) return fail(call_error("sync", directory));
    return {};
}

Result<> make_directories(const fs::path& directory) {
    std::vector<fs::path> missing;
    for (fs::path path = directory; !path.empty(); path = path.parent_path()) {
        std::error_code error;
        if (fs::is_directory(path, error)) break;
        // A trailing slash is an empty last name, and no directory of its own.
        if (path.has_filename()) missing.push_back(path);
    }
    for (auto path = missing.rbegin(); path != missing.rend(); ++path)
        TRY(make_directory(*path));
    std::error_code error;
    if (fs::is_directory(directory, error)) return {};
    return fail(model::errno_error(error ? error.value() : ENOTDIR,
                                   "cannot make the directory " + directory.string()));
}

Result<> remove_tree(const fs::path& directory) {
    std::error_code error;
    fs::remove_all(directory, error);
    if (!error) return {};
    return fail(model::errno_error(error.value(), "cannot remove " + directory.string()));
}

Result<> remove_whole(const fs::path& directory) {
    const fs::path gone =
        directory.parent_path() / (std::string(kRemovedPrefix) + directory.filename().string() +
                                   "-" + std::to_string(::getpid()));
    TRY(remove_tree(gone));
    if (::rename(directory.c_str(), gone.c_str()) != 0) {
        if (errno == ENOENT) return {};
        // overlayfs(5) does not rename what is in a lower layer.
        if (errno == EXDEV) return remove_tree(directory);
        return fail(call_error("remove", directory));
    }
    TRY(sync_directory(directory.parent_path()));
    return remove_tree(gone);
}

Result<> replace_directory(const fs::path& unfinished, const fs::path& name) {
    if (::renameat2(AT_FDCWD, unfinished.c_str(), AT_FDCWD, name.c_str(), RENAME_EXCHANGE) == 0) {
        TRY(sync_directory(name.parent_path()));
        return remove_tree(unfinished);
    }
    // Nothing is there, or the file system cannot exchange.
    TRY(remove_whole(name));
    return move_into_place(unfinished, name);
}

}  // namespace agent::store
