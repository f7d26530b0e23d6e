// SPDX-License-Identifier: GPL-3.0-or-later
// Images that a registry has: pulled, judged, taken back, restored and collected.
#include <algorithm>

#include "agent/operations/create_bundle.hpp"
#include "agent/operations/inspect_bundle.hpp"
#include "agent/operations/startup.hpp"
#include "agent/operations/verify.hpp"
#include "agent/store/generations.hpp"
#include "tests/unit/crypto/pki.hpp"
#include "tests/unit/operations/registry_bundle.hpp"

using namespace test;

namespace {

long pulls(const Scene& scene) {
    const auto& calls = scene.faults.calls();
    return std::count(calls.begin(), calls.end(), "engine.pull");
}

bool has_image(const Scene& scene, char c) {
    return scene.engine.image_names.count(std::string(64, c)) != 0;
}

/// Whether anything of podman's store is found missing.
bool lacks_anything(const Scene& arranged) {
    Scene scene(arranged);
    using Kind = operations::Defect::Kind;
    return std::ranges::any_of(must(operations::verify(scene.context(), false)).defects,
                               [](const operations::Defect& defect) {
                                   return defect.kind == Kind::image ||
                                          defect.kind == Kind::container;
                               });
}

/// As an image store that was lost with its root.
void lose_store(Scene& scene) {
    scene.engine.image_names.clear();
    scene.engine.made.clear();
    scene.services.boot();
    scene.faults.forget_calls();
}

}  // namespace

TEST_CASE("Images of a registry are pulled, and are in the set like others") {
    Scene scene;
    fill_registry(scene);
    scene.have({remote_bundle()});
    CHECK(pulls(scene) == 2);
    CHECK(scene.active("remote.service"));
    const store::Generations generations(scene.paths());
    CHECK(must(generations.read_info(1)).brought_images ==
          std::set{remote_id('c'), remote_id('d')});
    // Podman gives nobody a name with a digest.
    CHECK_FALSE(std::ranges::count(scene.faults.calls(), "engine.tag"));
    CHECK_FALSE(lacks_anything(scene));
}

TEST_CASE("An image that is there is not pulled") {
    Scene scene;
    fill_registry(scene);
    scene.engine.image_names[std::string(64, 'c')] = {};
    scene.have({remote_bundle()});
    CHECK(pulls(scene) == 1);
    CHECK_FALSE(std::ranges::count(scene.faults.calls(), "engine.tag"));
}

TEST_CASE("A registry that does not answer is asked again, for a while") {
    Scene scene;
    fill_registry(scene);
    scene.initialise();
    scene.engine.unreachable = 2;
    const auto begin = scene.machine.since_boot;
    scene.have({remote_bundle()});
    CHECK(scene.progress.warnings.size() == 2);
    CHECK(pulls(scene) == 4);
    CHECK(scene.machine.since_boot - begin >= std::chrono::seconds(10));
}

TEST_CASE("What cannot be pulled, or is not what was signed, leaves the machine as it was") {
    struct Case {
        const char* what;
        std::function<void(Scene&)> arrange;
        ErrorCode code;
        std::string says;
        long pulls;
    };
    const std::vector<Case> cases = {
        {"a registry that never answers", [](Scene& scene) { scene.engine.unreachable = 99; },
         ErrorCode::unreachable, "connection refused", 3},
        {"one that stops answering",
         [](Scene& scene) {
             scene.progress.at_step = [&scene](const std::string& what) {
                 if (has(what, kOtherImage)) scene.engine.unreachable = 99;
             };
         },
         ErrorCode::unreachable, kOtherImage, 4},
        {"one that has no such image",
         [](Scene& scene) { scene.engine.registry.erase(kOtherImage); }, ErrorCode::not_found,
         "manifest unknown", 2},
        {"one that has another image under the digest",
         [](Scene& scene) { scene.engine.registry[kOtherImage] = remote_id('e'); },
         ErrorCode::invalid, "has the id eeee", 2},
        {"the same where somebody has that image already",
         [](Scene& scene) {
             scene.engine.registry[kOtherImage] = remote_id('e');
             scene.engine.image_names[std::string(64, 'e')] = {kOtherImage};
         },
         ErrorCode::invalid, "has the id eeee", 2},
        {"cancelled while it is waited for",
         [](Scene& scene) {
             scene.engine.unreachable = 99;
             scene.cancelled = [&scene] { return scene.engine.unreachable < 99; };
         },
         ErrorCode::busy, "cancelled", 1},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        Scene scene;
        fill_registry(scene);
        scene.have({bundles().base});
        each.arrange(scene);
        const auto before = scene.snapshot();
        const auto result = scene.install({remote_bundle()});
        REQUIRE_FALSE(result);
        INFO(result.error().text());
        CHECK(result.error().code() == each.code);
        CHECK(has(result.error().text(), each.says));
        CHECK(pulls(scene) == each.pulls);
        INFO(difference(before, scene.snapshot()));
        CHECK(before == scene.snapshot());
    }
}

