// SPDX-License-Identifier: GPL-3.0-or-later
// Volumes over the life of the bundles that have them.
#include "agent/volumes/volume.hpp"

#include "agent/operations/recover.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/journal.hpp"
#include "tests/unit/operations/journal_cases.hpp"

using namespace test;
namespace volumes = agent::volumes;

namespace {

const std::string kGroups = R"([[groups]]
name = "readers"
gid = 2000
[[groups]]
name = "writers"
gid = 2001
)";
const std::string kVolumes = R"([[volumes]]
name = "maps"
shared = true
read-only-groups = ["readers"]
read-write-groups = ["writers"]
)";

std::string base_text(const std::string& volumes = kVolumes) {
    return patched(base_description(), "[[containers]]\nname = \"broker\"\n",
                   kGroups + volumes +
                       "[[containers]]\nname = \"broker\"\n"
                       "mounts = [{volume = \"maps\", target = \"/maps\"}]\n");
}

std::string view_text() {
    return patched(view_description(), "[[containers]]\nname = \"panel\"\n",
                   "[bundle-group]\nname = \"view\"\ngid = 2100\n"
                   "[[containers]]\nname = \"panel\"\ngroups = [\"view\", \"readers\"]\n"
                   "mounts = [{volume = \"maps\", target = \"/maps\", read-only = true},"
                   " {volume = \"default\", target = \"/own\"}]\n");
}

struct WithVolumes {
    TemporaryDirectory directory;
    std::filesystem::path base = make_bundle(directory.path() / "base.bundle", base_text());
    std::filesystem::path view = make_bundle(directory.path() / "view.bundle", view_text());
    /// Moves and closes what the base shares.
    std::filesystem::path newer = make_bundle(
        directory.path() / "newer.bundle",
        patched(patched(base_text(), "1.0.0", "1.1.0"), "read-only-groups = [\"readers\"]\n",
                "host-path = \"/opt/data/charts\"\n"));
};

const WithVolumes& with_volumes() {
    static const WithVolumes made;
    return made;
}

const std::string kMapsAcl =
    "user::rwx,group::---,group:2000:r-x,group:2001:rwx,mask::rwx,other::---";

std::string acl_of(const Scene& scene, const std::string& path) {
    const auto found = must(volumes::look(scene.root(), path));
    return found.missing == 0 ? found.access : "missing";
}

Result<operations::Outcome> purge(Scene& scene, const std::string& id) {
    operations::ChangeRequest request{.operation = "remove", .install = {}, .remove = {}};
    request.remove.push_back(model::BundleId::parse(id).value());
    request.purge = true;
    return operations::change(scene.context(), request);
}

}  // namespace

TEST_CASE("Volumes are made with their rights, and kept until they are purged") {
    Scene scene;
    scene.have({with_volumes().base, with_volumes().view});
    CHECK(acl_of(scene, "/opt/data/base/maps") == kMapsAcl);
    CHECK(acl_of(scene, "/opt/data/view") ==
          "user::rwx,group::---,group:2100:rwx,mask::rwx,other::---");
    write_text(scene.root() / "opt/data/base/maps/chart", "north");
    write_text(scene.root() / "opt/data/view/note", "mine");

    must(scene.remove({"view"}));
    CHECK(read_text(scene.root() / "opt/data/view/note") == "mine");
    scene.have({with_volumes().view});
    CHECK(read_text(scene.root() / "opt/data/view/note") == "mine");

    must(purge(scene, "view"));
    CHECK_FALSE(std::filesystem::exists(scene.root() / "opt/data/view"));
    CHECK(read_text(scene.root() / "opt/data/base/maps/chart") == "north");
    must(purge(scene, "base"));
    CHECK(read_text(scene.root() / "opt/data/base/maps/chart") == "north");
    CHECK(scene.progress.warnings.empty());
}

TEST_CASE("A rollback makes a purged volume again, empty") {
    Scene scene;
    scene.have({with_volumes().base, with_volumes().view});
    write_text(scene.root() / "opt/data/view/note", "mine");
    must(purge(scene, "view"));
    must(operations::change(
        scene.context(),
        {.operation = "rollback", .install = {}, .remove = {}, .restore = operations::Restore{}}));
    CHECK(std::filesystem::is_empty(scene.root() / "opt/data/view"));
}

TEST_CASE("A dry run makes and deletes nothing") {
    Scene scene;
    scene.initialise();
    must(scene.install({with_volumes().base}, true));
    CHECK_FALSE(std::filesystem::exists(scene.root() / "opt/data"));
}

