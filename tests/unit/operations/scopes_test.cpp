// SPDX-License-Identifier: GPL-3.0-or-later
// Scopes, from the files beside a description to the installed set.
#include "agent/bundle/writer.hpp"
#include "agent/operations/create_bundle.hpp"
#include "agent/operations/inspect_bundle.hpp"
#include "tests/unit/crypto/pki.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;

namespace {

const std::string kRootAllowed =
    R"({"properties": {"containers": {"items": {"properties": {"user": {"const": "root"}}}}}})";
const std::string kNoUserAllowed =
    R"({"properties": {"containers": {"items": {"properties": {"user": false}}}}})";

std::string scoped_base(const std::string& version = "1.0.0") {
    return patched(patched(base_description(), "os = ", "scope-definitions = [\"lift\"]\nos = "),
                   "1.0.0", version);
}

std::string scoped_view() {
    return patched(view_description(), "[[requires]]", "scope = \"lift\"\n[[requires]]") +
           "user = \"root\"\n";
}

/// Descriptions with schemas beside them, of which the agent itself makes bundles.
class Workshop {
  public:
    explicit Workshop(Scene& scene) : scene_(scene) {
        const auto& pki = tests::shared_pki();
        write_text(path("signer.key"), pki.key("signer"));
        write_text(path("signer.pem"), pki.pem("signer"));
        write_text(path("chain.pem"), pki.pem("intermediate"));
        scene.engine.gives = {"localhost/broker:1", "localhost/bridge:1", "localhost/panel:1"};
    }

    [[nodiscard]] std::filesystem::path path(const std::string& name) const {
        return directory_.path() / name;
    }

    Result<std::filesystem::path> create(const std::string& name, const std::string& text,
                                         const std::vector<std::string>& add = {}) {
        write_text(path(name + ".toml"), text);
        TRY_ASSIGN(const auto created,
                   operations::create_bundle(scene_.context(), {.description = path(name + ".toml"),
                                                                .key = path("signer.key"),
                                                                .certificate = path("signer.pem"),
                                                                .chain = path("chain.pem"),
                                                                .layout = {},
                                                                .add = add,
                                                                .output = path(name + ".bundle")}));
        return created.file;
    }

    std::filesystem::path base(const std::string& schema, const std::string& version = "1.0.0") {
        write_text(path("schemas/lift.json"), schema);
        return must(create("base-" + version, scoped_base(version)));
    }
    std::filesystem::path view() { return must(create("view", scoped_view())); }

