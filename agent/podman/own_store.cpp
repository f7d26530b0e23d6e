// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/own_store.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

namespace agent::podman {

using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

namespace {

using Json = nlohmann::json;

/// The records of an index; none where the file is not there, which is so before the first one.
Result<std::vector<Json>> read_index(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return std::vector<Json>();
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    auto json = Json::parse(text, nullptr, false);
    const bool records =
        json.is_array() &&
        std::all_of(json.begin(), json.end(), [](const auto& each) { return each.is_object(); });
    if (!records) return model::fail(ErrorCode::invalid, file.string() + ": is no list of records");
    return json.get<std::vector<Json>>();
}

/// podman keeps what shall not outlive a crash in a file of its own.
Result<std::vector<Json>> read_indexes(const fs::path& directory, const std::string& name) {
    TRY_ASSIGN(auto records, read_index(directory / (name + ".json")));
    TRY_ASSIGN(auto passing, read_index(directory / ("volatile-" + name + ".json")));
    std::move(passing.begin(), passing.end(), std::back_inserter(records));
    return records;
}

std::string text_of(const Json& record, const char* key) {
    const auto value = record.find(key);
    return value != record.end() && value->is_string() ? value->get<std::string>() : std::string();
}

std::vector<std::string> names_of(const Json& record) {
    std::vector<std::string> names;
    if (const auto list = record.find("names"); list != record.end() && list->is_array())
        for (const auto& name : *list)
            if (name.is_string()) names.push_back(name.get<std::string>());
    if (names.empty()) names.push_back(text_of(record, "id"));
    return names;
}

class Layers {
  public:
    Layers(const std::vector<Json>& records, const std::set<std::string>& foreign)
        : foreign_(foreign) {
        for (const auto& record : records)
            parents_.emplace(text_of(record, "id"), text_of(record, "parent"));
    }

    /// Whether the layer, or one below it, is nowhere but in the foreign ones.
    [[nodiscard]] bool leans_on_foreign(std::string layer) const {
        // A circle is no longer than there are layers.
        for (std::size_t step = 0; !layer.empty() && step <= parents_.size(); ++step) {
            const auto parent = parents_.find(layer);
            if (parent == parents_.end()) return foreign_.count(layer) != 0;
            layer = parent->second;
        }
        return false;
    }

  private:
    const std::set<std::string>& foreign_;
    std::map<std::string, std::string> parents_;
};

}  // namespace

Result<std::vector<std::string>> users_of_layers(const fs::path& graph_root,
                                                 const std::set<std::string>& layers,
                                                 const std::set<std::string>& ours) {
    TRY_ASSIGN(const auto records, read_indexes(graph_root / "overlay-layers", "layers"));
    TRY_ASSIGN(const auto images, read_indexes(graph_root / "overlay-images", "images"));
    TRY_ASSIGN(const auto containers,
               read_indexes(graph_root / "overlay-containers", "containers"));
    const Layers own(records, layers);
    std::vector<std::string> users;
    for (const auto& image : images)
        if (own.leans_on_foreign(text_of(image, "layer")))
            users.push_back("image " + names_of(image).front());
    for (const auto& container : containers) {
        const auto names = names_of(container);
        const bool is_ours = std::any_of(names.begin(), names.end(),
                                         [&](const auto& name) { return ours.count(name) != 0; });
        if (!is_ours && own.leans_on_foreign(text_of(container, "layer")))
            users.push_back("container " + names.front());
    }
    return users;
}

}  // namespace agent::podman
