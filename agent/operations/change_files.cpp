// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/change_files.hpp"

#include <map>
#include <set>

#include "agent/operations/attach_images.hpp"
#include "agent/operations/copied_files.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::operations {

namespace {

using model::Result;

/// File systems of images, each mounted when it is first asked for, as long as the object is there.
class MountedImages {
  public:
    explicit MountedImages(const Context& context) : context_(context) {}
    MountedImages(MountedImages&&) = delete;
    MountedImages& operator=(MountedImages&&) = delete;
    ~MountedImages() {
        for (const auto& [image, path] : paths_)
            static_cast<void>(unmount_image(context_, image));
    }

    Result<std::filesystem::path> path_of(const model::Sha256& image) {
        const auto known = paths_.find(image);
        if (known != paths_.end()) return known->second;
        TRY_ASSIGN(auto path, mount_image(context_, image));
        return paths_.emplace(image, std::move(path)).first->second;
    }

  private:
    const Context& context_;
    std::map<model::Sha256, std::filesystem::path> paths_;
};

std::vector<volumes::ProvidedFiles> wanted_of(const planning::ProviderCopy& provider) {
    std::vector<volumes::ProvidedFiles> wanted;
    for (const auto& copy : provider.copies)
        wanted.push_back({.from = copy.from, .volume = copy.host_path, .to = copy.to});
    return wanted;
}

template <typename Act>
Result<> with_image(const planning::ProviderCopy& provider, MountedImages& images, Act act) {
    const auto done = [&]() -> Result<> {
        TRY_ASSIGN(const auto path, images.path_of(provider.image));
        return act(path);
    }();
    if (done) return {};
    return model::fail(done.error().with_context(provider.bundle.value() + ", " + provider.key));
}

Result<> remove_files(const ChangeFiles& effect, const CopiedFiles& before, World& world) {
    for (const auto& id : effect.change.remove) {
        const auto files = before.find(id);
        if (files == before.end()) continue;
        TRY_ASSIGN(const auto left,
                   volumes::remove_provided(world.context.paths.root(), files->second));
        for (const auto& path : left)
            world.context.progress.warning(
                path + " stays: it was changed since it was copied for " + id.value());
    }
    return {};
}

/// All of them can be copied before the first is.
Result<> check_all(const planning::FileChange& change, volumes::Targets targets,
                   MountedImages& images, const World& world) {
    const auto& root = world.context.paths.root();
    for (const auto& provider : change.copies)
        TRY(with_image(provider, images, [&](const auto& image) {
            return volumes::check_copies(image, root, wanted_of(provider), targets);
        }));
    return {};
}

Result<> copy_files(const planning::FileChange& change, CopiedFiles& files, MountedImages& images,
                    const World& world) {
    const auto& root = world.context.paths.root();
    for (const auto& provider : change.copies)
        TRY(with_image(provider, images, [&](const auto& image) -> Result<> {
            TRY_ASSIGN(const auto copied, volumes::copy_provided(image, root, wanted_of(provider)));
            auto& own = files[provider.bundle];
            own.insert(own.end(), copied.begin(), copied.end());
            return {};
        }));
    return {};
}

/// A killed agent left them mounted.
Result<> unmount_all(const planning::FileChange& change, World& world) {
    std::set<model::Sha256> images;
    for (const auto& provider : change.copies)
        images.insert(provider.image);
    for (const auto& image : images)
        TRY(unmount_image(world.context, image));
    return {};
}

}  // namespace

Result<> check_files(const CheckFiles& effect, World& world) {
    TRY_ASSIGN(auto files, read_copied_files(world.context, effect.from));
    volumes::Targets targets;
    for (const auto& id : effect.change.remove)
        targets.going.insert(targets.going.end(), files[id].begin(), files[id].end());
    MountedImages images(world.context);
    return check_all(effect.change, std::move(targets), images, world);
}

Result<> undo_check_files(const CheckFiles& effect, World& world) {
    return unmount_all(effect.change, world);
}

Result<> change_files(const ChangeFiles& effect, World& world) {
    const auto& context = world.context;
    TRY_ASSIGN(auto files, read_copied_files(context, effect.from));
    TRY(remove_files(effect, files, world));
    for (const auto& id : effect.change.remove)
        files.erase(id);
    MountedImages images(context);
    TRY(check_all(effect.change, {}, images, world));
    TRY(copy_files(effect.change, files, images, world));
    if (!effect.change.back.empty()) {
        TRY_ASSIGN(const auto former, read_copied_files(context, effect.change.back_from));
        for (const auto& id : effect.change.back)
            if (const auto own = former.find(id); own != former.end()) files[id] = own->second;
    }
    return write_copied_files(context, effect.to, files);
}

Result<> undo_change_files(const ChangeFiles& effect, World& world) {
    TRY(unmount_all(effect.change, world));
    return store::remove_tree(world.context.paths.generation_files(effect.to));
}

}  // namespace agent::operations
