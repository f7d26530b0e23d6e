// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/create_bundle.hpp"

#include <array>
#include <optional>
#include <set>

#include "agent/bundle/oci_layout.hpp"
#include "agent/model/description.hpp"
#include "agent/model/images.hpp"
#include "agent/operations/bundle_output.hpp"
#include "agent/operations/create_delta.hpp"
#include "agent/operations/scope_texts.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Problems;
using model::Result;

std::set<std::string> image_names(const model::Description& description) {
    std::set<std::string> names;
    for (const auto& image : model::images_of(description))
        names.insert(image.name);
    return names;
}

Result<model::Description> read_description(const std::filesystem::path& file,
                                            const std::string& text) {
    Problems problems;
    auto description = model::parse_description(text, file.string(), problems);
    if (!problems.empty()) return model::fail(model::to_error(problems));
    return description;
}

/// Brings one image into the layout `to`, converted to OCI with zstd layers.
Result<bundle::LayoutImage> take_image(const Context& context, const CreateBundleRequest& request,
                                       const std::string& name,
                                       const std::filesystem::path& scratch,
                                       const std::filesystem::path& to) {
    context.progress.step("adding image " + name);
    if (!request.layout.empty()) return bundle::add_to_layout(request.layout, name, to);
    const auto pushed = scratch / "pushed";
    TRY(context.host.engine.push_layout(name, pushed, "image"));
    auto image = bundle::add_to_layout(pushed, "image", to);
    TRY(store::remove_tree(pushed));
    return image;
}

/// An id that the description names must be the one that the image has after conversion.
void compare_id(const std::string& key, const std::string& image,
                const std::optional<model::Sha256>& named, const model::Sha256& actual,
                Problems& problems) {
    if (!named || *named == actual) return;
    problems.push_back({.code = ErrorCode::invalid,
                        .where = image,
                        .key = key,
                        .message = "is " + named->hex() + ", and the image has the id " +
                                   actual.hex() + " after its conversion to OCI",
                        .hint = "leave image-id out, and it is filled in"});
}

Result<> compare_ids(const model::Description& description,
                     const std::map<std::string, model::Sha256>& ids) {
    Problems problems;
    for (const auto& [name, named, key] : model::images_of(description))
        compare_id(key + ".image-id", name, named, ids.at(name), problems);
    if (problems.empty()) return {};
    return model::fail(model::to_error(problems));
}

/// Of a bundle that carries no images: those that the description does not give already, by pulling
/// them into the local store.
Result<std::map<std::string, model::Sha256>> ids_from_registry(
    const Context& context, const model::Description& description) {
    std::map<std::string, model::Sha256> ids;
    for (const auto& image : model::images_of(description)) {
        if (image.id || ids.count(image.name) != 0) continue;
        context.progress.step("pulling image " + image.name);
        TRY_ASSIGN(const auto id, context.host.engine.pull(image.name));
        ids.emplace(image.name, id);
    }
    return ids;
}

std::vector<std::pair<std::string, std::filesystem::path>> added_files(
    const std::vector<std::string>& add) {
    std::vector<std::pair<std::string, std::filesystem::path>> files;
    for (const auto& each : add) {
        const auto colon = each.rfind(':');
        const std::filesystem::path file = each.substr(0, colon);
        files.emplace_back(colon == std::string::npos ? "files/" + file.filename().string()
                                                      : each.substr(colon + 1),
                           file);
    }
    return files;
}

/// What would fail after minutes, asked at once.
Result<> check_kind(const Context& context, const CreateBundleRequest& request,
                    const model::Description& description) {
    if (request.images != ImagesKind::store) return {};
    if (description.images != model::ImageSource::bundle)
        return model::fail(ErrorCode::usage,
                           "--images=store: the description says that the images come from a "
                           "registry, and a store is in the bundle; leave the option out, or take "
                           "images = \"registry\" out of " +
                               request.description.string());
    return context.host.store_maker.check();
}

Result<std::optional<OpenedBase>> open_delta_base(const CreateBundleRequest& request,
                                                  const model::Description& description) {
    if (request.delta_from.empty()) return std::optional<OpenedBase>();
    if (request.images != ImagesKind::store)
        return model::fail(ErrorCode::usage,
                           "--delta-from: a delta is one of image stores; give --images=store too");
    TRY_ASSIGN(auto opened, open_base(request.delta_from, description));
    return std::optional(std::move(opened));
}

/// Brings the images of a bundle that carries them into the layout `to`.
Result<> take_images(const Context& context, const CreateBundleRequest& request,
                     const model::Description& description, const std::filesystem::path& scratch,
                     const std::filesystem::path& to, CreatedBundle& created) {
    for (const auto& name : image_names(description)) {
        TRY_ASSIGN(const auto image, take_image(context, request, name, scratch, to));
        created.images.emplace(name, image.id);
    }
    return compare_ids(description, created.images);
}

}  // namespace

std::string_view to_string(ImagesKind kind) {
    constexpr std::array<std::string_view, 3> kNames = {"oci", "store", "registry"};
    return kNames.at(static_cast<std::size_t>(kind));
}

Result<CreatedBundle> create_bundle(const Context& context, const CreateBundleRequest& request) {
    TRY_ASSIGN(const auto text, store::read_file(request.description));
    TRY_ASSIGN(const auto description, read_description(request.description, text));
    TRY_ASSIGN(const auto base, open_delta_base(request, description));
    TRY(check_kind(context, request, description));
    auto files = added_files(request.add);
    TRY(add_schemas(description, request.description, files));
    TRY_ASSIGN(const auto signing, read_signing(request.key, request.certificate, request.chain));
    CreatedBundle created{.file = request.output,
                          .id = description.id,
                          .version = description.version,
                          .digest = {},
                          .size = 0,
                          .images = {}};
    if (created.file.empty())
        created.file = description.id.value() + "_" + description.version.to_string() + ".bundle";

    const auto parent = std::filesystem::absolute(created.file).parent_path();
    TRY_ASSIGN(const auto scratch, ScratchDirectory::make_in(parent));
    std::optional<StoreScratch> store_scratch;
    bundle::BundleContent content{.description = {}, .files = {}, .image_layout = {}};
    if (description.images == model::ImageSource::bundle) {
        content.image_layout = scratch.path() / "images";
        TRY(take_images(context, request, description, scratch.path(), content.image_layout,
                        created));
    } else {
        created.images_kind = ImagesKind::registry;
        TRY_ASSIGN(created.images, ids_from_registry(context, description));
    }
    if (request.images == ImagesKind::store && !created.images.empty()) {
        created.images_kind = ImagesKind::store;
        TRY_ASSIGN(auto made, StoreScratch::make(context));
        store_scratch.emplace(std::move(made));
        TRY(replace_by_store(context, created.images, *store_scratch, content));
    }
    content.description = model::with_image_ids(text, created.images);
    content.files = std::move(files);
    TRY_ASSIGN(const auto written, write_output(context, content, signing, created.file));
    created.digest = written.digest;
    created.size = written.size;
    if (base) {
        TRY_ASSIGN(created.delta, create_delta(context, *base, created.file));
    }
    return created;
}

}  // namespace agent::operations