TEST_CASE("A lost store is filled again from the registry, which is asked once where it is away") {
    Scene scene;
    fill_registry(scene);
    scene.have({bundles().base, remote_bundle()});
    lose_store(scene);
    scene.engine.unreachable = 99;
    must(operations::startup(scene.context()));
    // The base has its images in its kept bundle, and does not wait for a registry.
    CHECK(pulls(scene) == 1);
    CHECK(scene.engine.made.size() == 2);
    CHECK(std::ranges::count_if(scene.progress.warnings, [](const std::string& text) {
              return has(text, "connection refused");
          }) == 2);

    const auto found = must(operations::verify(scene.context(), false)).defects;
    CHECK(std::ranges::count_if(found, [](const operations::Defect& defect) {
              return defect.text.starts_with("is missing, and only its registry has it: ") &&
                     defect.repairable;
          }) == 2);
    scene.engine.unreachable = 0;
    static_cast<void>(must(operations::verify(scene.context(), true)));
    CHECK(has_image(scene, 'c'));
    CHECK(has_image(scene, 'd'));
    CHECK(scene.engine.made.size() == 4);
    CHECK_FALSE(lacks_anything(scene));
}

TEST_CASE("A registry that is away keeps nothing of another from being restored") {
    Scene scene;
    fill_registry(scene);
    const TemporaryDirectory directory;
    const auto here = patched(kOtherImage, "registry.example", "other.example");
    const auto text = patched(remote_description(), kOtherImage, here);
    const auto again = patched(kRemoteImage, "/team/", "/crew/");
    scene.engine.registry[here] = remote_id('d');
    scene.engine.registry[again] = remote_id('b');
    scene.have({make_bundle(directory.path() / "both.bundle",
                            patched(text, "[[containers]]\nname = \"other\"",
                                    "[[containers]]\nname = \"again\"\nimage = \"" + again +
                                        "\"\nimage-id = \"sha256:" + std::string(64, 'b') +
                                        "\"\n[[containers]]\nname = \"other\""))});
    lose_store(scene);
    scene.engine.away_registry = "registry.example";
    must(operations::startup(scene.context()));
    CHECK(pulls(scene) == 2);
    CHECK(has_image(scene, 'd'));
    CHECK_FALSE(has_image(scene, 'c'));
    CHECK_FALSE(has_image(scene, 'b'));
}

TEST_CASE("Pulled images go when no kept generation needs them") {
    Scene scene;
    fill_registry(scene);
    scene.configuration.keep_generations = 1;
    scene.have({bundles().base, remote_bundle()});
    must(scene.remove({"remote"}));
    CHECK_FALSE(has_image(scene, 'c'));
    CHECK_FALSE(has_image(scene, 'd'));
}

TEST_CASE("A bundle of images of a registry is made without images, and learns their ids") {
    Scene scene;
    fill_registry(scene);
    const TemporaryDirectory directory;
    const auto& pki = tests::shared_pki();
    write_text(directory.path() / "signer.key", pki.key("signer"));
    write_text(directory.path() / "signer.pem", pki.pem("signer"));
    write_text(directory.path() / "chain.pem", pki.pem("intermediate"));
    auto text = remote_description();
    text = patched(text, "image-id = \"sha256:" + std::string(64, 'c') + "\"\n", "");
    write_text(directory.path() / "bundle.toml", text);
    const operations::CreateBundleRequest request{.description = directory.path() / "bundle.toml",
                                                  .key = directory.path() / "signer.key",
                                                  .certificate = directory.path() / "signer.pem",
                                                  .chain = directory.path() / "chain.pem",
                                                  .layout = {},
                                                  .add = {},
                                                  .output = directory.path() / "out.bundle"};
    const auto created = must(operations::create_bundle(scene.context(), request));
    // The other one's id is in the description, and nobody has to be asked for it.
    CHECK(pulls(scene) == 1);
    CHECK(created.images == std::map<std::string, model::Sha256>{{kRemoteImage, remote_id('c')}});
    const auto inspected = must(operations::inspect_bundle(scene.context(), created.file));
    CHECK(inspected.members == 1);
    CHECK(inspected.description.containers[0].image_id == remote_id('c'));
    scene.have({created.file});

    scene.engine.unreachable = 1;
    const auto failed = operations::create_bundle(scene.context(), request);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code() == ErrorCode::unreachable);
}
