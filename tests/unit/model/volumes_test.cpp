// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/volumes.hpp"

#include "tests/unit/catch.hpp"

using namespace agent::model;

namespace {

const VolumeRoots kRoots{"/opt/data", "/srv"};

BundleId id(std::string_view text) {
    return BundleId::parse(text).value();
}

Description described(std::string_view bundle_id, const std::vector<std::string>& required = {}) {
    Description description;
    description.id = id(bundle_id);
    for (const auto& other : required)
        description.requires_bundles.push_back({id(other), VersionRange::parse("*").value()});
    return description;
}

Volume volume(const std::string& name, bool shared = false, const std::string& host_path = {}) {
    Volume volume;
    volume.name = name;
    volume.shared = shared;
    volume.host_path = host_path;
    return volume;
}

InstalledSet set_of(const std::vector<Description>& bundles) {
    InstalledSet set;
    for (const auto& bundle : bundles)
        set.bundles[bundle.id].description = bundle;
    return set;
}

}  // namespace

TEST_CASE("a volume lies where it says, or below the first root") {
    auto base = described("base");
    base.volumes = {volume("maps", true, "/srv/maps"), volume("logs")};
    const auto volumes = volumes_of(base, kRoots);
    REQUIRE(volumes.size() == 2);
    CHECK(volumes[0] == base.volumes[0]);
    CHECK(volumes[1].host_path == "/opt/data/base/logs");
}

TEST_CASE("a bundle group brings a volume that its group may write to") {
    auto addon = described("addon");
    CHECK(volumes_of(addon, kRoots).empty());
    CHECK(groups_of(addon).empty());
    addon.bundle_group = Group{"own", 2100};
    const auto volumes = volumes_of(addon, kRoots);
    REQUIRE(volumes.size() == 1);
    CHECK(volumes[0].name == "default");
    CHECK(volumes[0].host_path == "/opt/data/addon");
    CHECK_FALSE(volumes[0].shared);
    CHECK(volumes[0].read_only_groups.empty());
    CHECK(volumes[0].read_write_groups == std::vector<std::string>{"own"});
    CHECK(groups_of(addon) == std::vector<Group>{{"own", 2100}});
}

TEST_CASE("a name means a bundle's own, then what those that it requires define") {
    auto base = described("base");
    base.volumes = {volume("maps", true), volume("secret")};
    base.groups = {{"sensors", 2000}, {"both", 2001}};
    auto addon = described("addon", {"absent", "base"});
    addon.bundle_group = Group{"both", 2100};
    const auto above = described("above", {"addon"});
    const auto set = set_of({base, addon, above, described("stranger")});
    const auto path = [&](const Description& bundle, const std::string& name) {
        const auto found = find_volume(set, bundle, name, kRoots);
        return found ? found->host_path : "none";
    };
    CHECK(path(base, "secret") == "/opt/data/base/secret");
    CHECK(path(addon, "maps") == "/opt/data/base/maps");
    CHECK(path(addon, "default") == "/opt/data/addon");
    CHECK(path(addon, "secret") == "none");
    CHECK(path(base, "default") == "none");
    CHECK(path(above, "maps") == "none");
    CHECK(path(above, "default") == "none");
    CHECK(path(described("stranger"), "maps") == "none");
    CHECK(find_gid(set, base, "both") == 2001);
    CHECK(find_gid(set, addon, "both") == 2100);
    CHECK(find_gid(set, addon, "sensors") == 2000);
    CHECK(find_gid(set, above, "sensors") == std::nullopt);
    CHECK(find_gid(set, base, "unknown") == std::nullopt);
}

TEST_CASE("paths meet where one is the other or lies below it") {
    CHECK(overlap("/a/b", "/a/b"));
    CHECK(overlap("/a/b", "/a/b/c"));
    CHECK(overlap("/a/b/c", "/a/b"));
    CHECK_FALSE(overlap("/a/b", "/a/bc"));
    CHECK_FALSE(overlap("/a/bc", "/a/b"));
    CHECK(is_below("/a/b", "/a"));
    CHECK_FALSE(is_below("/a", "/a"));
    CHECK_FALSE(is_below("/ab", "/a"));
    CHECK_FALSE(is_below("/a", "/a/b"));
}