TEST_CASE("An update moves a shared volume for those who mount it") {
    Scene scene;
    scene.have({with_volumes().base, with_volumes().view});
    const auto before = scene.installed();
    scene.have({with_volumes().newer});
    CHECK(acl_of(scene, "/opt/data/charts") ==
          "user::rwx,group::---,group:2001:rwx,mask::rwx,other::---");
    const auto panel = [](const model::InstalledSet& set) {
        return set.find(*model::BundleId::parse("view"))->containers[0].podman_name;
    };
    CHECK(panel(scene.installed()) != panel(before));
    CHECK(scene.engine.made.at(panel(scene.installed())).state == "running");
    CHECK(scene.active("panel.service"));

    must(operations::change(
        scene.context(),
        {.operation = "rollback", .install = {}, .remove = {}, .restore = operations::Restore{}}));
    CHECK(scene.installed().bundles == before.bundles);
    CHECK(scene.engine.made.at(panel(before)).state == "running");
}

TEST_CASE("What is taken back leaves volumes as they were") {
    Scene scene;
    scene.initialise();
    std::filesystem::create_directories(scene.root() / "opt/data/base/maps");
    const auto former = acl_of(scene, "/opt/data/base/maps");
    const auto before = scene.snapshot();
    scene.services.never_ready = {"panel.service"};
    const auto result = scene.install({with_volumes().base, with_volumes().view});
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::unhealthy);
    INFO(difference(before, scene.snapshot()));
    CHECK(before == scene.snapshot());
    CHECK(acl_of(scene, "/opt/data/base/maps") == former);
}

TEST_CASE("What lies where volumes are to be is told before anything changes, all of it") {
    for (const bool dry_run : {true, false}) {
        Scene scene;
        scene.initialise();
        std::filesystem::create_directories(scene.root() / "opt/data/base");
        std::filesystem::create_directory_symlink("/etc", scene.root() / "opt/data/base/maps");
        write_text(scene.root() / "opt/data/view", "a file");
        const auto before = scene.snapshot();
        const auto result = scene.install({with_volumes().base, with_volumes().view}, dry_run);
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::conflict);
        INFO(result.error().text());
        CHECK(has(result.error().text(), "base 1.0.0, volume maps: "));
        CHECK(has(result.error().text(), "opt/data/base/maps is a symbolic link"));
        CHECK(has(result.error().text(), "view 2.1.0, volume default: "));
        CHECK(has(result.error().text(), "opt/data/view is not a directory"));
        CHECK(before == scene.snapshot());
    }
}

TEST_CASE("Below another root volumes are made there") {
    Scene scene;
    must(operations::change(
        scene.context(true),
        {.operation = "install", .install = {with_volumes().base}, .remove = {}}));
    CHECK(acl_of(scene, "/opt/data/base/maps") == kMapsAcl);
}

TEST_CASE("Killed at any call, an installation leaves volumes as they were or as they shall be") {
    constexpr unsigned kEvery = 9;
    const auto install = [](Scene& scene) {
        return scene.install({with_volumes().base, with_volumes().view});
    };
    Scene arranged;
    arranged.initialise();
    for (unsigned n = 1;; n += kEvery) {
        INFO("killed at call " << n);
        Scene scene(arranged);
        bool ended = false;
        dying_at(scene, n, [&] { ended = install(scene).has_value(); });
        must(operations::recover(scene.context()));
        const bool installed = !scene.installed().bundles.empty();
        CHECK(std::filesystem::exists(scene.root() / "opt/data") == installed);
        if (installed) CHECK(acl_of(scene, "/opt/data/base/maps") == kMapsAcl);
        if (ended) break;
    }
}

TEST_CASE("Killed at any call, a purge deletes only what is removed") {
    constexpr unsigned kEvery = 9;
    Scene arranged;
    arranged.have({with_volumes().base, with_volumes().view});
    write_text(arranged.root() / "opt/data/view/note", "mine");
    for (unsigned n = 1;; n += kEvery) {
        INFO("killed at call " << n);
        Scene scene(arranged);
        bool ended = false;
        dying_at(scene, n, [&] { ended = purge(scene, "view").has_value(); });
        must(operations::recover(scene.context()));
        const bool removed = scene.installed().find(*model::BundleId::parse("view")) == nullptr;
        CHECK(std::filesystem::exists(scene.root() / "opt/data/view/note") == !removed);
        if (ended) break;
    }
}
