// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/provided_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>
#include <map>
#include <set>
#include <span>

#include "agent/crypto/sha256.hpp"
#include "agent/store/system_call.hpp"
#include "agent/volumes/descent.hpp"
#include "agent/volumes/file_data.hpp"
#include "agent/volumes/image_tree.hpp"

namespace agent::volumes {

using model::ErrorCode;
using model::Result;
using store::Descriptor;
namespace fs = std::filesystem;

namespace {

/// One file or directory, and where it comes to.
struct Step {
    ImageEntry source;
    std::string volume;
    /// Below the volume; empty for the volume itself.
    std::string path;

    [[nodiscard]] std::string target() const { return path.empty() ? volume : volume + "/" + path; }
};

std::string target_below(const ProvidedFiles& wanted, const ImageEntry& entry) {
    const auto to = fs::path(wanted.to).relative_path();
    return (entry.below.empty() ? to : to / entry.below).string();
}

Result<std::string> digest_of(const Descriptor& file, const fs::path& shown) {
    crypto::Sha256Hasher hasher;
    std::array<char, 1 << 16> block{};
    for (off_t at = 0;;) {
        const auto count = ::pread(file.get(), block.data(), block.size(), at);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return model::fail(store::call_error("read", shown));
        if (count == 0) return hasher.finish().hex();
        hasher.update(std::as_bytes(std::span(block.data(), static_cast<std::size_t>(count))));
        at += count;
    }
}

enum class State { absent, as_copied, other };

/// Whatever lies there by now: a link, a pipe, nothing that leads to it any more.
Result<State> state_of(const fs::path& root, const CopiedEntry& entry) {
    const auto path = fs::path(entry.volume) / entry.path;
    const auto parent = descend(root, path.parent_path().string());
    if (!parent && parent.error().code() == ErrorCode::conflict) return State::other;
    if (!parent) return model::fail(parent.error());
    if (!parent->missing.empty()) return State::absent;
    const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const Descriptor file(::openat(parent->directory.get(), path.filename().c_str(), flags));
    if (!file.valid()) return errno == ENOENT ? State::absent : State::other;
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return model::fail(store::call_error("look at", path));
    if (entry.directory) return S_ISDIR(status.st_mode) ? State::as_copied : State::other;
    if (!S_ISREG(status.st_mode)) return State::other;
    TRY_ASSIGN(const auto digest, digest_of(file, path));
    return digest == entry.digest ? State::as_copied : State::other;
}

/// By path, whether it is a directory.
using Going = std::map<std::string, bool>;

/// A file that stays, because it was changed, is in the way.
Result<Going> going_of(const fs::path& root, const std::vector<CopiedEntry>& copied) {
    Going going;
    for (const auto& entry : copied) {
        TRY_ASSIGN(const auto state, state_of(root, entry));
        if (state == State::as_copied)
            going.emplace(entry.volume + "/" + entry.path, entry.directory);
    }
    return going;
}

bool goes(const Going& going, const Step& step) {
    const fs::path target(step.target());
    for (auto path = target; path != fs::path(step.volume) && path.has_relative_path();
         path = path.parent_path())
        if (const auto found = going.find(path.string());
            found != going.end() && (!found->second || path == target))
            return true;
    return false;
}

/// A directory that is there is as good as one that is made.
Result<> check_target(const fs::path& root, const Step& step) {
    TRY_ASSIGN(const auto found, descend(root, fs::path(step.target()).parent_path().string()));
    if (!found.missing.empty()) return {};
    const auto name = fs::path(step.target()).filename().string();
    struct stat status {};
    if (::fstatat(found.directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return {};
        return model::fail(store::call_error("look at", found.reached / name));
    }
    if (step.source.directory && S_ISDIR(status.st_mode)) return {};
    return model::fail(ErrorCode::conflict,
                       step.target() + " is there already, and " + step.source.path +
                           " of the image would be copied to it; move it away");
}

Result<std::vector<Step>> steps_of(const Descriptor& image, const fs::path& root,
                                   const std::vector<ProvidedFiles>& wanted, Targets& targets) {
    TRY_ASSIGN(const auto going, going_of(root, targets.going));
    std::vector<Step> steps;
    for (const auto& each : wanted) {
        TRY_ASSIGN(const auto entries, list_in_image(image, each.from));
        for (const auto& entry : entries) {
            Step step{.source = entry, .volume = each.volume, .path = target_below(each, entry)};
            if (!goes(going, step) && (!step.path.empty() || !entry.directory))
                TRY(check_target(root, step));
            if (!entry.directory && !targets.taken.insert(step.target()).second)
                return model::fail(ErrorCode::conflict,
                                   step.target() + " is what two files would be copied to");
            steps.push_back(std::move(step));
        }
    }
    return steps;
}

/// Makes the missing directories of a path, and notes them.
Result<Descriptor> make_directories(const fs::path& root, const std::string& volume,
                                    const fs::path& below, std::vector<CopiedEntry>& copied) {
    TRY_ASSIGN(auto found, descend(root, volume));
    if (!found.missing.empty()) return model::fail(ErrorCode::not_found, volume + " is not there");
    fs::path done;
    for (const auto& part : below) {
        done /= part;
        const auto name = part.string();
        const auto shown = found.reached / name;
        if (::mkdirat(found.directory.get(), name.c_str(), 0777) == 0)
            copied.push_back({.volume = volume, .path = done.string(), .directory = true});
        else if (errno != EEXIST)
            return model::fail(store::call_error("make the directory", shown));
        TRY_ASSIGN(found.directory, enter(found.directory, name, shown));
        found.reached = shown;
    }
    return std::move(found.directory);
}

/// What may be executed in the image may be executed; all else is for the volume to say.
Result<std::string> copy_file(const Descriptor& from, const Descriptor& directory,
                              const std::string& name, const std::string& shown) {
    struct stat status {};
    if (::fstat(from.get(), &status) != 0) return model::fail(store::call_error("look at", shown));
    constexpr mode_t kExecutable = 0111;
    const mode_t mode = (status.st_mode & kExecutable) != 0 ? 0777 : 0666;
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    TRY_ASSIGN(const auto to, store::open_at(directory.get(), name, flags, mode, shown));
    CopyBudget all{.limit = std::numeric_limits<std::uint64_t>::max(), .written = 0};
    TRY(copy_data(from, to, shown, all));
    const std::array<timespec, 2> times{status.st_atim, status.st_mtim};
    if (::futimens(to.get(), times.data()) != 0)
        return model::fail(store::call_error("set the times of", shown));
    TRY(store::sync(to.get(), shown));
    return digest_of(to, shown);
}

Result<> copy_step(const Descriptor& image, const fs::path& root, const Step& step,
                   std::vector<CopiedEntry>& copied) {
    const fs::path below(step.path);
    if (step.source.directory) {
        TRY_ASSIGN(const auto made, make_directories(root, step.volume, below, copied));
        return store::sync(made.get(), step.target());
    }
    TRY_ASSIGN(const auto directory,
               make_directories(root, step.volume, below.parent_path(), copied));
    TRY_ASSIGN(const auto from, open_in_image(image, step.source.path));
    TRY_ASSIGN(auto digest, copy_file(from, directory, below.filename().string(), step.target()));
    copied.push_back({.volume = step.volume,
                      .path = step.path,
                      .directory = false,
                      .digest = std::move(digest)});
    return store::sync(directory.get(), step.target());
}

/// Whether it stays, because it is not what was copied.
Result<bool> remove_entry(const fs::path& root, const CopiedEntry& entry) {
    TRY_ASSIGN(const auto state, state_of(root, entry));
    if (state != State::as_copied) return state == State::other;
    const auto path = fs::path(entry.volume) / entry.path;
    TRY_ASSIGN(const auto parent, descend(root, path.parent_path().string()));
    const auto name = path.filename().string();
    if (::unlinkat(parent.directory.get(), name.c_str(), entry.directory ? AT_REMOVEDIR : 0) != 0) {
        if (entry.directory && (errno == ENOTEMPTY || errno == EEXIST)) return false;
        return model::fail(store::call_error("remove", path));
    }
    TRY(store::sync(parent.directory.get(), parent.reached));
    return false;
}

}  // namespace

Result<> check_copies(const fs::path& image, const fs::path& root,
                      const std::vector<ProvidedFiles>& wanted, Targets& targets) {
    TRY_ASSIGN(const auto opened, store::open_directory(image));
    TRY_ASSIGN(const auto steps, steps_of(opened, root, wanted, targets));
    return {};
}

Result<std::vector<CopiedEntry>> copy_provided(const fs::path& image, const fs::path& root,
                                               const std::vector<ProvidedFiles>& wanted) {
    TRY_ASSIGN(const auto opened, store::open_directory(image));
    Targets targets;
    TRY_ASSIGN(const auto steps, steps_of(opened, root, wanted, targets));
    std::vector<CopiedEntry> copied;
    for (const auto& step : steps)
        TRY(copy_step(opened, root, step, copied));
    return copied;
}

Result<std::vector<std::string>> remove_provided(const fs::path& root,
                                                 const std::vector<CopiedEntry>& copied) {
    std::vector<std::string> left;
    for (auto entry = copied.rbegin(); entry != copied.rend(); ++entry) {
        TRY_ASSIGN(const bool stays, remove_entry(root, *entry));
        if (stays) left.push_back(entry->volume + "/" + entry->path);
    }
    return left;
}

}  // namespace agent::volumes
