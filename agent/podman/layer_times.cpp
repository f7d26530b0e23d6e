// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/layer_times.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <unordered_set>

#include "agent/model/base64.hpp"

namespace agent::podman {

namespace {

using model::ErrorCode;
using model::fail;
using model::Result;
using TarEntry = nlohmann::json;
using Names = std::unordered_set<std::string>;
namespace fs = std::filesystem;

/// https://github.com/vbatts/tar-split, tar/storage/entry.go: a name that is not UTF-8 has a key of
/// its own.
std::optional<std::string> name_of(const TarEntry& entry) {
    if (const auto raw = entry.find("name_raw"); raw != entry.end())
        return model::from_base64(raw->get<std::string>());
    return entry.value("name", std::string());
}

/// As podman takes it: relative to the layer, without a slash at the end.
std::string in_layer(const std::string& name) {
    auto path = fs::path("/" + name).lexically_normal().relative_path().string();
    if (path.ends_with('/')) path.pop_back();
    return path;
}

/// Names of the entries that may be for directories, as these have no content.
Result<Names> names_without_content(std::istream& archive) {
    constexpr int kFile = 1;
    Names names;
    try {
        for (std::string line; std::getline(archive, line);) {
            const auto entry = TarEntry::parse(line);
            if (entry.at("type") != kFile || entry.value("size", std::int64_t{0}) != 0) continue;
            const auto name = name_of(entry);
            if (!name) return fail(ErrorCode::internal, "a name is not in base 64");
            names.insert(in_layer(*name));
        }
    } catch (const TarEntry::exception& exception) {
        return fail(ErrorCode::internal, exception.what());
    }
    return names;
}

Result<> forget_time(const fs::path& path) {
    constexpr std::array<timespec, 2> kBeginning{};
    if (::utimensat(AT_FDCWD, path.c_str(), kBeginning.data(), AT_SYMLINK_NOFOLLOW) != 0)
        return fail(model::errno_error(errno, "cannot set the time of " + path.string()));
    return {};
}

/// Whether podman has made it without an entry that has its name.
Result<bool> is_own(const fs::path& path, const fs::path& diff, const Names& listed) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0)
        return fail(model::errno_error(errno, "cannot look at " + path.string()));
    if (S_ISCHR(status.st_mode)) return status.st_rdev == ::makedev(0, 0);
    return S_ISDIR(status.st_mode) && listed.count(path.lexically_relative(diff).string()) == 0;
}

}  // namespace

Result<> forget_own_times(std::istream& archive, const fs::path& diff) {
    TRY_ASSIGN(const auto listed, names_without_content(archive));
    std::error_code error;
    for (fs::recursive_directory_iterator entry(diff, error), end; !error && entry != end;
         entry.increment(error)) {
        TRY_ASSIGN(const bool own, is_own(entry->path(), diff, listed));
        if (own) TRY(forget_time(entry->path()));
    }
    if (error) return fail(model::errno_error(error.value(), "cannot read " + diff.string()));
    return forget_time(diff);
}

}  // namespace agent::podman
