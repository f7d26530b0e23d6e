// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/image_tree.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace agent::volumes {

using model::ErrorCode;
using model::Result;
using store::Descriptor;
namespace fs = std::filesystem;

namespace {

model::Error not_to_be_had(const std::string& path, int error) {
    if (error == ENOENT || error == ENOTDIR || error == ELOOP)
        return {ErrorCode::invalid, "the image has no " + path};
    return model::errno_error(error, "cannot open " + path + " of the image");
}

Result<bool> is_directory(const Descriptor& opened, const std::string& path) {
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0) return model::fail(not_to_be_had(path, errno));
    if (S_ISDIR(status.st_mode) || S_ISREG(status.st_mode)) return S_ISDIR(status.st_mode);
    return model::fail(ErrorCode::invalid,
                       path + " of the image is neither a file nor a directory");
}

class Listing {
  public:
    explicit Listing(const Descriptor& image) : image_(image) {}

    Result<> add(const std::string& path, const std::string& below, bool through_link) {
        TRY_ASSIGN(const auto opened, open_in_image(image_, path));
        TRY_ASSIGN(const bool directory, is_directory(opened, path));
        if (directory && through_link)
            return model::fail(ErrorCode::invalid,
                               path + " of the image is a link to a directory; name that itself");
        entries.push_back({.below = below, .path = path, .directory = directory});
        return directory ? content(opened, path, below) : Result<>();
    }

    std::vector<ImageEntry> entries;

  private:
    Result<> content(const Descriptor& opened, const std::string& path, const std::string& below) {
        const auto shown = fs::path("/proc/self/fd") / std::to_string(opened.get());
        std::vector<std::pair<std::string, bool>> names;
        std::error_code error;
        for (fs::directory_iterator entry(shown, error), end; !error && entry != end;
             entry.increment(error))
            names.emplace_back(entry->path().filename().string(), entry->is_symlink(error));
        if (error) return model::fail(model::errno_error(error.value(), path + " of the image"));
        std::sort(names.begin(), names.end());
        for (const auto& [name, link] : names)
            TRY(add((path == "/" ? "" : path) + "/" + name,
                    (below.empty() ? "" : below + "/") + name, link));
        return {};
    }

    const Descriptor& image_;
};

}  // namespace

Result<Descriptor> open_in_image(const Descriptor& image, const std::string& path) {
    open_how how{};
    // A pipe must not keep anybody waiting.
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const auto opened = ::syscall(SYS_openat2, image.get(), path.c_str(), &how, sizeof how);
    if (opened < 0) return model::fail(not_to_be_had(path, errno));
    return Descriptor(static_cast<int>(opened));
}

Result<std::vector<ImageEntry>> list_in_image(const Descriptor& image, const std::string& path) {
    Listing listing(image);
    TRY(listing.add(path, "", false));
    return std::move(listing.entries);
}

}  // namespace agent::volumes
