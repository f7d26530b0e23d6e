// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/images.hpp"

namespace agent::model {

namespace {

template <typename Users>
void add(const Users& users, const std::string& list, std::vector<NeededImage>& images) {
    for (std::size_t i = 0; i < users.size(); ++i)
        images.push_back({.name = users[i].image,
                          .id = users[i].image_id,
                          .key = list + "[" + std::to_string(i) + "]"});
}

}  // namespace

std::vector<NeededImage> images_of(const Description& description) {
    std::vector<NeededImage> images;
    add(description.containers, "containers", images);
    add(description.init_containers, "init-containers", images);
    add(description.file_providers, "file-providers", images);
    return images;
}

}  // namespace agent::model