  private:
    Scene& scene_;
    TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("An add-on runs as root where the scope of its base allows it") {
    for (const bool together : {true, false}) {
        Scene scene;
        Workshop workshop(scene);
        const auto base = workshop.base(kRootAllowed);
        if (together) {
            scene.have({workshop.view(), base});
        } else {
            scene.have({base});
            scene.have({workshop.view()});
        }
        CHECK(scene.active("panel.service"));
        const auto& id = *model::BundleId::parse("base");
        const auto kept = scene.paths().bundle(id, *model::Version::parse("1.0.0"));
        CHECK(read_text(kept / "schemas/lift.json") == kRootAllowed);
    }
}

TEST_CASE("What the scope does not allow is refused and changes nothing") {
    struct Case {
        const char* what;
        std::function<void(Scene&, Workshop&)> have;
        std::function<std::vector<std::filesystem::path>(Workshop&)> install;
        std::string says;
        ErrorCode code = ErrorCode::conflict;
    };
    const std::string not_allowed =
        "containers[0].user: is not allowed by the scope 'lift' of base ";
    const std::vector<Case> cases = {
        {"by an installed base",
         [](Scene& scene, Workshop& workshop) { scene.have({workshop.base(kNoUserAllowed)}); },
         [](Workshop& workshop) { return std::vector{workshop.view()}; }, not_allowed + "1.0.0"},
        {"by a base of the same request", [](Scene& /*scene*/, Workshop& /*workshop*/) {},
         [](Workshop& workshop) {
             return std::vector{workshop.view(), workshop.base(kNoUserAllowed)};
         },
         not_allowed + "1.0.0"},
        {"by an update of the base",
         [](Scene& scene, Workshop& workshop) {
             scene.have({workshop.base(kRootAllowed), workshop.view()});
         },
         [](Workshop& workshop) { return std::vector{workshop.base(kNoUserAllowed, "1.1.0")}; },
         not_allowed + "1.1.0"},
        {"by a base without scopes",
         [](Scene& scene, Workshop& /*workshop*/) { scene.have({bundles().base}); },
         [](Workshop& workshop) { return std::vector{workshop.view()}; },
         "base 1.0.0 defines no scope 'lift'"},
        {"by a base whose schema was damaged where it is kept",
         [](Scene& scene, Workshop& workshop) {
             scene.have({workshop.base(kRootAllowed)});
             write_text(scene.root() /
                            "opt/operation/update-agent/bundles/base_1.0.0/schemas/"
                            "lift.json",
                        "true");
         },
         [](Workshop& workshop) { return std::vector{workshop.view()}; },
         "lift.json: its content is not what the manifest lists", ErrorCode::invalid},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        Scene scene;
        Workshop workshop(scene);
        scene.initialise();
        each.have(scene, workshop);
        const auto files = each.install(workshop);
        const auto before = scene.snapshot();
        const auto result = scene.install(files);
        REQUIRE_FALSE(result);
        INFO(result.error().text());
        CHECK(result.error().code() == each.code);
        CHECK(has(result.error().text(), each.says));
        INFO(difference(before, scene.snapshot()));
        CHECK(before == scene.snapshot());
    }
}

TEST_CASE("A schema that cannot be used is refused when the bundle is made") {
    struct Case {
        std::string schema;
        std::string says;
        ErrorCode code;
    };
    const std::vector<Case> cases = {
        {"{", "no JSON Schema", ErrorCode::invalid},
        {R"({"$ref": "http://127.0.0.1/x"})", "never fetched", ErrorCode::invalid},
        {R"({"uniqueItems": true})", "#/uniqueItems", ErrorCode::invalid},
        {std::string(300000, ' '), "lift.json", ErrorCode::invalid},
        {"", "lift.json", ErrorCode::not_found},
    };
    for (const auto& each : cases) {
        Scene scene;
        Workshop workshop(scene);
        if (!each.schema.empty()) write_text(workshop.path("schemas/lift.json"), each.schema);
        const auto result = workshop.create("base", scoped_base());
        REQUIRE_FALSE(result);
        INFO(result.error().text());
        CHECK(result.error().code() == each.code);
        CHECK(has(result.error().text(), each.says));
        CHECK(has(result.error().text(), "the scope 'lift'"));
        CHECK_FALSE(std::filesystem::exists(workshop.path("base.bundle")));
    }
}

TEST_CASE("Of a missing schema and an invalid one, the invalid one counts") {
    for (const bool missing_first : {true, false}) {
        Scene scene;
        Workshop workshop(scene);
        write_text(workshop.path("schemas/lift.json"), "{");
        const auto* names = missing_first ? "[\"drive\", \"lift\"]" : "[\"lift\", \"drive\"]";
        const auto result = workshop.create("base", patched(scoped_base(), "[\"lift\"]", names));
        REQUIRE_FALSE(result);
        INFO(result.error().text());
        CHECK(result.error().code() == ErrorCode::invalid);
        for (const auto* scope : {"the scope 'lift'", "the scope 'drive'"})
            CHECK(has(result.error().text(), scope));
    }
}

TEST_CASE("A schema that lies elsewhere is given when the bundle is made") {
    Scene scene;
    Workshop workshop(scene);
    const auto elsewhere = workshop.path("any/name.json");
    write_text(elsewhere, kRootAllowed);
    const auto made =
        workshop.create("base", scoped_base(), {elsewhere.string() + ":schemas/lift.json"});
    scene.have({must(made), workshop.view()});
    // Of the description alone that is only worth a warning.
    must(operations::validate_description(scene.context(), workshop.path("base.toml")));
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings[0], "schemas/lift.json"));
}

TEST_CASE("A bundle without a schema that it should have is refused") {
    Scene scene;
    const TemporaryDirectory directory;
    // As another tool may have made it.
    const auto file = make_bundle(directory.path() / "base.bundle", scoped_base());
    const auto result = scene.install({file});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::invalid);
    CHECK(has(result.error().text(), "has no schemas/lift.json, which its description names"));
}
