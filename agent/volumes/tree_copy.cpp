// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/tree_copy.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "agent/store/system_call.hpp"
#include "agent/volumes/attributes.hpp"
#include "agent/volumes/descent.hpp"
#include "agent/volumes/mount_table.hpp"

namespace agent::volumes {

using model::Result;
using store::Descriptor;
namespace fs = std::filesystem;

namespace {

const std::string kSelf = ".";

Result<std::vector<std::string>> names_in(const Descriptor& directory, const fs::path& shown) {
    const int own = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(own < 0 ? nullptr : ::fdopendir(own),
                                                     &::closedir);
    if (!stream) return model::fail(store::call_error("read", shown));
    std::vector<std::string> names;
    errno = 0;
    while (const auto* entry = ::readdir(stream.get()))
        if (const std::string name = entry->d_name; name != "." && name != "..")
            names.push_back(name);
    if (errno != 0) return model::fail(store::call_error("read", shown));
    return names;
}

Result<struct stat> status_of(const Descriptor& directory, const std::string& name,
                              const fs::path& shown) {
    struct stat status {};
    if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        return model::fail(store::call_error("look at", shown));
    return status;
}

/// A directory and its copy.
struct Pair {
    const Descriptor& from;
    const Descriptor& to;
};

class TreeCopy {
  public:
    TreeCopy(const Descriptor& top, const Descriptor& copy, CopyBudget& budget)
        : mount_(mount_of(top)), copy_mount_(mount_of(copy)), copy_(copy), budget_(budget) {}

    Result<> content(const Pair& pair, const fs::path& shown, const fs::path& below) {
        TRY_ASSIGN(const auto names, names_in(pair.from, shown));
        for (const auto& name : names)
            TRY(entry(pair, name, shown / name, below / name));
        return {};
    }

  private:
    Result<> entry(const Pair& pair, const std::string& name, const fs::path& shown,
                   const fs::path& below) {
        TRY_ASSIGN(const auto status, status_of(pair.from, name, shown));
        if (S_ISDIR(status.st_mode)) {
            TRY_ASSIGN(const bool ours, directory(pair, name, shown, below));
            if (!ours) return {};
        } else if (!S_ISREG(status.st_mode)) {
            TRY(special(pair, name, status, shown));
        } else {
            const auto known = first_.find({status.st_dev, status.st_ino});
            if (known != first_.end()) return link(pair, name, known->second, shown);
            TRY(file(pair, name, shown));
            if (status.st_nlink > 1) first_.emplace(std::pair(status.st_dev, status.st_ino), below);
        }
        return copy_attributes({pair.from, name}, status, {pair.to, name});
    }

    /// Whether the copy is not what something else is mounted on, which stays as it is. One that is
    /// there already leads to such a place.
    Result<bool> directory(const Pair& pair, const std::string& name, const fs::path& shown,
                           const fs::path& below) {
        TRY_ASSIGN(const auto from, enter(pair.from, name, shown));
        if (::mkdirat(pair.to.get(), name.c_str(), 0700) != 0 && errno != EEXIST)
            return model::fail(store::call_error("copy", shown));
        TRY_ASSIGN(const auto to, enter(pair.to, name, shown));
        if (mount_of(to) != copy_mount_) return false;
        if (mount_of(from) == mount_) TRY(content({from, to}, shown, below));
        return true;
    }

    Result<> file(const Pair& pair, const std::string& name, const fs::path& shown) {
        // What is a pipe by now must not keep anybody waiting.
        const int reading = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
        TRY_ASSIGN(const auto from, store::open_at(pair.from.get(), name, reading, 0, shown));
        const int writing = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
        TRY_ASSIGN(const auto to, store::open_at(pair.to.get(), name, writing, 0600, shown));
        return copy_data(from, to, shown, budget_);
    }

    Result<> link(const Pair& pair, const std::string& name, const fs::path& first,
                  const fs::path& shown) {
        if (::linkat(copy_.get(), first.c_str(), pair.to.get(), name.c_str(), 0) == 0) return {};
        return model::fail(store::call_error("link the copy of", shown));
    }

    static Result<> special(const Pair& pair, const std::string& name, const struct stat& status,
                            const fs::path& shown) {
        if (!S_ISLNK(status.st_mode)) {
            if (::mknodat(pair.to.get(), name.c_str(), status.st_mode, status.st_rdev) == 0)
                return {};
            return model::fail(store::call_error("copy", shown));
        }
        std::string text(static_cast<std::size_t>(status.st_size) + 1, '\0');
        const auto size = ::readlinkat(pair.from.get(), name.c_str(), text.data(), text.size());
        if (size < 0) return model::fail(store::call_error("read", shown));
        text.resize(static_cast<std::size_t>(size));
        if (::symlinkat(text.c_str(), pair.to.get(), name.c_str()) == 0) return {};
        return model::fail(store::call_error("copy", shown));
    }

    std::string mount_;
    std::string copy_mount_;
    const Descriptor& copy_;
    CopyBudget& budget_;
    /// Where the first name of a file with several is, below the copy.
    std::map<std::pair<dev_t, ino_t>, fs::path> first_;
};

class TreeSize {
  public:
    explicit TreeSize(const Descriptor& top) : mount_(mount_of(top)) {}

    Result<> add(const Descriptor& directory, const fs::path& shown) {
        TRY_ASSIGN(const auto names, names_in(directory, shown));
        for (const auto& name : names) {
            const auto status = status_of(directory, name, shown / name);
            // What runs may remove what it has.
            if (!status) continue;
            constexpr std::uint64_t kBlock = 512;
            if (S_ISREG(status->st_mode) && seen_.insert({status->st_dev, status->st_ino}).second)
                bytes += static_cast<std::uint64_t>(status->st_blocks) * kBlock;
            if (!S_ISDIR(status->st_mode)) continue;
            const auto inner = enter(directory, name, shown / name);
            if (inner && mount_of(*inner) == mount_) TRY(add(*inner, shown / name));
        }
        return {};
    }

    std::uint64_t bytes = 0;

  private:
    std::string mount_;
    std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

Result<> copy_tree(const Descriptor& from, const fs::path& shown, const Descriptor& to,
                   const std::string& name, CopyBudget& budget) {
    if (::mkdirat(to.get(), name.c_str(), 0700) != 0)
        return model::fail(store::call_error("make the copy of", shown));
    TRY_ASSIGN(const auto copy, enter(to, name, shown));
    return copy_content(from, shown, copy, budget);
}

Result<> copy_content(const Descriptor& from, const fs::path& shown, const Descriptor& to,
                      CopyBudget& budget) {
    TreeCopy copy(from, to, budget);
    TRY(copy.content({from, to}, shown, {}));
    TRY_ASSIGN(const auto status, status_of(from, kSelf, shown));
    return copy_attributes({from, kSelf}, status, {to, kSelf});
}

Result<std::uint64_t> size_of_tree(const Descriptor& directory, const fs::path& shown) {
    TreeSize size(directory);
    TRY(size.add(directory, shown));
    return size.bytes;
}

}  // namespace agent::volumes
