// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/attach_images.hpp"

#include <sys/file.h>

#include <algorithm>
#include <system_error>

#include "agent/bundle/kept_members.hpp"
#include "agent/bundle/member_path.hpp"
#include "agent/crypto/sha256.hpp"
#include "agent/images/image_layers.hpp"
#include "agent/images/merged_store.hpp"
#include "agent/model/image_store.hpp"
#include "agent/model/store_mount.hpp"
#include "agent/store/atomic_file.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/system_call.hpp"

namespace agent::operations {

namespace {

using config::ImageIntegrity;
using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

std::string kept_name(const model::InstalledBundle& bundle) {
    return model::kept_bundle_name(bundle.description.id, bundle.description.version);
}

struct KeptStore {
    std::string bundle;
    fs::path directory;
    model::ImageStore store;
    /// Of the manifest.
    model::Sha256 digest;

    [[nodiscard]] fs::path file() const { return directory / model::store_member(store.root_hash); }
};

Result<KeptStore> read_kept(const fs::path& directory) {
    const auto index = directory / bundle::kStoreIndexMember;
    TRY_ASSIGN(const auto text, store::read_file(index, bundle::kMaxStoreIndexBytes));
    TRY_ASSIGN(auto store, model::parse_image_store(text, index.string()));
    TRY_ASSIGN(const auto manifest,
               store::read_file(directory / bundle::kManifestMember, bundle::kMaxManifestBytes));
    return KeptStore{directory.filename().string(), directory, std::move(store),
                     crypto::sha256(manifest)};
}

/// Those of the current set first: a name that two images have is theirs.
Result<std::vector<std::string>> kept_directories(const Context& context,
                                                  const model::InstalledSet& current) {
    TRY_ASSIGN(auto names, store::names_in(context.paths.bundles()));
    std::erase_if(names, store::is_leftover);
    std::set<std::string> first;
    for (const auto& [id, bundle] : current.bundles)
        first.insert(kept_name(bundle));
    std::stable_partition(names.begin(), names.end(),
                          [&](const auto& name) { return first.count(name) != 0; });
    return names;
}

Result<std::vector<KeptStore>> kept_stores(const Context& context,
                                           const model::InstalledSet& current,
                                           const std::set<std::string>& without,
                                           AttachFailures& failures) {
    std::vector<KeptStore> stores;
    TRY_ASSIGN(const auto names, kept_directories(context, current));
    for (const auto& name : names) {
        const auto directory = context.paths.bundles() / name;
        if (without.count(name) != 0 || !has_image_store(directory)) continue;
        auto kept = read_kept(directory);
        if (kept)
            stores.push_back(std::move(*kept));
        else
            failures.push_back({name, kept.error()});
    }
    return stores;
}

/// Compares the file with what was signed, once: a mark beside it says that it was.
Result<> hash_once(const Context& context, const KeptStore& kept) {
    const auto mark = kept.directory / bundle::kCheckedMarker;
    std::error_code error;
    if (fs::exists(mark, error)) return {};
    TRY_ASSIGN(const auto text, store::read_file(kept.directory / bundle::kManifestMember,
                                                 bundle::kMaxManifestBytes));
    TRY_ASSIGN(const auto manifest, bundle::Manifest::parse(text));
    // Going back is not to be cancelled.
    TRY_ASSIGN(const auto damaged,
               bundle::damaged_members(kept.directory, manifest, [&](auto done, auto total) {
                   context.progress.bytes(done, total);
                   return true;
               }));
    if (!damaged.empty())
        return model::fail(ErrorCode::invalid, (kept.directory / damaged.front().path).string() +
                                                   ": " + damaged.front().text +
                                                   ": it is damaged, see 'update-agent verify'");
    return store::write_file_atomically(mark, "");
}

/// What verity refuses is hashed, to tell why, and used where it is what was signed and only the
/// kernel could not check it.
Result<> mount_hashed_after(const model::Error& refused, const Context& context,
                            const KeptStore& kept, const host::StoreMount& mount) {
    std::error_code ignored;
    fs::remove(kept.directory / bundle::kCheckedMarker, ignored);
    TRY(hash_once(context, kept));
    if (refused.code() == ErrorCode::invalid)
        return model::fail(ErrorCode::invalid,
                           kept.file().string() + ": is what was signed, but not what its root " +
                               "hash says: make the bundle again (" + refused.text() + ")");
    context.progress.warning(kept.bundle + ": dm-verity cannot be used: " + refused.text() +
                             "; its images were hashed instead, and are not verified any more "
                             "while they are read");
    return context.host.image_mounts.mount(mount);
}

Result<> mount_store(const Context& context, const KeptStore& kept, const fs::path& where) {
    const auto integrity = context.configuration.image_integrity;
    auto& mounts = context.host.image_mounts;
    host::StoreMount mount{.file = kept.file(),
                           .where = where,
                           .verity = false,
                           .root_hash = kept.store.root_hash,
                           .hash_offset = kept.store.hash_offset};
    if (integrity != ImageIntegrity::hash &&
        (integrity == ImageIntegrity::verity || mounts.support().verity)) {
        auto verified = mount;
        verified.verity = true;
        const auto mounted = mounts.mount(verified);
        if (mounted || integrity == ImageIntegrity::verity) return mounted;
        return mount_hashed_after(mounted.error(), context, kept, mount);
    }
    // Without the mark it was left to the kernel when it was installed.
    std::error_code error;
    if (!fs::exists(kept.directory / bundle::kCheckedMarker, error))
        context.progress.warning(kept.bundle + ": dm-verity cannot be used any more: its images " +
                                 "are hashed, and not verified while they are read");
    TRY(hash_once(context, kept));
    return mounts.mount(mount);
}

/// A bundle that is installed again while an earlier generation keeps it has another file by then.
/// `runs`: containers may have what is mounted, and keep it.
Result<> mount_kept_file(const Context& context, const KeptStore& kept, const fs::path& where,
                         bool mounted, bool runs) {
    auto& mounts = context.host.image_mounts;
    if (mounted && !runs && !mounts.reads(where, kept.file())) {
        TRY(mounts.unmount(where));
        mounted = false;
    }
    if (!mounted) TRY(mount_store(context, kept, where));
    // What has the same root hash is shared as long as somebody has it.
    if (!mounts.reads(where, kept.file()))
        context.progress.warning(kept.bundle + ": its images are still read from a file that " +
                                 kept.file().string() +
                                 " has replaced: start the machine anew to have this one read");
    return {};
}

fs::path image_mount(const Context& context, const model::Sha256& image) {
    return context.paths.root() / "run/update-agent" / ("image-" + image.hex());
}

/// Sees to it that the engine looks where the stores are shown to it.
Result<> let_engine_look(const Context& context) {
    const auto directory = image_store_directory();
    TRY_ASSIGN(const auto use, context.host.engine.image_store_use(directory));
    if (use.used) return {};
    return context.host.engine.use_image_store(directory);
}

/// Stores that are mounted, shown to the engine as one.
class Shown {
  public:
    /// What cannot be merged with the others is left out.
    Result<> add(images::MountedStore store) {
        stores_.push_back(std::move(store));
        auto merged = images::merge(stores_);
        if (merged) {
            merged_ = std::move(*merged);
            return {};
        }
        stores_.pop_back();
        return model::fail(merged.error());
    }
    [[nodiscard]] Result<> publish(const Context& context) const {
        return images::publish(context.paths.image_stores(), merged_);
    }

