// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/documents/documents.hpp"

#include <nlohmann/json.hpp>

#include "tests/unit/catch.hpp"

using namespace agent;
using nlohmann::json;

namespace {

model::InstalledBundle bundle(const std::string& id, const std::string& required = "") {
    model::InstalledBundle installed;
    auto& description = installed.description;
    description.id = model::BundleId::parse(id).value();
    description.version = model::Version::parse("1.2.3").value();
    description.name = "Name of " + id;
    if (!required.empty())
        description.requires_bundles.push_back(
            {model::BundleId::parse(required).value(), model::VersionRange::parse("^1").value()});
    installed.containers.push_back({.name = model::ContainerName::parse(id + "-main").value(),
                                    .podman_name = id + "-main-01234567",
                                    .spec = {},
                                    .image_id = {}});
    return installed;
}

}  // namespace

TEST_CASE("An installed bundle is described from the store alone") {
    model::InstalledSet set{.generation = 7, .bundles = {}};
    set.bundles.emplace(model::BundleId::parse("base").value(), bundle("base"));
    set.bundles.emplace(model::BundleId::parse("view").value(), bundle("view", "base"));
    const auto value = json::parse(documents::installed(set, set.bundles.begin()->second));
    CHECK(value["format"] == 1);
    CHECK(value["generation"] == 7);
    CHECK(value["bundle"]["id"] == "base");
    CHECK(value["bundle"]["version"] == "1.2.3");
    CHECK(value["bundle"]["anchor"] == nullptr);
    CHECK(value["bundle"]["required-by"] == json{"view"});
    REQUIRE(value["bundle"]["containers"].size() == 1);
    const auto& container = value["bundle"]["containers"][0];
    CHECK(container["name"] == "base-main");
    CHECK(container["podman-name"] == "base-main-01234567");
    CHECK(container["unit"] == "base-main.service");
    const auto other = json::parse(documents::installed(set, set.bundles.rbegin()->second));
    CHECK(other["bundle"]["requires"] == json{{{"id", "base"}, {"version", "^1"}}});
}

TEST_CASE("What is no UTF-8 is replaced") {
    CHECK(documents::print("\xff", -1) == "\"\xEF\xBF\xBD\"\n");
}
