// SPDX-License-Identifier: GPL-3.0-or-later
#include "generator/link_units.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "agent/model/unit_name.hpp"
#include "generator/current_generation.hpp"
#include "generator/file_descriptor.hpp"
#include "generator/path.hpp"

namespace generator {
namespace {

namespace model = agent::model;

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
// Literals, so that data() ends with NUL.
constexpr const char* kWants = model::kInstalledBundlesWants.data();
constexpr const char* kMarker = model::kHasDevicesMarker.data();
constexpr const char* kStamp = model::kLoadedGenerationStamp.data();
// Some hundred units; more need further calls of getdents64(2).
constexpr std::size_t kEntriesSize = 16384;
constexpr const char* kCannotLink = "cannot be linked into the generator's directory";

const char* reason_to_distrust(const struct stat& status, uid_t owner) {
    if (status.st_uid != owner) return "is not owned by root";
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return "may be written by others than root";
    return nullptr;
}

class Linker {
  public:
    explicit Linker(const Setting& setting) : setting_(setting) {}

    /// False when there is nothing to link.
    [[nodiscard]] bool open();
    void link_all_units();
    void link_wants();
    void leave_stamp();

  private:
    [[nodiscard]] bool open_generation(const CurrentGeneration& current);
    [[nodiscard]] bool enter(const char* name);
    [[nodiscard]] bool trusted(int directory, const char* name) const;
    [[nodiscard]] const char* reason_to_skip(const char* name) const;
    void link_unit(const char* name);
    void link_want(const char* name, int wants);
    void make_link(const char* name, int directory);
    template <typename Use>
    void for_each_entry(const FileDescriptor& directory, const char* directory_name, Use use) const;
    void report(const char* name, const char* reason) const { setting_.report(name, reason); }

    const Setting& setting_;
    FileDescriptor output_;
    /// While opening, the directory reached so far; then the generation's units.
    FileDescriptor units_;
    /// Path of units_, with a slash at its end.
    Path path_;
    Path number_;
};

bool Linker::open() {
    units_ = FileDescriptor(::open(setting_.operation_directory, kDirectory));
    if (!units_.good()) return false;
    path_.append(setting_.operation_directory);
    path_.append("/");
    const CurrentGeneration current(units_.get());
    if (current.state() == CurrentGeneration::State::absent) return false;
    if (current.state() == CurrentGeneration::State::malformed) {
        report(setting_.operation_directory, "has a systemd-units that names no generation");
        return false;
    }
    output_ = FileDescriptor(::open(setting_.output_directory, kDirectory));
    if (!output_.good()) {
        report(setting_.output_directory, "cannot be opened");
        return false;
    }
    return trusted(units_.get(), setting_.operation_directory) && open_generation(current);
}

/// Follows no links, so that every directory on the way is one that was looked at.
bool Linker::open_generation(const CurrentGeneration& current) {
    number_.append(current.number());
    return enter("update-agent") && enter("generations") && enter(number_.c_str()) &&
           enter("units");
}

bool Linker::enter(const char* name) {
    FileDescriptor next(openat(units_.get(), name, kDirectory | O_NOFOLLOW));
    path_.append(name);
    path_.append("/");
    if (!next.good()) {
        // The empty set needs no directory.
        if (errno != ENOENT || std::string_view(number_.c_str()) != "0")
            report(path_.c_str(), "cannot be opened");
        return false;
    }
    units_ = std::move(next);
    return trusted(units_.get(), path_.c_str());
}

bool Linker::trusted(int directory, const char* name) const {
    struct stat status {};
    const char* reason = fstat(directory, &status) == 0 ? reason_to_distrust(status, setting_.owner)
                                                        : "cannot be read";
    if (reason != nullptr) report(name, reason);
    return reason == nullptr;
}

void Linker::link_all_units() {
    for_each_entry(units_, path_.c_str(), [this](const char* name) { link_unit(name); });
}

void Linker::link_unit(const char* name) {
    if (std::strcmp(name, kWants) == 0 || std::strcmp(name, kMarker) == 0) return;
    if (const char* reason = reason_to_skip(name))
        report(name, reason);
    else
        make_link(name, output_.get());
}

void Linker::link_wants() {
    const FileDescriptor source(openat(units_.get(), kWants, kDirectory | O_NOFOLLOW));
    if (!source.good() && errno == ENOENT) return;
    if (mkdirat(output_.get(), kWants, 0755) != 0 && errno != EEXIST)
        return report(kWants, kCannotLink);
    const FileDescriptor wants(openat(output_.get(), kWants, kDirectory));
    for_each_entry(source, kWants, [&](const char* name) { link_want(name, wants.get()); });
}

/// Wanted by its name alone, wherever the link in the generation leads to.
void Linker::link_want(const char* name, int wants) {
    if (reason_to_skip(name) != nullptr)
        report(name, "is wanted, but is no good unit of the generation");
    else
        make_link(name, wants);
}

void Linker::leave_stamp() {
    if (symlinkat(number_.c_str(), output_.get(), kStamp) != 0) report(kStamp, kCannotLink);
}

const char* Linker::reason_to_skip(const char* name) const {
    if (!model::is_unit_file_name(name)) return "is not the name of a unit";
    struct stat status {};
    if (fstatat(units_.get(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) return "cannot be read";
    if (!S_ISREG(status.st_mode)) return "is not a regular file";
    return reason_to_distrust(status, setting_.owner);
}

void Linker::make_link(const char* name, int directory) {
    const auto size = path_.size();
    path_.append(name);
    if (!path_.good() || symlinkat(path_.c_str(), directory, name) != 0) report(name, kCannotLink);
    path_.truncate(size);
}

/// No readdir(3), which allocates.
template <typename Use>
void Linker::for_each_entry(const FileDescriptor& directory, const char* directory_name,
                            Use use) const {
    alignas(dirent64) std::array<char, kEntriesSize> entries;
    ssize_t size = 0;
    while ((size = getdents64(directory.get(), entries.data(), entries.size())) > 0) {
        const dirent64* entry = nullptr;
        for (ssize_t at = 0; at < size; at += entry->d_reclen) {
            entry = reinterpret_cast<const dirent64*>(entries.data() + at);
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") use(entry->d_name);
        }
    }
    if (size < 0) report(directory_name, "cannot be read");
}

}  // namespace

void link_units(const Setting& setting) {
    Linker linker(setting);
    if (!linker.open()) return;
    linker.link_all_units();
    linker.link_wants();
    linker.leave_stamp();
}

}  // namespace generator
