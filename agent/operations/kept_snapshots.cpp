// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/kept_snapshots.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <system_error>

#include "agent/store/atomic_file.hpp"
#include "agent/store/generations.hpp"

namespace agent::operations {

namespace {

using model::Result;
namespace fs = std::filesystem;

/// A path as one name: `%` and `/` by their numbers.
std::string to_name(const std::string& path) {
    std::string name;
    for (const char c : path)
        name += c == '/' ? std::string("%2F") : c == '%' ? std::string("%25") : std::string(1, c);
    return name;
}

std::string to_path(std::string name) {
    for (const auto& [text, c] : {std::pair{"%2F", "/"}, std::pair{"%25", "%"}})
        for (auto at = name.find(text); at != std::string::npos; at = name.find(text, at + 1))
            name.replace(at, 3, c);
    return name;
}

/// Where nothing is known of a volume's root any more, it is beside the volume.
std::string root_of(const model::VolumeRoots& roots, const std::string& host_path) {
    std::string longest;
    for (const auto& root : roots)
        if (model::is_below(host_path, root) && root.size() > longest.size()) longest = root;
    return longest.empty() ? fs::path(host_path).parent_path().string() : longest;
}

/// One generation's snapshots below one root.
struct Kept {
    unsigned generation = 0;
    /// Below the root of volumes, and on this machine.
    std::string path;
    fs::path directory;
};

/// The oldest generations first.
Result<std::vector<Kept>> all_kept(const Context& context) {
    std::vector<Kept> kept;
    for (const auto& root : context.configuration.volume_roots) {
        const auto path = root + "/" + std::string(model::kSnapshotsDirectory);
        const auto directory = context.paths.root() / fs::path(path).relative_path();
        TRY_ASSIGN(const auto names, store::names_in(directory));
        for (const auto& name : names) {
            unsigned number = 0;
            const auto* const end = name.data() + name.size();
            if (std::from_chars(name.data(), end, number).ptr == end)
                kept.push_back({number, path + "/" + name, directory / name});
        }
    }
    std::stable_sort(kept.begin(), kept.end(), [](const Kept& one, const Kept& other) {
        return one.generation < other.generation;
    });
    return kept;
}

}  // namespace

std::string snapshot_path(const model::VolumeRoots& roots, unsigned generation,
                          const std::string& host_path) {
    return root_of(roots, host_path) + "/" + std::string(model::kSnapshotsDirectory) + "/" +
           std::to_string(generation) + "/" + to_name(host_path);
}

Result<std::vector<planning::RestoreData>> kept_snapshots(const Context& context,
                                                          unsigned generation) {
    TRY_ASSIGN(const auto all, all_kept(context));
    std::vector<planning::RestoreData> snapshots;
    std::set<std::string> seen;
    for (const auto& kept : all) {
        if (kept.generation < generation) continue;
        TRY_ASSIGN(const auto names, store::names_in(kept.directory));
        for (const auto& name : names)
            if (!store::is_leftover(name) && seen.insert(name).second)
                snapshots.push_back(
                    {.host_path = to_path(name), .snapshot = kept.path + "/" + name});
    }
    return snapshots;
}

Result<> collect_snapshots(const Context& context) {
    TRY_ASSIGN(const auto all, all_kept(context));
    TRY_ASSIGN(const auto numbers, store::Generations(context.paths).list());
    for (const auto& kept : all) {
        const bool needed =
            std::find(numbers.begin(), numbers.end(), kept.generation) != numbers.end();
        TRY_ASSIGN(const auto names, store::names_in(kept.directory));
        for (const auto& name : names)
            if (!needed || store::is_leftover(name)) TRY(store::remove_tree(kept.directory / name));
        std::error_code ignored;
        fs::remove(kept.directory, ignored);
    }
    return {};
}

Result<> forget_snapshots(const Context& context, const std::string& host_path) {
    TRY_ASSIGN(const auto all, all_kept(context));
    for (const auto& kept : all)
        TRY(store::remove_tree(kept.directory / to_name(host_path)));
    return {};
}

}  // namespace agent::operations
