// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/space_check.hpp"

#include <map>
#include <system_error>

#include "agent/operations/kept_snapshots.hpp"
#include "agent/volumes/snapshot.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

Result<> need_space(const Context& context, const fs::path& path, std::uint64_t bytes) {
    TRY_ASSIGN(const auto free, context.host.machine.free_space(path));
    const auto needed = bytes + context.configuration.reserve;
    if (free >= needed) return {};
    return model::fail(ErrorCode::no_space, "needs " + model::human_size(needed) +
                                                " on the file system of " + path.string() +
                                                " (with a reserve of " +
                                                model::human_size(context.configuration.reserve) +
                                                "), and " + model::human_size(free) + " are free");
}

std::vector<std::string> snapshotted(const planning::Plan& plan) {
    auto steps = plan.data.early;
    steps.insert(steps.end(), plan.data.late.begin(), plan.data.late.end());
    return writes_of(steps);
}

/// Of the nearest directory above it that is there.
fs::path existing(fs::path path) {
    std::error_code error;
    while (!fs::exists(path, error) && path.has_relative_path())
        path = path.parent_path();
    return path;
}

/// Where what is needed lies; the first place of a file system stands for it in messages.
class Needs {
  public:
    explicit Needs(const Context& context) : context_(context) {}

    Result<> add(const fs::path& path, std::uint64_t bytes) {
        TRY_ASSIGN(const auto file_system, context_.host.machine.file_system(path));
        auto& need = needs_.try_emplace(file_system, path, 0).first->second;
        need.second += bytes;
        return {};
    }

    [[nodiscard]] Result<> check() const {
        for (const auto& [file_system, need] : needs_)
            TRY(need_space(context_, need.first, need.second));
        return {};
    }

  private:
    const Context& context_;
    std::map<std::uint64_t, std::pair<fs::path, std::uint64_t>> needs_;
};

/// What is copied, and where to.
struct Copy {
    fs::path place;
    std::uint64_t bytes = 0;
};

Result<Copy> copy_of(const Context& context, const std::string& from, const std::string& to) {
    TRY_ASSIGN(const auto cost, volumes::look_at_cost(context.paths.root(), from, to));
    return Copy{existing(context.paths.root() / fs::path(to).relative_path()), cost.bytes};
}

/// Of a volume before it is written to, and of a kept snapshot that takes a volume's place.
Result<std::vector<Copy>> copies(const Context& context, const planning::Plan& plan) {
    const auto limit = context.configuration.snapshot_limit;
    const auto& roots = context.configuration.volume_roots;
    std::vector<Copy> all;
    for (const auto& volume : snapshotted(plan)) {
        // All generations' lie on one file system.
        const auto to = snapshot_path(roots, plan.result.generation, volume);
        TRY_ASSIGN(auto copy, copy_of(context, volume, to));
        if (copy.bytes > limit) return model::fail(volumes::too_large(volume, limit));
        all.push_back(std::move(copy));
    }
    for (const auto* steps : {&plan.data.early, &plan.data.late})
        for (const auto& step : *steps)
            if (const auto* restore = std::get_if<planning::RestoreData>(&step)) {
                TRY_ASSIGN(auto copy, copy_of(context, restore->snapshot, restore->snapshot));
                all.push_back(std::move(copy));
            }
    return all;
}

}  // namespace

Result<planning::SpaceNeeded> space_needed(const Context& context, const planning::Plan& plan,
                                           const host::Inventory& engine) {
    std::set<model::Sha256> there;
    for (const auto& image : engine.images)
        there.insert(image.id);
    auto space = planning::space_needed(plan, there);
    if (context.offline) space.engine = 0;
    TRY_ASSIGN(const auto all, copies(context, plan));
    for (const auto& copy : all)
        space.snapshots += copy.bytes;
    return space;
}

Result<> check_space(const Context& context, const planning::Plan& plan,
                     const planning::SpaceNeeded& space) {
    Needs needs(context);
    TRY_ASSIGN(const auto all, copies(context, plan));
    for (const auto& copy : all)
        if (copy.bytes != 0) TRY(needs.add(copy.place, copy.bytes));
    if (const auto& packages = plan.host_packages; !packages.packages.empty()) {
        TRY(needs.add(existing(context.paths.root() / "var/cache/apt/archives"),
                      packages.download));
        TRY(needs.add(existing(context.paths.root() / "usr"), packages.disk));
    }
    if (!plan.add.empty()) {
        TRY(needs.add(context.paths.state(), space.kept));
        if (!context.offline) {
            TRY_ASSIGN(const auto graph_root, context.host.engine.graph_root());
            TRY(needs.add(graph_root, space.engine));
        }
    }
    return needs.check();
}

}  // namespace agent::operations
