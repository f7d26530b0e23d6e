// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/units/store_mount.hpp"

#include <cassert>

#include "agent/model/image_store.hpp"
#include "agent/model/store_mount.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/units/escape.hpp"
#include "agent/units/unit_text.hpp"

namespace agent::units {
namespace {

std::string store_file(const model::InstalledBundle& bundle, const RenderContext& context) {
    const auto& description = bundle.description;
    return context.operation_directory + "/update-agent/bundles/" +
           model::kept_bundle_name(description.id, description.version) + "/" +
           model::store_member(bundle.store->root_hash);
}

}  // namespace

std::string store_mount_point(const model::InstalledBundle& bundle, const RenderContext& context) {
    assert(bundle.store && "a bundle whose images are unpacked has nothing to mount");
    return context.store_mounts + "/" + model::store_mount_name(bundle.digest);
}

std::string store_mount_text(const model::InstalledBundle& bundle, const RenderContext& context) {
    const auto where = store_mount_point(bundle, context);
    const auto file = store_file(bundle, context);
    UnitText text;
    text.section("Unit");
    text.line("Description", "Images of bundle " + escape_value(bundle.description.name));
    text.line("Documentation", "man:update-agent(1)");
    // By default it would belong to local-fs.target, which waits for no bundle.
    text.line("DefaultDependencies", "no");
    text.units("Conflicts", {"umount.target"});
    text.units("Before", {"umount.target", std::string(model::kImagesService)});
    text.line("RequiresMountsFor", escape_path(context.operation_directory));
    text.section("Mount");
    text.line("What", escape_value(file));
    text.line("Where", escape_value(where));
    text.line("Type", model::kStoreFileSystem);
    text.line("Options", escape_value(model::store_mount_options(*bundle.store, file)));
    return text.take();
}

}  // namespace agent::units