  private:
    std::vector<images::MountedStore> stores_;
    images::MergedStore merged_ = images::merge({}).value();
};

/// Several may come to it at once: an operation, a boot, an administrator.
Result<store::Descriptor> lock_mounts(const Context& context) {
    const auto directory = context.paths.image_stores();
    TRY_ASSIGN(auto descriptor, store::open_directory(directory));
    if (::flock(descriptor.get(), LOCK_EX) != 0)
        return model::fail(store::call_error("lock", directory));
    return descriptor;
}

/// So it is where no bundle has ever had a store.
bool nothing_is_attached(const Context& context) {
    std::error_code error;
    const auto link = context.paths.merged_store();
    const bool shown = fs::exists(fs::symlink_status(link, error)) &&
                       fs::read_symlink(link, error) != images::kEmptyStore;
    const auto mount_points = store::names_in(context.paths.store_mounts());
    return !shown && mount_points && mount_points->empty();
}

fs::path mount_of(const Context& context, const model::Sha256& bundle_digest) {
    return context.paths.store_mounts() / model::store_mount_name(bundle_digest);
}

}  // namespace

fs::path image_store_directory() {
    return store::Paths("/").merged_store();
}

bool has_image_store(const fs::path& directory) {
    std::error_code error;
    return fs::exists(directory / bundle::kStoreIndexMember, error);
}

bool has_image_store(const model::InstalledSet& set) {
    return std::any_of(set.bundles.begin(), set.bundles.end(),
                       [](const auto& each) { return each.second.store.has_value(); });
}

Result<AttachFailures> attach_images(const Context& context, const std::set<std::string>& without) {
    AttachFailures failures;
    const auto current =
        store::Generations(context.paths).installed().value_or(model::InstalledSet());
    TRY_ASSIGN(const auto kept, kept_stores(context, current, without, failures));
    if (kept.empty() && nothing_is_attached(context)) return failures;

    TRY(store::make_directories(context.paths.store_mounts()));
    TRY_ASSIGN(const auto lock, lock_mounts(context));
    auto& mounts = context.host.image_mounts;
    TRY_ASSIGN(const auto mounted, mounts.mounted(context.paths.store_mounts()));
    // What runs is not deprived of what cannot be read just now.
    std::set<fs::path> running;
    for (const auto& [id, bundle] : current.bundles)
        if (bundle.store && without.count(kept_name(bundle)) == 0)
            running.insert(mount_of(context, bundle.digest));
    auto wanted = running;
    Shown shown;
    for (const auto& each : kept) {
        const auto where = mount_of(context, each.digest);
        wanted.insert(where);
        const auto attached = [&]() -> Result<> {
            TRY(mount_kept_file(context, each, where, mounted.count(where) != 0,
                                running.count(where) != 0));
            TRY_ASSIGN(auto store, images::read_store(where));
            return shown.add(std::move(store));
        }();
        if (!attached) failures.push_back({each.bundle, attached.error()});
    }
    TRY(shown.publish(context));
    for (const auto& where : mounted)
        if (wanted.count(where) == 0) TRY(mounts.unmount(where));
    return failures;
}

Result<std::set<std::string>> attached_layers(const Context& context, const std::string& bundle) {
    const auto directory = context.paths.bundles() / bundle;
    if (context.offline || !has_image_store(directory)) return std::set<std::string>();
    const auto kept = read_kept(directory);
    // What cannot be read was never mounted.
    if (!kept) return std::set<std::string>();
    return images::store_layers(mount_of(context, kept->digest));
}

Result<fs::path> mount_image(const Context& context, const model::Sha256& image) {
    TRY_ASSIGN(const auto layers, images::image_layers(context.paths.merged_store(), image));
    // The engine mounts no image but its own ones.
    if (!layers) return context.host.engine.mount_image(image);
    auto where = image_mount(context, image);
    TRY(context.host.image_mounts.unmount(where));
    TRY(context.host.image_mounts.mount_layers(*layers, where));
    return where;
}

Result<> unmount_image(const Context& context, const model::Sha256& image) {
    std::error_code error;
    if (const auto where = image_mount(context, image); fs::exists(where, error))
        return context.host.image_mounts.unmount(where);
    return context.host.engine.unmount_image(image);
}

Result<> attach_images(const AttachImages& effect, World& world) {
    TRY_ASSIGN(const auto failures, attach_images(world.context));
    TRY(let_engine_look(world.context));
    for (const auto& [bundle, error] : failures) {
        if (std::find(effect.bundles.begin(), effect.bundles.end(), bundle) != effect.bundles.end())
            return model::fail(error.with_context("the images of " + bundle));
        world.context.progress.warning("the images of " + bundle + ": " + error.text());
    }
    return {};
}

/// What others have lost meanwhile is not for the way back to tell.
Result<> undo_attach_images(const AttachImages& effect, World& world) {
    const auto attached = attach_images(world.context, {effect.fresh.begin(), effect.fresh.end()});
    if (!attached) return model::fail(attached.error());
    return {};
}

Result<> publish_images(const Context& context) {
    TRY_ASSIGN(const auto failures, attach_images(context));
    for (const auto& [bundle, error] : failures)
        context.progress.warning("the images of " + bundle + ": " + error.text());
    // Where nothing is mounted, podman's configuration is left alone.
    if (nothing_is_attached(context)) return {};
    if (const auto looks = let_engine_look(context); !looks)
        context.progress.warning(looks.error().text());
    return {};
}

}  // namespace agent::operations
