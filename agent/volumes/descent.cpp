// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/descent.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "agent/store/system_call.hpp"

namespace agent::volumes {

using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

namespace {

model::Error in_the_way(const store::Descriptor& directory, const std::string& name,
                        const fs::path& shown) {
    struct stat status {};
    const bool known = ::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    const bool link = known && S_ISLNK(status.st_mode);
    return {ErrorCode::conflict, shown.string() +
                                     (link ? " is a symbolic link" : " is not a directory") +
                                     "; a volume has to lie in directories only: choose another "
                                     "place for it, or remove what is in the way"};
}

}  // namespace

Result<store::Descriptor> enter(const store::Descriptor& directory, const std::string& name,
                                const fs::path& shown) {
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    store::Descriptor next(::openat(directory.get(), name.c_str(), flags));
    if (next.valid()) return next;
    if (errno == ELOOP || errno == ENOTDIR) return model::fail(in_the_way(directory, name, shown));
    return model::fail(store::call_error("open", shown));
}

Result<Descent> descend(const fs::path& root, const std::string& path) {
    TRY_ASSIGN(auto start, store::open_directory(root));
    Descent descent{.directory = std::move(start), .reached = root, .missing = {}};
    for (const auto& part : fs::path(path).relative_path()) {
        if (!descent.missing.empty()) {
            descent.missing.push_back(part.string());
            continue;
        }
        const auto shown = descent.reached / part;
        auto next = enter(descent.directory, part.string(), shown);
        if (next) {
            descent.directory = std::move(*next);
            descent.reached = shown;
        } else if (next.error().code() == ErrorCode::not_found) {
            descent.missing.push_back(part.string());
        } else {
            return model::fail(next.error());
        }
    }
    return descent;
}

}  // namespace agent::volumes
