// SPDX-License-Identifier: GPL-3.0-or-later
// Files that come and go with the bundles that provide them.
#include "agent/operations/copied_files.hpp"
#include "tests/unit/operations/data_cases.hpp"
#include "tests/unit/operations/journal_cases.hpp"

using namespace test;

namespace {

namespace fs = std::filesystem;

struct ChartScene : Scene {
    ChartScene() {
        engine.image_files = file_bundles().image;
        have({file_bundles().chart});
    }
};

fs::path in_maps(const Scene& scene, const std::string& name) {
    return scene.root() / "opt/data/chart" / name;
}

Result<operations::Outcome> roll_back(Scene& scene) {
    return operations::change(
        scene.context(),
        {.operation = "rollback", .install = {}, .remove = {}, .restore = operations::Restore{}});
}

/// Whether it was stopped for the operation, although nothing came of that.
void refuse(Scene& scene, const std::vector<fs::path>& files, ErrorCode code,
            const std::string& text) {
    const auto before = scene.snapshot();
    const auto result = scene.install(files);
    REQUIRE_FALSE(result);
    INFO(result.error().text());
    CHECK(result.error().code() == code);
    CHECK(has(result.error().text(), text));
    INFO(difference(before, scene.snapshot()));
    CHECK(before == scene.snapshot());
    CHECK(scene.engine.mounted.empty());
}

}  // namespace

TEST_CASE("Files are there before the containers are, and no image stays mounted") {
    const ChartScene scene;
    CHECK(read_text(in_maps(scene, "of/north")) == "north");
    CHECK(read_text(in_maps(scene, "of/deep/south")) == "south");
    CHECK(scene.active("plotter.service"));
    CHECK(scene.engine.mounted.empty());
    // Once, to look whether all of them can be copied, and to copy them.
    CHECK(scene.engine.mounts == 1);
}

TEST_CASE("An update takes the former files away, a rollback brings them back") {
    ChartScene scene;
    write_text(in_maps(scene, "mine"), "mine");
    scene.have({file_bundles().newer});
    CHECK(read_text(in_maps(scene, "of/north")) == "north, anew");
    CHECK_FALSE(fs::exists(in_maps(scene, "of/deep")));
    CHECK(read_text(in_maps(scene, "mine")) == "mine");
    must(roll_back(scene));
    CHECK(read_text(in_maps(scene, "of/north")) == "north");
    CHECK(read_text(in_maps(scene, "of/deep/south")) == "south");
    must(scene.remove({"chart"}));
    CHECK_FALSE(fs::exists(in_maps(scene, "of")));
    CHECK(read_text(in_maps(scene, "mine")) == "mine");
}

TEST_CASE("What another change leaves alone is removed as exactly as before") {
    ChartScene scene;
    scene.have({bundles().base});
    scene.have({bundles().clock});
    must(scene.remove({"chart"}));
    CHECK(fs::is_empty(in_maps(scene, "")));
}

TEST_CASE("A file that was changed since stays, which is said") {
    ChartScene scene;
    write_text(in_maps(scene, "of/north"), "my own");
    must(scene.remove({"chart"}));
    CHECK(read_text(in_maps(scene, "of/north")) == "my own");
    CHECK_FALSE(fs::exists(in_maps(scene, "of/deep")));
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings.front(), "/opt/data/chart/of/north stays: it was changed"));
}

TEST_CASE("What cannot be copied stops nothing") {
    ChartScene scene;
    write_text(in_maps(scene, "of/north"), "my own");
    refuse(scene, {file_bundles().newer}, ErrorCode::conflict,
           "/opt/data/chart/of/north is there already");
    write_text(in_maps(scene, "of/north"), "north");
    const TemporaryDirectory empty;
    scene.engine.image_files = empty.path();
    refuse(scene, {file_bundles().newer}, ErrorCode::invalid, "the image has no /next");
    scene.engine.image_files = file_bundles().image;
    scene.have({file_bundles().newer});
}

TEST_CASE("A set that does not become healthy leaves no files behind") {
    ChartScene scene;
    const auto plan = must(scene.install({file_bundles().newer}, true)).plan;
    for (const auto& [name, spec] : plan.specs)
        scene.services.never_ready_containers = {spec.container.podman_name};
    const auto result = scene.install({file_bundles().newer});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    CHECK(read_text(in_maps(scene, "of/north")) == "north");
    CHECK(read_text(in_maps(scene, "of/deep/south")) == "south");
    must(scene.remove({"chart"}));
    CHECK(fs::is_empty(in_maps(scene, "")));
}

TEST_CASE("Below another root no files are copied or removed") {
    Scene fresh;
    const auto installed = operations::change(
        fresh.context(true),
        {.operation = "install", .install = {file_bundles().chart}, .remove = {}});
    REQUIRE_FALSE(installed);
    CHECK(installed.error().code() == ErrorCode::conflict);
    ChartScene scene;
    const auto before = scene.snapshot();
    operations::ChangeRequest request{.operation = "remove", .install = {}, .remove = {}};
    request.remove.push_back(model::BundleId::parse("chart").value());
    const auto removed = operations::change(scene.context(true), request);
    REQUIRE_FALSE(removed);
    CHECK(has(removed.error().text(), "not with --root"));
    CHECK(before == scene.snapshot());
}

TEST_CASE("The record goes with its generation, and a damaged one is told") {
    ChartScene scene;
    scene.configuration.keep_generations = 1;
    const auto first = scene.installed().generation;
    CHECK(fs::exists(scene.paths().generation_files(first)));
    scene.have({bundles().base});
    scene.have({bundles().clock});
    CHECK_FALSE(fs::exists(scene.paths().generation_files(first)));
    const auto current = scene.installed().generation;
    CHECK(must(operations::read_copied_files(scene.context(), current)).size() == 1);
    write_text(scene.paths().generation_files(current), "{}");
    const auto removed = scene.remove({"chart"});
    REQUIRE_FALSE(removed);
    CHECK(has(removed.error().text(), ".files is damaged"));
    CHECK(scene.active("plotter.service"));
}
