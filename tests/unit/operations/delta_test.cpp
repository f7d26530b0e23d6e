// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/image_store.hpp"
#include "agent/operations/change.hpp"
#include "agent/operations/create_delta.hpp"
#include "agent/operations/inspect_bundle.hpp"
#include "tests/unit/bundle/layouts.hpp"
#include "tests/unit/crypto/pki.hpp"
#include "tests/unit/operations/store_cases.hpp"

using namespace test;
using operations::create_bundle;
using operations::ImagesKind;

namespace {

std::filesystem::path kept_store(const Scene& scene, const std::string& bundle) {
    for (const auto& entry :
         std::filesystem::directory_iterator(scene.paths().bundles() / bundle / "images"))
        if (entry.path().extension() == ".sqfs") return entry.path();
    FAIL("no store is kept");
    return {};
}

/// Who makes bundles of the clock, with its old one.
struct Workshop {
    TemporaryDirectory directory;
    operations::CreateBundleRequest request;

    Workshop() {
        const auto& pki = tests::shared_pki();
        write_text(path("signer.key"), pki.key("signer"));
        write_text(path("signer.pem"), pki.pem("signer"));
        write_text(path("chain.pem"), pki.pem("intermediate"));
        tests::LayoutBuilder layout(path("layout"));
        layout.add(layout.put_image({layout.put_layer("ticker", "gzip")},
                                    tests::LayoutBuilder::ref("localhost/ticker:1")));
        request.layout = path("layout");
        describe(patched(clock_description(), "0.1.0", "0.2.0"));
        request.description = path("bundle.toml");
        request.key = path("signer.key");
        request.certificate = path("signer.pem");
        request.chain = path("chain.pem");
        request.output = path("out.bundle");
        request.images = ImagesKind::store;
        request.delta_from = store_bundles().clock;
    }
    [[nodiscard]] std::filesystem::path path(const std::string& name) const {
        return directory.path() / name;
    }
    void describe(const std::string& text) const { write_text(path("bundle.toml"), text); }
};

}  // namespace

TEST_CASE("A delta is installed where what it starts from is kept, and is the whole bundle then") {
    Scene scene;
    scene.have({store_bundles().base});
    scene.have({store_bundles().delta});
    const auto set = scene.installed();
    CHECK(set.bundles.begin()->second.digest ==
          must(agent::bundle::BundleReader::open(store_bundles().newer)).digest());
    CHECK(scene.active("bridge.service"));
    CHECK(std::filesystem::exists(scene.paths().bundles() / "base_1.1.0/images/checked"));
    must(operations::change(
        scene.context(),
        {.operation = "rollback", .install = {}, .remove = {}, .restore = operations::Restore{}}));
    CHECK(scene.installed().bundles.begin()->second.description.version.to_string() == "1.0.0");
}

TEST_CASE("A delta is refused where what it starts from is not kept, or another") {
    Scene scene;
    const auto refused = [&](const std::string& why) {
        const auto result = scene.install({store_bundles().delta});
        REQUIRE_FALSE(result.has_value());
        CHECK(result.error().code() == ErrorCode::conflict);
        CHECK(has(result.error().text(), why));
        CHECK(has(result.error().text(), "take the whole bundle"));
    };
    SECTION("nothing is") {
        scene.initialise();
        refused("is a delta from base 1.0.0, whose images are not kept here as a store");
    }
    SECTION("its images were unpacked") {
        scene.have({bundles().base});
        refused("whose images are not kept here as a store");
    }
    SECTION("another build is") {
        scene.have({store_bundles().base});
        const auto index = scene.paths().bundles() / "base_1.0.0/store.json";
        const auto store = must(model::parse_image_store(read_text(index), "store.json"));
        write_text(index, patched(read_text(index), store.digest.hex(), std::string(64, 'a')));
        refused("is a delta from another base 1.0.0 than the one that is kept here");
    }
    SECTION("but what is installed already wants nothing") {
        scene.have({store_bundles().newer});
        must(scene.install({store_bundles().delta}));
    }
}

TEST_CASE("Of a damaged store a delta makes nothing, and all stays as it was") {
    Scene scene;
    scene.have({store_bundles().base});
    const auto file = kept_store(scene, "base_1.0.0");
    auto text = read_text(file);
    text[10] ^= 1;
    write_text(file, text);
    const auto result = scene.install({store_bundles().delta});
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code() == ErrorCode::invalid);
    CHECK(has(result.error().text(), "install the whole bundle"));
    CHECK_FALSE(std::filesystem::exists(scene.paths().bundles() / "base_1.1.0"));
    CHECK(scene.installed().bundles.begin()->second.description.version.to_string() == "1.0.0");
}

TEST_CASE("A delta file is made beside the bundle, and both are one bundle") {
    Scene scene;
    const Workshop workshop;
    const auto made = must(create_bundle(scene.context(), workshop.request));
    REQUIRE(made.delta);
    CHECK(made.delta->file == workshop.path("out-from-0.1.0.bundle"));
    CHECK(made.delta->from.to_string() == "0.1.0");
    CHECK(made.delta->size == std::filesystem::file_size(made.delta->file));
    const auto whole = must(operations::verify_bundle(scene.context(), made.file));
    const auto delta = must(operations::verify_bundle(scene.context(), made.delta->file));
    CHECK(delta.digest == whole.digest);
    CHECK(delta.delta->version.to_string() == "0.1.0");
    CHECK_FALSE(whole.delta);
    CHECK(has(scene.progress.warnings.back(), "is a delta"));
}

TEST_CASE("What no delta can be made of is refused before anything is made") {
    Scene scene;
    Workshop workshop;
    std::string why;
    SECTION("an unpacked bundle") {
        workshop.request.delta_from = bundles().clock;
        why = "its images are not in a store";
    }
    SECTION("of another id") {
        workshop.request.delta_from = store_bundles().base;
        why = "is base, and a delta is from a version of clock";
    }
    SECTION("of the same version") {
        workshop.describe(clock_description());
        why = "is the same version, 0.1.0";
    }
    SECTION("a bundle that is to be unpacked") {
        workshop.request.images = ImagesKind::oci;
        why = "give --images=store too";
    }
    const auto refused = create_bundle(scene.context(), workshop.request);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::usage);
    CHECK(has(refused.error().text(), why));
    CHECK(scene.faults.calls().empty());
}
