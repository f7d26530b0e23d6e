// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/create_delta.hpp"

#include "agent/model/image_store.hpp"

namespace agent::operations {

using model::ErrorCode;
using model::Result;

namespace {

Result<> check_base(const std::filesystem::path& file, const model::Description& base,
                    const model::Description& description) {
    const auto refuse = [&file](const std::string& message) {
        return model::fail(ErrorCode::usage, "--delta-from " + file.string() + ": " + message);
    };
    if (base.id != description.id)
        return refuse("is " + base.id.value() + ", and a delta is from a version of " +
                      description.id.value());
    if (base.version == description.version)
        return refuse("is the same version, " + base.version.to_string() +
                      ", and a delta is from another one");
    return {};
}

/// `demo_1.1.0.bundle` from 1.0.0: `demo_1.1.0-from-1.0.0.bundle`.
std::filesystem::path delta_name(const std::filesystem::path& whole, const model::Version& from) {
    auto name = whole;
    name.replace_filename(whole.stem().string() + "-from-" + from.to_string() +
                          whole.extension().string());
    return name;
}

}  // namespace

Result<OpenedBase> open_base(const std::filesystem::path& file,
                             const model::Description& description) {
    TRY_ASSIGN(auto reader, bundle::BundleReader::open(file));
    TRY_ASSIGN(const auto text, reader.read_description());
    model::Problems problems;
    const auto base = model::parse_description(text, file.string(), problems);
    if (!problems.empty()) return model::fail(model::to_error(problems));
    TRY(check_base(file, base, description));
    TRY_ASSIGN(const auto index, reader.read_store_index());
    if (!index || reader.manifest().store() == nullptr)
        return model::fail(ErrorCode::usage,
                           "--delta-from " + file.string() +
                               ": its images are not in a store; make a bundle of it that has one "
                               "with 'update-agent bundle convert --images=store'");
    TRY_ASSIGN(const auto store, model::parse_image_store(*index, file.string()));
    TRY_ASSIGN(const auto content, reader.find_store());
    if (store.hash_offset > content.size)
        return model::fail(ErrorCode::invalid,
                           file.string() + ": store.json is not about its store");
    bundle::DeltaOrigin origin{reader.manifest().store()->digest, base.version};
    return OpenedBase{std::move(reader), {std::move(origin), content, store.hash_offset}};
}

Result<CreatedDelta> create_delta(const Context& context, const OpenedBase& opened,
                                  const std::filesystem::path& whole) {
    CreatedDelta created;
    created.from = opened.base.origin.version;
    created.file = delta_name(whole, created.from);
    context.progress.step("writing " + created.file.string());
    TRY(bundle::write_delta(opened.base, whole, created.file, [&context]() -> Result<> {
        if (context.cancelled()) return model::fail(ErrorCode::busy, "cancelled");
        return {};
    }));
    std::error_code error;
    created.size = std::filesystem::file_size(created.file, error);
    return created;
}

}  // namespace agent::operations
