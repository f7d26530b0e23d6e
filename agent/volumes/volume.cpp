// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/volume.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "agent/store/atomic_file.hpp"
#include "agent/store/system_call.hpp"
#include "agent/volumes/acl.hpp"
#include "agent/volumes/descent.hpp"
#include "agent/volumes/tree_removal.hpp"

namespace agent::volumes {

using model::Result;
namespace fs = std::filesystem;

namespace {

std::string parent_of(const std::string& path) {
    return fs::path(path).parent_path().string();
}

/// One level down. The last one is nobody's but root's until its rights are set; those above it are
/// like those that other software makes.
Result<> make_directory(Descent& descent, const std::string& name, bool last) {
    const mode_t mode = last ? 0700 : 0755;
    const auto shown = descent.reached / name;
    if (::mkdirat(descent.directory.get(), name.c_str(), mode) != 0 && errno != EEXIST)
        return model::fail(store::call_error("make the directory", shown));
    TRY_ASSIGN(auto next, enter(descent.directory, name, shown));
    // mkdir(2) heeds the umask of whoever runs the command.
    if (::fchmod(next.get(), mode) != 0)
        return model::fail(store::call_error("set the mode of", shown));
    TRY(store::sync(next.get(), shown));
    TRY(store::sync(descent.directory.get(), descent.reached));
    descent.directory = std::move(next);
    descent.reached = shown;
    return {};
}

/// False where it stays, because something is in it or mounted on it.
Result<bool> remove_empty(const fs::path& root, const std::string& path) {
    TRY_ASSIGN(const auto parent, descend(root, parent_of(path)));
    if (!parent.missing.empty()) return true;
    const auto name = fs::path(path).filename().string();
    if (::unlinkat(parent.directory.get(), name.c_str(), AT_REMOVEDIR) != 0) {
        if (errno == ENOENT) return true;
        if (errno == ENOTEMPTY || errno == EEXIST || errno == EBUSY) return false;
        return model::fail(store::call_error("remove", parent.reached / name));
    }
    TRY(store::sync(parent.directory.get(), parent.reached));
    return true;
}

Result<> remove_made(const fs::path& root, std::string path, unsigned levels) {
    for (; levels > 0; --levels, path = parent_of(path)) {
        TRY_ASSIGN(const bool gone, remove_empty(root, path));
        if (!gone) return {};
    }
    return {};
}

}  // namespace

Result<Former> look(const fs::path& root, const std::string& path) {
    TRY_ASSIGN(const auto descent, descend(root, path));
    // Where it is missing, its file system is that of the directory above.
    TRY_ASSIGN(auto acls, read_acls(descent.directory, descent.reached));
    if (!descent.missing.empty())
        return Former{.missing = static_cast<unsigned>(descent.missing.size())};
    return Former{
        .missing = 0, .access = std::move(acls.access), .defaults = std::move(acls.defaults)};
}

Result<> prepare(const fs::path& root, const std::string& path, const Rights& rights) {
    TRY_ASSIGN(auto descent, descend(root, path));
    const auto missing = descent.missing;
    for (std::size_t i = 0; i < missing.size(); ++i)
        TRY(make_directory(descent, missing[i], i + 1 == missing.size()));
    return write_acls(descent.directory, acls_of(rights), descent.reached);
}

Result<> put_back(const fs::path& root, const std::string& path, const Former& former) {
    if (former.missing > 0) return remove_made(root, path, former.missing);
    TRY_ASSIGN(const auto descent, descend(root, path));
    if (!descent.missing.empty()) return {};
    return write_acls(descent.directory, {.access = former.access, .defaults = former.defaults},
                      descent.reached);
}

Result<> remove(const fs::path& root, const std::string& path) {
    TRY_ASSIGN(const auto parent, descend(root, parent_of(path)));
    if (!parent.missing.empty()) return {};
    const auto shown = root / fs::path(path).relative_path();
    if (auto removed = remove_name(parent.directory, shown.filename(), shown); !removed)
        return model::fail(removed.error().with_context("removing " + path));
    return store::sync(parent.directory.get(), parent.reached);
}

}  // namespace agent::volumes
