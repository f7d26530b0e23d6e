// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "agent/images/merged_store.hpp"
#include "tests/fuzz/invariant.hpp"

using agent::images::MergedStore;
using agent::images::MountedStore;
using Json = nlohmann::json;

namespace {

/// Stores of three parts each, up to a NUL: images, layers, and lines of a name, a space, and where
/// the link leads.
std::vector<MountedStore> stores_in(const std::string& input) {
    std::vector<std::string> parts{""};
    for (const char c : input)
        if (c == '\0')
            parts.emplace_back();
        else
            parts.back() += c;
    std::vector<MountedStore> stores;
    for (std::size_t i = 0; i + 2 < parts.size(); i += 3) {
        MountedStore store{"/m/" + std::to_string(i), parts[i], parts[i + 1], {}};
        std::size_t begin = 0;
        while (begin < parts[i + 2].size()) {
            const auto end = std::min(parts[i + 2].find('\n', begin), parts[i + 2].size());
            const auto line = parts[i + 2].substr(begin, end - begin);
            const auto space = std::min(line.find(' '), line.size());
            store.links.emplace(line.substr(0, space),
                                line.substr(std::min(space + 1, line.size())));
            begin = end + 1;
        }
        stores.push_back(std::move(store));
    }
    return stores;
}

/// Its ids, each of which is there once.
std::set<std::string> ids_in(const std::string& index) {
    std::set<std::string> ids;
    for (const auto& record : Json::parse(index))
        fuzz::require(ids.insert(record.at("id")).second, "an id is there once");
    return ids;
}

void check_references(const std::string& index, const char* key, const std::set<std::string>& ids) {
    for (const auto& record : Json::parse(index)) {
        const auto found = record.find(key);
        if (found == record.end() || found->is_null() || *found == "") continue;
        fuzz::require(ids.count(*found) != 0, "a layer that is needed is there");
    }
}

void check(const MergedStore& store) {
    const auto layers = ids_in(store.layers);
    const auto images = ids_in(store.images);
    check_references(store.layers, "parent", layers);
    check_references(store.images, "layer", layers);
    std::set<std::string> names;
    for (const auto& record : Json::parse(store.images))
        for (const auto& name : record.value("names", Json::array()))
            fuzz::require(names.insert(name).second, "a name is there once");
    for (const auto& link : store.links) {
        fuzz::require(link.path.is_relative() && link.path.lexically_normal() == link.path &&
                          *link.path.begin() != "..",
                      "a link stays in the store");
        fuzz::require(
            link.path.parent_path() == "overlay/l" || link.target.string().rfind("/m/", 0) == 0,
            "a link leads to a store");
    }
    fuzz::require(store.links.size() >= 2 * layers.size() + images.size(), "all of it is linked");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto stores = stores_in(std::string(data, data + size));
    const auto store = merge(stores);
    if (!store) {
        fuzz::require(store.error().code() == agent::model::ErrorCode::invalid,
                      "a bad index is invalid input");
        fuzz::require(store.error().text().rfind("/m/", 0) == 0, "an error names the store");
        return 0;
    }
    check(*store);
    const auto again = merge(stores);
    fuzz::require(again && *again == *store, "the same stores make the same one");
    return 0;
}
