// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/listing.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent::podman {

namespace {

using host::ContainerInfo;
using host::ImageInfo;
using model::ErrorCode;
using model::Result;
using Json = nlohmann::json;

/// Go writes an empty map or list as null, or leaves it out.
template <typename T>
T optional_value(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? T() : found->get<T>();
}

ContainerInfo container_from(const Json& object) {
    const auto names = optional_value<std::vector<std::string>>(object, "Names");
    return {object.at("Id").get<std::string>(), names.empty() ? std::string() : names.front(),
            object.at("State").get<std::string>(), optional_value<std::string>(object, "ImageID"),
            optional_value<std::map<std::string, std::string>>(object, "Labels")};
}

/// Of an additional image store; podman leaves the key out where it is false.
bool is_read_only(const Json& object) {
    return optional_value<bool>(object, "ReadOnly") || optional_value<bool>(object, "readOnly");
}

Result<> add_image(const Json& object, std::vector<ImageInfo>& images) {
    if (is_read_only(object)) return {};
    TRY_ASSIGN(auto id, model::Sha256::parse(object.at("Id").get<std::string>()));
    auto known = std::find_if(images.begin(), images.end(),
                              [&id](const ImageInfo& image) { return image.id == id; });
    if (known == images.end()) known = images.insert(known, {id, {}});
    for (auto& name : optional_value<std::vector<std::string>>(object, "Names"))
        if (std::find(known->names.begin(), known->names.end(), name) == known->names.end())
            known->names.push_back(std::move(name));
    return {};
}

template <typename T, typename Add>
Result<std::vector<T>> parse_list(std::string_view text, const char* command, Add add) {
    std::vector<T> list;
    try {
        const Json json = Json::parse(text);
        // `null` is what Go makes of an empty list.
        if (!json.is_null() && !json.is_array())
            return model::fail(ErrorCode::internal, std::string(command) + " printed no list");
        for (const auto& object : json)
            TRY(add(object, list));
    } catch (const Json::exception& exception) {
        return model::fail(
            ErrorCode::internal,
            std::string(command) + " printed what cannot be understood: " + exception.what());
    }
    return list;
}

}  // namespace

Result<std::vector<ContainerInfo>> parse_containers(std::string_view json) {
    return parse_list<ContainerInfo>(json, "podman ps",
                                     [](const Json& object, auto& list) -> Result<> {
                                         list.push_back(container_from(object));
                                         return {};
                                     });
}

Result<std::vector<ImageInfo>> parse_images(std::string_view json) {
    return parse_list<ImageInfo>(json, "podman images", add_image);
}

std::vector<std::string> parse_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (end != 0) lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace agent::podman
