// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/attributes.hpp"

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include "agent/store/system_call.hpp"

namespace agent::volumes {

using model::Result;

namespace {

/// A path that leads to nothing but the entry: extended attributes have no functions for those.
std::string path_of(const Entry& entry) {
    return "/proc/self/fd/" + std::to_string(entry.directory.get()) + "/" + entry.name;
}

Result<std::vector<std::string>> attribute_names(const std::string& path, const Entry& shown) {
    std::vector<char> names(XATTR_LIST_MAX);
    const auto size = ::llistxattr(path.c_str(), names.data(), names.size());
    if (size < 0 && errno == ENOTSUP) return std::vector<std::string>();
    if (size < 0) return model::fail(store::call_error("list the attributes of", shown.name));
    std::vector<std::string> list;
    for (std::string_view rest(names.data(), static_cast<std::size_t>(size)); !rest.empty();) {
        list.emplace_back(rest.substr(0, rest.find('\0')));
        rest.remove_prefix(list.back().size() + 1);
    }
    return list;
}

Result<> copy_extended(const Entry& from, const Entry& to) {
    const auto source = path_of(from);
    const auto target = path_of(to);
    TRY_ASSIGN(const auto names, attribute_names(source, from));
    for (const auto& name : names) {
        std::array<char, XATTR_SIZE_MAX> value{};
        const auto size = ::lgetxattr(source.c_str(), name.c_str(), value.data(), value.size());
        if (size < 0 && errno == ENODATA) continue;
        if (size < 0) return model::fail(store::call_error("read the attributes of", from.name));
        if (::lsetxattr(target.c_str(), name.c_str(), value.data(), static_cast<std::size_t>(size),
                        0) != 0)
            return model::fail(store::call_error("set the attribute " + name + " of", to.name));
    }
    return {};
}

}  // namespace

Result<> copy_attributes(const Entry& from, const struct stat& status, const Entry& to) {
    const int directory = to.directory.get();
    const char* name = to.name.c_str();
    if (::fchownat(directory, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
        return model::fail(store::call_error("set the owner of", to.name));
    constexpr mode_t kBits = 07777;
    if (!S_ISLNK(status.st_mode) && ::fchmodat(directory, name, status.st_mode & kBits, 0) != 0)
        return model::fail(store::call_error("set the mode of", to.name));
    TRY(copy_extended(from, to));
    const std::array<timespec, 2> times{status.st_atim, status.st_mtim};
    if (::utimensat(directory, name, times.data(), AT_SYMLINK_NOFOLLOW) != 0)
        return model::fail(store::call_error("set the times of", to.name));
    return {};
}

}  // namespace agent::volumes
