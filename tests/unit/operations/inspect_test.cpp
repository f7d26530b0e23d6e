// SPDX-License-Identifier: GPL-3.0-or-later
// Looking at bundle files and descriptions without installing them.
#include "agent/operations/inspect_bundle.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

TEST_CASE("A bundle that is trusted is shown with its signer") {
    Scene scene;
    const auto bundle = must(operations::inspect_bundle(scene.context(), bundles().view));
    CHECK(bundle.description.id.value() == "view");
    CHECK(bundle.is_signed);
    REQUIRE(bundle.signer);
    CHECK(has(bundle.signer->signer.subject, "CN=signer"));
    CHECK(bundle.signer->anchor_name == "vendor");
    CHECK(bundle.distrust.empty());
    CHECK(has(bundle.text, "id = \"view\""));
    CHECK(has(bundle.text, "image-id"));
    // Description, two files of the layout, three blobs.
    CHECK(bundle.members == 6);
    CHECK(bundle.size > 0);
}

TEST_CASE("A bundle that is not trusted is shown all the same, but does not verify") {
    const TemporaryDirectory directory;
    struct Case {
        const char* what;
        std::string signer;
        std::function<void(Scene&)> arrange;
        std::string says;
    };
    const std::vector<Case> cases = {
        {"no anchor", "signer",
         [](Scene& s) {
             std::filesystem::remove(s.root() / "etc/update-agent/trust.d/vendor.pem");
         },
         "trust anchor"},
        {"another id", "signer",
         [](Scene& s) {
             write_text(s.root() / "etc/update-agent/trust.d/vendor.toml", "ids = [\"other\"]\n");
         },
         "may not sign"},
        {"no signature", "", [](Scene&) {}, "not signed"},
        {"a damaged anchor", "signer",
         [](Scene& s) { write_text(s.root() / "etc/update-agent/trust.d/vendor.pem", "x"); },
         "vendor.pem"},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        Scene scene;
        each.arrange(scene);
        const auto file =
            make_bundle(directory.path() / "some.bundle", clock_description(), each.signer);
        const auto bundle = must(operations::inspect_bundle(scene.context(), file));
        CHECK(bundle.description.id.value() == "clock");
        CHECK_FALSE(bundle.signer);
        CHECK(bundle.is_signed == !each.signer.empty());
        INFO(bundle.distrust);
        CHECK(has(bundle.distrust, each.says));

        const auto verified = operations::verify_bundle(scene.context(), file);
        REQUIRE_FALSE(verified);
        CHECK(has(verified.error().text(), each.says));
    }
}

TEST_CASE("Inspecting reads the beginning, verifying every byte") {
    const TemporaryDirectory directory;
    const auto file = make_bundle(directory.path() / "some.bundle", clock_description());
    Scene scene;
    must(operations::verify_bundle(scene.context(), file));
    CHECK(scene.progress.last_bytes > 0);

    auto content = read_text(file);
    const auto layer = content.find("layer of localhost/ticker:1");
    REQUIRE(layer != std::string::npos);
    content[layer] = 'L';
    write_text(file, content);
    must(operations::inspect_bundle(scene.context(), file));
    const auto verified = operations::verify_bundle(scene.context(), file);
    REQUIRE_FALSE(verified);
    CHECK(verified.error().code() == ErrorCode::invalid);
}

TEST_CASE("A description is checked without its images") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "bundle.toml";
    Scene scene;
    write_text(file, clock_description());
    CHECK(must(operations::validate_description(scene.context(), file)).id.value() == "clock");
    CHECK(scene.progress.warnings.empty());

    write_text(file, "format = 1\nid = \"Clock\"\nversion = \"1\"\n");
    const auto invalid = operations::validate_description(scene.context(), file);
    REQUIRE_FALSE(invalid);
    CHECK(invalid.error().code() == ErrorCode::invalid);
    for (const auto* part : {":2:", "Clock", ":3:", "type"}) {
        INFO(invalid.error().text());
        CHECK(has(invalid.error().text(), part));
    }
}
