// SPDX-License-Identifier: GPL-3.0-or-later
// The functions of atomic_file.hpp that are about directories.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "agent/store/atomic_file.hpp"
#include "agent/store/system_call.hpp"

namespace agent::store {

using model::fail;
using model::Result;
namespace fs = std::filesystem;

namespace {

struct Tree {
    std::vector<fs::path> files;
    std::vector<fs::path> directories;
};

model::Error tree_error(const std::error_code& error, const std::string& what,
                        const fs::path& path) {
    return model::errno_error(error.value(), "cannot " + what + " " + path.string());
}

/// What has to be fsynced; links live in their directory.
Result<Tree> list_tree(const fs::path& directory) {
    std::error_code error;
    Tree tree;
    tree.directories.push_back(directory);
    for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        const auto type = entry->symlink_status(error).type();
        if (error) break;
        if (type == fs::file_type::regular) tree.files.push_back(entry->path());
        if (type == fs::file_type::directory) tree.directories.push_back(entry->path());
    }
    if (error) return fail(tree_error(error, "read", directory));
    return tree;
}

/// Starts to write the file and does not wait; what fails here fails again in fsync.
Result<> start_writing(const fs::path& file) {
    TRY_ASSIGN(const Descriptor descriptor, open_path(file, O_RDONLY | O_NOFOLLOW));
    static_cast<void>(::sync_file_range(descriptor.get(), 0, 0, SYNC_FILE_RANGE_WRITE));
    return {};
}

Result<> sync_file(const fs::path& file) {
    TRY_ASSIGN(const Descriptor descriptor, open_path(file, O_RDONLY | O_NOFOLLOW));
    return sync(descriptor.get(), file);
}

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

Result<> sync_tree(const fs::path& directory) {
    TRY_ASSIGN(const Tree tree, list_tree(directory));
    // With all data under way, the first fsync commits for all and the others find nothing to do.
    for (const auto& file : tree.files)
        TRY(start_writing(file));
    for (const auto& file : tree.files)
        TRY(sync_file(file));
    for (const auto& path : tree.directories)
        TRY(sync_directory(path));
    return sync_directory(directory.parent_path());
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
    if (error) return fail(tree_error(error, "remove", directory));
    return {};
}

}  // namespace agent::store
