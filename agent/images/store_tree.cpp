// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/store_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "agent/crypto/sha256.hpp"
#include "agent/images/store_records.hpp"
#include "agent/store/atomic_file.hpp"
#include "agent/store/system_call.hpp"

namespace agent::images {

namespace {

using model::ErrorCode;
using model::fail;
using model::Result;
using model::Sha256;
namespace fs = std::filesystem;

using Names = std::set<std::string>;
using Layers = std::map<Sha256, std::vector<Sha256>>;

/// Only root looks into a store, as podman has it.
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

Result<> write_file(const fs::path& file, const std::string& text) {
    TRY_ASSIGN(const auto descriptor,
               store::open_path(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, kFileMode));
    return store::write_all(descriptor.get(), text, file);
}

Result<> keep_only(const fs::path& directory, const Names& names) {
    TRY_ASSIGN(const auto found, store::names_in(directory));
    for (const auto& name : found)
        if (names.count(name) == 0) TRY(store::remove_tree(directory / name));
    return {};
}

/// podman writes none where no image has a layer.
Result<std::string> read_layer_list(const fs::path& file) {
    auto list = store::read_file(file);
    if (list || list.error().code() != ErrorCode::not_found) return list;
    TRY(store::make_directories(file.parent_path()));
    return std::string("[]");
}

/// Whether a config of OCI says when its image was made; podman takes the time of day otherwise.
bool has_time(const std::string& config) {
    const auto parsed = nlohmann::json::parse(config, nullptr, false);
    const auto created = parsed.is_object() ? parsed.find("created") : parsed.end();
    return created != parsed.end() && created->is_string();
}

/// The config is that of the image's files whose digest is the image's id.
Result<bool> is_dated(const fs::path& directory, const Sha256& image) {
    TRY_ASSIGN(const auto names, store::names_in(directory));
    for (const auto& name : names) {
        TRY_ASSIGN(const auto text, store::read_file(directory / name));
        if (crypto::sha256(text) == image) return has_time(text);
    }
    return false;
}

Result<> write_lists(const fs::path& images, const fs::path& layers, const StoreRecords& records) {
    TRY(write_file(images / "images.json", records.images));
    TRY(write_file(layers / "layers.json", records.layers));
    // A read-only store cannot make its lock files, and podman wants them.
    TRY(write_file(images / "images.lock", {}));
    return write_file(layers / "layers.lock", {});
}

Result<> write_layer(const fs::path& overlay, const Sha256& layer,
                     const std::vector<Sha256>& below) {
    const auto directory = overlay / layer.hex();
    std::error_code error;
    if (!fs::is_directory(directory / "diff", error))
        return fail(ErrorCode::internal, "podman has not unpacked the layer " + layer.hex());
    std::string lower;
    for (const auto& each : below)
        lower += (lower.empty() ? "l/" : ":l/") + link_id(each);
    TRY(keep_only(directory, below.empty() ? Names{"diff"} : Names{"diff", "lower"}));
    TRY(write_file(directory / "link", link_id(layer)));
    if (!below.empty()) TRY(write_file(directory / "lower", lower));
    fs::create_symlink(fs::path("..") / layer.hex() / "diff", overlay / "l" / link_id(layer),
                       error);
    if (error) return fail(model::errno_error(error.value(), (overlay / "l").string()));
    return {};
}

Result<> write_layers(const fs::path& overlay, const Layers& layers) {
    Names names;
    for (const auto& [layer, below] : layers)
        names.insert(layer.hex());
    TRY(keep_only(overlay, names));
    TRY(store::make_directories(overlay / "l"));
    for (const auto& [layer, below] : layers)
        TRY(write_layer(overlay, layer, below));
    return {};
}

Result<> remove_rest(const fs::path& store, const std::map<Sha256, Names>& names,
                     const Layers& layers) {
    Names images{"images.json", "images.lock"};
    for (const auto& [image, image_names] : names)
        images.insert(image.hex());
    Names layer_files{"layers.json", "layers.lock"};
    for (const auto& [layer, below] : layers)
        layer_files.insert(layer.hex() + ".tar-split.gz");
    TRY(keep_only(store, {"overlay", "overlay-images", "overlay-layers"}));
    TRY(keep_only(store / "overlay-images", images));
    return keep_only(store / "overlay-layers", layer_files);
}

Result<struct stat> status_of(const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return fail(store::call_error("look at", path));
    return status;
}

Result<> forget_time(const fs::path& path) {
    constexpr std::array<timespec, 2> kBeginning{};
    if (::utimensat(AT_FDCWD, path.c_str(), kBeginning.data(), AT_SYMLINK_NOFOLLOW) != 0)
        return fail(store::call_error("set the time of", path));
    return {};
}

/// Of what no image has given its mode and time to.
Result<> fix_own(const fs::path& path) {
    TRY_ASSIGN(const auto status, status_of(path));
    const auto mode = S_ISDIR(status.st_mode) ? kDirectoryMode : kFileMode;
    if (!S_ISLNK(status.st_mode) && ::chmod(path.c_str(), mode) != 0)
        return fail(store::call_error("set the mode of", path));
    return forget_time(path);
}

Result<> fix_all(const fs::path& store) {
    // overlay/LAYER/diff
    constexpr int kDepthOfDiff = 2;
    TRY(fix_own(store));
    std::error_code error;
    for (fs::recursive_directory_iterator entry(store, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry.depth() == kDepthOfDiff && entry->path().filename() == "diff")
            entry.disable_recursion_pending();
        else
            TRY(fix_own(entry->path()));
    }
    if (error) return fail(model::errno_error(error.value(), "cannot read " + store.string()));
    return {};
}

}  // namespace

Result<> normalise(const fs::path& store, const std::map<Sha256, Names>& names) {
    const auto images = store / "overlay-images";
    const auto layers = store / "overlay-layers";
    TRY_ASSIGN(const auto image_list, store::read_file(images / "images.json"));
    TRY_ASSIGN(const auto layer_list, read_layer_list(layers / "layers.json"));
    std::set<Sha256> dated;
    for (const auto& [image, image_names] : names) {
        TRY_ASSIGN(const bool has_own, is_dated(images / image.hex(), image));
        if (has_own) dated.insert(image);
    }
    TRY_ASSIGN(const auto records, fixed_records(image_list, layer_list, names, dated));
    TRY(write_lists(images, layers, records));
    TRY(remove_rest(store, names, records.below));
    TRY(write_layers(store / "overlay", records.below));
    return fix_all(store);
}

}  // namespace agent::images
