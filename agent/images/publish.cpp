// SPDX-License-Identifier: GPL-3.0-or-later
// The function of merged_store.hpp that writes.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "agent/crypto/sha256.hpp"
#include "agent/images/merged_store.hpp"
#include "agent/images/store_index.hpp"
#include "agent/model/text.hpp"
#include "agent/store/atomic_file.hpp"
#include "agent/store/system_call.hpp"

namespace agent::images {

using model::ErrorCode;
using model::fail;
using model::Result;
namespace fs = std::filesystem;

namespace {

constexpr auto kLink = "images";
constexpr auto kSets = "sets";
constexpr std::string_view kNoRecords = "[]";

/// Parents first.
constexpr std::array<std::string_view, 4> kDirectories{"overlay", "overlay/l", "overlay-images",
                                                       "overlay-layers"};
constexpr std::array<std::string_view, 2> kLocks{"overlay-images/images.lock",
                                                 "overlay-layers/layers.lock"};

/// podman sees by these 64 bytes that it has to read the store again.
std::string lock_text(const MergedStore& store) {
    std::string all = store.images + '\n' + store.layers + '\n';
    for (const auto& link : store.links)
        all += link.path.string() + '\n' + link.target.string() + '\n';
    return crypto::sha256(all).hex();
}

bool has_text(const fs::path& file, std::string_view text) {
    const auto found = store::read_file(file);
    return found && *found == text;
}

bool is_link_to(const fs::path& link, const fs::path& target) {
    std::error_code error;
    return fs::read_symlink(link, error) == target && !error;
}

bool is_this(const fs::path& directory, const MergedStore& store) {
    const auto leads = [&](const StoreLink& link) {
        return is_link_to(directory / link.path, link.target);
    };
    const std::string lock = lock_text(store);
    const auto has_lock = [&](std::string_view name) { return has_text(directory / name, lock); };
    return std::all_of(kLocks.begin(), kLocks.end(), has_lock) &&
           has_text(directory / kImageIndex, store.images) &&
           has_text(directory / kLayerIndex, store.layers) &&
           std::all_of(store.links.begin(), store.links.end(), leads);
}

/// Whoever made it, and whatever its locks say.
bool is_empty_store(const fs::path& directory) {
    std::error_code error;
    const auto has_lock = [&](std::string_view name) {
        return fs::is_regular_file(directory / name, error);
    };
    return fs::is_directory(directory / "overlay/l", error) &&
           has_text(directory / kImageIndex, kNoRecords) &&
           has_text(directory / kLayerIndex, kNoRecords) &&
           std::all_of(kLocks.begin(), kLocks.end(), has_lock);
}

Result<> make_directory(const fs::path& directory) {
    if (::mkdir(directory.c_str(), 0755) != 0)
        return fail(store::call_error("make the directory", directory));
    // mkdir(2) heeds the umask of whoever runs the command.
    if (::chmod(directory.c_str(), 0755) != 0)
        return fail(store::call_error("set the mode of", directory));
    return {};
}

/// All of it is on disk when this returns. Each directory is synced after its last entry was made,
/// because syncfs(2) would wait for what containers write meanwhile.
Result<> write_store(const fs::path& directory, const MergedStore& store) {
    TRY(make_directory(directory));
    for (const auto& name : kDirectories)
        TRY(make_directory(directory / name));
    for (const auto& link : store.links)
        if (::symlink(link.target.c_str(), (directory / link.path).c_str()) != 0)
            return fail(store::call_error("make the link", directory / link.path));
    TRY(store::write_file_atomically(directory / kImageIndex, store.images));
    TRY(store::write_file_atomically(directory / kLayerIndex, store.layers));
    for (const auto& name : kLocks)
        TRY(store::write_file_atomically(directory / name, lock_text(store)));
    TRY(store::sync_directory(directory / "overlay/l"));
    TRY(store::sync_directory(directory / "overlay"));
    return store::sync_directory(directory);
}

/// The directory has its name only when it is whole; what has the name already is replaced.
Result<> make_store(const fs::path& name, const MergedStore& store) {
    const auto unfinished =
        name.parent_path() / (std::string(store::kUnfinishedPrefix) + name.filename().string());
    auto made = write_store(unfinished, store);
    if (made) made = store::replace_directory(unfinished, name);
    if (made) return {};
    if (auto removed = store::remove_tree(unfinished); !removed)
        return fail(made.error().followed_by(removed.error()));
    return made;
}

Result<> make_empty(const fs::path& base) {
    if (is_empty_store(base / kEmptyStore)) return {};
    return make_store(base / kEmptyStore, {std::string(kNoRecords), std::string(kNoRecords), {}});
}

Result<> remove_leftovers(const fs::path& directory) {
    TRY_ASSIGN(const auto names, store::names_in(directory));
    for (const auto& name : names)
        if (store::is_leftover(name)) TRY(store::remove_tree(directory / name));
    return {};
}

/// What the link says; empty where there is none.
Result<std::string> target_of(const fs::path& link) {
    std::error_code error;
    const auto target = fs::read_symlink(link, error);
    if (!error) return target.string();
    if (error == std::errc::no_such_file_or_directory) return std::string();
    if (error == std::errc::invalid_argument)
        return fail(ErrorCode::conflict, link.string() +
                                             " is not a symbolic link of update-agent: move it "
                                             "away");
    return fail(model::errno_error(error.value(), "cannot read " + link.string()));
}

std::optional<std::uint64_t> number_of_name(std::string_view name) {
    constexpr std::uint64_t kLargest = std::numeric_limits<std::uint32_t>::max();
    const auto number = model::parse_decimal(name, kLargest);
    // "007" would be another set with the same number.
    if (!number || std::to_string(*number) != name) return std::nullopt;
    return number;
}

/// 0 where it is none of the sets.
std::uint64_t number_of_target(const std::string& target) {
    const fs::path path(target);
    if (path.parent_path() != kSets) return 0;
    return number_of_name(path.filename().string()).value_or(0);
}

std::string set_target(std::uint64_t number) {
    return std::string(kSets) + "/" + std::to_string(number);
}

/// Sorted.
Result<std::vector<std::uint64_t>> sets_in(const fs::path& base) {
    TRY_ASSIGN(const auto names, store::names_in(base / kSets));
    std::vector<std::uint64_t> numbers;
    for (const auto& name : names)
        if (const auto number = number_of_name(name)) numbers.push_back(*number);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

/// All but the one that the link leads to and the last before it, in which somebody may be reading;
/// one behind it was never published.
Result<> remove_sets(const fs::path& base, const std::string& target) {
    TRY_ASSIGN(const auto numbers, sets_in(base));
    const auto current = number_of_target(target);
    std::uint64_t former = 0;
    for (const auto number : numbers)
        if (current == 0 || number < current) former = number;
    for (const auto number : numbers)
        if (number != current && number != former)
            TRY(store::remove_whole(base / set_target(number)));
    return {};
}

/// What the link has to say; a set that is not there is written.
Result<std::string> provide(const fs::path& base, const MergedStore& store,
                            const std::string& current) {
    if (store.images.empty() || store.images == kNoRecords) return std::string(kEmptyStore);
    const auto number = number_of_target(current);
    if (number != 0 && is_this(base / current, store)) return current;
    TRY_ASSIGN(const auto numbers, sets_in(base));
    const auto last = numbers.empty() ? number : std::max(number, numbers.back());
    const std::string target = set_target(last + 1);
    TRY(make_store(base / target, store));
    return target;
}

}  // namespace

Result<> publish(const fs::path& base, const MergedStore& store) {
    TRY(store::make_directories(base / kSets));
    TRY(remove_leftovers(base));
    TRY(remove_leftovers(base / kSets));
    TRY(make_empty(base));
    TRY_ASSIGN(const auto current, target_of(base / kLink));
    TRY(remove_sets(base, current));
    TRY_ASSIGN(const auto target, provide(base, store, current));
    if (target == current) return {};
    TRY(store::replace_link_atomically(base / kLink, target));
    return remove_sets(base, target);
}

}  // namespace agent::images
