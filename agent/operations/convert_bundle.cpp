// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/convert_bundle.hpp"

#include <algorithm>

#include "agent/bundle/member_path.hpp"
#include "agent/bundle/oci_layout.hpp"
#include "agent/bundle/reader.hpp"
#include "agent/model/images.hpp"
#include "agent/operations/bundle_output.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;

ImagesKind kind_of(const model::Description& description, const bundle::Manifest& manifest) {
    if (description.images != model::ImageSource::bundle) return ImagesKind::registry;
    return manifest.store() != nullptr ? ImagesKind::store : ImagesKind::oci;
}

Result<> check_kinds(const ConvertBundleRequest& request, ImagesKind has) {
    const auto file = request.file.string();
    if (has == ImagesKind::registry)
        return model::fail(ErrorCode::usage,
                           file + ": has no images, but takes them from a registry");
    if (has == request.images)
        return model::fail(ErrorCode::usage, file + ": has its images like this already (" +
                                                 std::string(to_string(has)) + ")");
    return {};
}

Result<std::map<std::string, model::Sha256>> images_of_bundle(const model::Description& description,
                                                              const std::filesystem::path& file) {
    std::map<std::string, model::Sha256> images;
    for (const auto& image : model::images_of(description)) {
        if (!image.id)
            return model::fail(ErrorCode::invalid,
                               file.string() + ": " + image.key + ".image-id: is missing");
        images.emplace(image.name, *image.id);
    }
    return images;
}

std::vector<std::pair<std::string, std::filesystem::path>> small_files(
    const bundle::Manifest& manifest, const std::filesystem::path& directory) {
    std::vector<std::pair<std::string, std::filesystem::path>> files;
    for (const auto& entry : manifest.entries())
        if (bundle::kind_of_member(entry.path) == bundle::MemberKind::small_file)
            files.emplace_back(entry.path, directory / entry.path);
    return files;
}

/// Unpacks what the store has, and compares what comes out.
Result<> lay_out(const Context& context, const std::filesystem::path& file,
                 const std::map<std::string, model::Sha256>& images, const StoreScratch& scratch,
                 const std::filesystem::path& layout) {
    std::set<model::Sha256> ids;
    for (const auto& [name, id] : images)
        ids.insert(id);
    TRY(context.host.store_maker.take_out(file, ids, layout, scratch.path()));
    TRY_ASSIGN(const auto there, bundle::read_layout(layout));
    for (const auto& id : ids)
        if (std::none_of(there.begin(), there.end(),
                         [&](const auto& image) { return image.id == id; }))
            return model::fail(ErrorCode::invalid, "the image " + id.hex() +
                                                       " is another one once it is out of its "
                                                       "store");
    return {};
}

}  // namespace

Result<CreatedBundle> convert_bundle(const Context& context, const ConvertBundleRequest& request) {
    TRY_ASSIGN(auto reader, bundle::BundleReader::open(request.file));
    TRY_ASSIGN(const auto text, reader.read_description());
    model::Problems problems;
    const auto description = model::parse_description(text, request.file.string(), problems);
    if (!problems.empty()) return model::fail(model::to_error(problems));
    TRY(check_kinds(request, kind_of(description, reader.manifest())));
    TRY(context.host.store_maker.check());
    TRY_ASSIGN(const auto signing, read_signing(request.key, request.certificate, request.chain));
    CreatedBundle made{.file = request.output,
                       .id = description.id,
                       .version = description.version,
                       .digest = {},
                       .size = 0,
                       .images = {},
                       .images_kind = request.images};
    if (made.file.empty())
        made.file = description.id.value() + "_" + description.version.to_string() + "-" +
                    std::string(to_string(request.images)) + ".bundle";
    TRY_ASSIGN(made.images, images_of_bundle(description, request.file));

    const auto parent = std::filesystem::absolute(made.file).parent_path();
    TRY_ASSIGN(const auto scratch, ScratchDirectory::make_in(parent));
    const auto directory = scratch.path() / "bundle";
    context.progress.step("reading " + request.file.string());
    const auto report = [&context](std::uint64_t done, std::uint64_t total) {
        context.progress.bytes(done, total);
        return !context.cancelled();
    };
    TRY(reader.extract(directory, report));
    bundle::BundleContent content{.description = text,
                                  .files = small_files(reader.manifest(), directory),
                                  .image_layout = directory / "images"};
    TRY_ASSIGN(const auto store_scratch, StoreScratch::make(context));
    if (request.images == ImagesKind::store) {
        TRY(replace_by_store(context, made.images, store_scratch, content));
    } else {
        content.image_layout = scratch.path() / "layout";
        TRY(lay_out(context, directory / reader.manifest().store()->path, made.images,
                    store_scratch, content.image_layout));
    }
    TRY_ASSIGN(const auto written, write_output(context, content, signing, made.file));
    made.digest = written.digest;
    made.size = written.size;
    return made;
}

}  // namespace agent::operations
