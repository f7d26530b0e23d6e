// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/store_links.hpp"

#include "agent/images/store_index.hpp"
#include "agent/model/text.hpp"

namespace agent::images {

tl::unexpected<model::Error> damaged(const std::filesystem::path& path, const std::string& what) {
    return model::fail(model::ErrorCode::invalid,
                       model::escaped(path.string()) + ": " + what +
                           ": this is no image store that update-agent has made, "
                           "create its bundle again");
}

std::string layer_of(std::string_view target) {
    constexpr std::string_view kBegin = "../";
    constexpr std::string_view kEnd = "/diff";
    if (!target.starts_with(kBegin) || !target.ends_with(kEnd)) return {};
    if (target.size() <= kBegin.size() + kEnd.size()) return {};
    const auto layer = target.substr(kBegin.size(), target.size() - kBegin.size() - kEnd.size());
    return is_id(layer) ? std::string(layer) : std::string();
}

model::Result<> check_link(const std::filesystem::path& where, const std::string& name,
                           const std::string& target) {
    // A name that begins with a slash would not come below `where`.
    const std::filesystem::path path = where / ("overlay/l/" + name);
    if (!is_link_id(name)) return damaged(path, "the name is not 26 characters of A-Z and 2-7");
    if (layer_of(target).empty()) return damaged(path, "leads to no layer");
    return {};
}

}  // namespace agent::images
