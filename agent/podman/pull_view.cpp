// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/pull_view.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

namespace agent::podman {

namespace {

using model::ErrorCode;
using model::Result;
using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kRefName = "org.opencontainers.image.ref.name";

std::string ref_of(const Json& manifest) {
    const auto annotations = manifest.find("annotations");
    if (annotations == manifest.end() || !annotations->is_object()) return {};
    return annotations->value(kRefName, std::string());
}

/// The text of an index with the one image, without its annotations.
Result<std::string> one_image_index(const fs::path& layout, const std::string& ref) {
    const auto file = layout / "index.json";
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return model::fail(ErrorCode::invalid, file.string() + " cannot be read");
    try {
        Json index = Json::parse(stream);
        std::vector<Json> found;
        for (const auto& manifest : index.at("manifests"))
            if (ref.empty() || ref_of(manifest) == ref) found.push_back(manifest);
        if (found.size() != 1)
            return model::fail(ErrorCode::not_found,
                               layout.string() + " has " + std::to_string(found.size()) +
                                   " images" + (ref.empty() ? "" : " with the reference " + ref) +
                                   ", not one");
        found.front().erase("annotations");
        index["manifests"] = found;
        return index.dump();
    } catch (const Json::exception& exception) {
        return model::fail(ErrorCode::invalid, file.string() + ": " + exception.what());
    }
}

Result<> write_view(const fs::path& layout, const std::string& index, const fs::path& view) {
    std::error_code error;
    const auto target = fs::absolute(layout, error);
    fs::remove_all(view, error);
    if (!error) fs::create_directories(view, error);
    for (const char* name : {"oci-layout", "blobs"})
        if (!error) fs::create_symlink(target / name, view / name, error);
    if (error) return model::fail(model::errno_error(error.value(), view.string()));
    std::ofstream stream(view / "index.json", std::ios::binary);
    stream << index;
    stream.close();
    if (!stream) return model::fail(ErrorCode::internal, view.string() + " cannot be written");
    return {};
}

}  // namespace

Result<PullView> PullView::make(const fs::path& layout, const std::string& ref,
                                const fs::path& view) {
    TRY_ASSIGN(const std::string index, one_image_index(layout, ref));
    PullView made(view);
    TRY(write_view(layout, index, view));
    return made;
}

PullView::~PullView() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

std::string PullView::image_name() const {
    return "localhost" + path_.string() + ":latest";
}

}  // namespace agent::podman
