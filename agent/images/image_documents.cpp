// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/image_documents.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <system_error>

#include "agent/crypto/sha256.hpp"
#include "agent/images/store_links.hpp"
#include "agent/model/base64.hpp"
#include "agent/model/bounded_json.hpp"
#include "agent/model/text.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::images {

using model::Result;
using SortedJson = nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// The other names of manifests have their digest after this, so that it is not the whole item.
constexpr const char* kManifest = "manifest";
constexpr const char* kOtherManifest = "manifest-";

constexpr std::array<std::string_view, 2> kManifestTypes{
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json"};

std::string with_algorithm(const std::string& digest) {
    return "sha256:" + digest;
}

/// podman takes a key in capitals for the same key, which of them it believes is its secret.
bool has_other_spelling(const SortedJson& object, const std::string& key) {
    const auto other = [&](const auto& item) {
        return item.first != key && model::to_upper(item.first) == model::to_upper(key);
    };
    const auto& items = object.get_ref<const SortedJson::object_t&>();
    return std::any_of(items.begin(), items.end(), other);
}

/// Null where it is missing, or there in more than one spelling.
SortedJson member(const SortedJson& object, const std::string& key) {
    if (!object.is_object() || has_other_spelling(object, key)) return {};
    return object.value(key, SortedJson());
}

bool is_manifest_type(const SortedJson& type) {
    return type.is_null() || (type.is_string() &&
                              model::is_one_of(type.get_ref<const std::string&>(), kManifestTypes));
}

bool is_object(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const auto begin = text.find_first_not_of(kBlanks);
    return begin != std::string_view::npos && text[begin] == '{' && SortedJson::accept(text);
}

/// A document's text, if it is a JSON object that the library may read.
Result<std::string> read_object(const fs::path& file) {
    auto text = store::read_file(file, kMaxBigDataBytes);
    if (!text) return damaged(file, "cannot be read (" + text.error().text() + ")");
    if (model::nests_too_deep(*text)) return damaged(file, "nests too deeply");
    if (!is_object(*text)) return damaged(file, "is not a JSON object");
    return text;
}

Result<> check_config(const fs::path& file, const std::string& image) {
    TRY_ASSIGN(const auto text, read_object(file));
    const auto digest = crypto::sha256(text).hex();
    if (digest == image) return {};
    return damaged(file, "has the digest " + digest + ", which is not the image's id");
}

Result<> check_manifest(const fs::path& file, const std::string& image) {
    TRY_ASSIGN(const auto text, read_object(file));
    const auto manifest = SortedJson::parse(text);
    if (member(manifest, "schemaVersion") != 2)
        return damaged(file, "has no `schemaVersion` 2, so it is no manifest");
    if (has_other_spelling(manifest, "mediaType") ||
        !is_manifest_type(member(manifest, "mediaType")))
        return damaged(file, "has the `mediaType` of something else than an image's manifest");
    if (member(member(manifest, "config"), "digest") == with_algorithm(image)) return {};
    return damaged(file, "does not name the config " + with_algorithm(image));
}

Result<> check_file(const fs::path& file) {
    std::error_code error;
    if (fs::symlink_status(file, error).type() != fs::file_type::regular)
        return damaged(file, "is not a regular file");
    const auto size = fs::file_size(file, error);
    if (error) return damaged(file, "cannot be looked at (" + error.message() + ")");
    if (size > kMaxBigDataBytes)
        return damaged(file, "is larger than " + std::to_string(kMaxBigDataBytes) + " bytes");
    return {};
}

/// Whether the file's item begins with kOtherManifest, whose base 64 needs no padding.
bool is_other_manifest(const std::string& name) {
    return name.starts_with("=" + model::to_base64(kOtherManifest));
}

Result<> check_documents(const fs::path& directory, const std::vector<std::string>& names,
                         const std::string& image) {
    TRY(check_manifest(directory / kManifest, image));
    for (const auto& name : names)
        if (is_other_manifest(name)) TRY(check_manifest(directory / name, image));
    return check_config(directory / big_data_file(with_algorithm(image)), image);
}

}  // namespace

std::string big_data_file(const std::string& item) {
    const auto is_plain = [](char c) {
        return c == '.' || model::is_digit(c) || model::is_lower(c);
    };
    if (std::all_of(item.begin(), item.end(), is_plain)) return item;
    return "=" + model::to_base64(item);
}

Result<> check_image(const fs::path& directory, const ImageRecord& image) {
    std::error_code error;
    if (fs::symlink_status(directory, error).type() != fs::file_type::directory)
        return damaged(directory, "is not a directory");
    TRY_ASSIGN(const auto names, store::names_in(directory));
    for (const auto& name : names)
        TRY(check_file(directory / name));
    // What its size is summed up of.
    for (const auto& item : store::strings_of(image.json, "big-data-names"))
        if (const auto name = big_data_file(item);
            std::find(names.begin(), names.end(), name) == names.end())
            return damaged(directory / name, "is missing");
    return check_documents(directory, names, image.id);
}

}  // namespace agent::images
