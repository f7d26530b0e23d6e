// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/store_mount.hpp"

#include "tests/unit/catch.hpp"

using namespace agent::model;

TEST_CASE("an image store is mounted read-only, without devices and set-user-ID programs") {
    const auto hash = Sha256::parse(std::string(64, 'a')).value();
    CHECK(store_mount_options({.root_hash = hash, .hash_offset = 4096, .verity = false}, "/f") ==
          "ro,nodev,nosuid,loop");
    CHECK(store_mount_options(
              {.root_hash = hash, .hash_offset = 18446744073709551615U, .verity = true},
              "/d/f.sqfs") ==
          "ro,nodev,nosuid,verity.hashdevice=/d/f.sqfs,verity.hashoffset=18446744073709551615,"
          "verity.roothash=" +
              hash.hex());
}

TEST_CASE("a kept bundle is called by its id and its version without build metadata") {
    const auto id = BundleId::parse("mqtt-base").value();
    const std::pair<const char*, const char*> cases[] = {
        {"1.2.3", "mqtt-base_1.2.3"},
        {"1.0.0-rc.1+build.7", "mqtt-base_1.0.0-rc.1"},
        {"1.0.0+7", "mqtt-base_1.0.0"},
    };
    for (const auto& [version, name] : cases)
        CHECK(kept_bundle_name(id, Version::parse(version).value()) == name);
}

TEST_CASE("a store is mounted on a directory that is called by the bundle's digest") {
    const auto digest = agent::model::Sha256::parse("0123456789abcdef" + std::string(48, 'e'));
    CHECK(agent::model::store_mount_name(digest.value()) == "0123456789abcdef");
}
