// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/images/merged_store.hpp"
#include "agent/images/store_records.hpp"

namespace test {

/// 64 times that digit.
inline std::string id(char digit) {
    std::string id(64, digit);
    return id;
}

/// The link id of the layer of that digit.
inline std::string link_id(char digit) {
    return agent::images::link_id(*agent::model::Sha256::parse(id(digit)));
}

/// `"key": "value"`, with more after it.
inline std::string member(const std::string& key, const std::string& value) {
    return "\"" + key + "\":\"" + value + "\"";
}

inline std::string list(const std::vector<std::string>& items) {
    std::string text;
    for (const auto& item : items)
        text += (text.empty() ? "" : ",") + item;
    return "[" + text + "]";
}

inline std::string names(const std::vector<std::string>& values) {
    std::vector<std::string> quoted;
    for (const auto& value : values)
        quoted.push_back("\"" + value + "\"");
    return "\"names\":" + list(quoted);
}

/// A record of overlay-layers/layers.json.
inline std::string layer(char digit, char parent = 0) {
    return "{" + member("id", id(digit)) + (parent == 0 ? "" : "," + member("parent", id(parent))) +
           ",\"diff-size\":7}";
}

/// A record of overlay-images/images.json.
inline std::string image(char digit, char top, const std::vector<std::string>& its_names = {}) {
    return "{" + member("id", id(digit)) + "," + names(its_names) + "," + member("layer", id(top)) +
           "," + member("metadata", "{}") + "}";
}

/// A store with links to these layers.
inline agent::images::MountedStore store_of(const std::string& where,
                                            const std::vector<std::string>& images,
                                            const std::vector<std::string>& layers,
                                            const std::string& digits) {
    agent::images::MountedStore store{where, list(images), list(layers), {}};
    for (const char digit : digits)
        store.links.emplace(test::link_id(digit), "../" + id(digit) + "/diff");
    return store;
}

}  // namespace test
