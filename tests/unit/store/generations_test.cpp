// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/generations.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <random>

#include "tests/unit/store/example.hpp"

using namespace agent::store;
using agent::model::ErrorCode;
namespace fs = std::filesystem;

namespace {

struct World {
    test::TemporaryDirectory temporary;
    Paths paths{temporary.path()};
    Generations generations{paths};

    void write(unsigned number, const std::vector<std::string>& ids) const {
        test::must(generations.write(test::make_generation(paths, number, ids)));
    }
    [[nodiscard]] std::map<std::string, std::string> tree() const {
        return test::tree_of(temporary.path());
    }
};

}  // namespace

TEST_CASE("a machine that never saw a bundle has the empty set") {
    const World world;
    CHECK(test::must(world.generations.current()) == 0);
    CHECK(test::must(world.generations.list()).empty());
    CHECK(test::must(world.generations.installed()) == agent::model::InstalledSet{});
    CHECK(test::must(world.generations.read_info(0)).number == 0);
    CHECK(test::must(world.generations.read_units(0)).empty());
    CHECK(test::must(world.generations.read_containers(0)).empty());
    CHECK(test::must(world.generations.next_number()) == 1);
    CHECK(test::must(world.generations.read_state(0)) == GenerationState{});
    CHECK(world.tree().empty());
}

TEST_CASE("generation 0 is made with its link, once") {
    const World world;
    test::must(world.generations.ensure_initial());
    const auto tree = world.tree();
    CHECK(tree.at("opt/operation/systemd-units") == "-> update-agent/generations/0/units");
    CHECK(
        tree.at("opt/operation/update-agent/generations/0/units/installed-bundles.target.wants") ==
        "/");
    CHECK(tree.at("opt/operation/update-agent/bundles") == "/");
    test::must(world.generations.ensure_initial());
    CHECK(world.tree() == tree);
}

TEST_CASE("generation 0 does not take the place of an installed set") {
    const World world;
    world.write(1, {"base"});
    test::must(world.generations.switch_to(1));
    const auto tree = world.tree();
    test::must(world.generations.ensure_initial());
    CHECK(test::must(world.generations.current()) == 1);
    CHECK(world.tree() == tree);
}

TEST_CASE("a generation reads back as it was written") {
    const World world;
    const auto generation = test::make_generation(world.paths, 3, {"base", "addon", "third"});
    test::must(world.generations.write(generation));
    CHECK(test::must(world.generations.read_set(3)) == generation.set);
    CHECK(test::must(world.generations.read_info(3)) == generation.info);
    CHECK(test::must(world.generations.read_units(3)) == generation.units);
    CHECK(test::must(world.generations.read_containers(3)) == generation.containers);
    CHECK(test::must(world.generations.list()) == std::vector<unsigned>{3});
    CHECK(test::must(world.generations.next_number()) == 4);
    CHECK(test::must(world.generations.current()) == 0);
}

TEST_CASE("a generation on disk is what the documentation says") {
    const World world;
    auto generation = test::make_generation(world.paths, 1, {"base"});
    generation.has_devices = true;
    test::must(world.generations.write(generation));
    const auto tree = test::tree_of(world.paths.generations());
    std::vector<std::string> names;
    std::transform(tree.begin(), tree.end(), std::back_inserter(names),
                   [](const auto& entry) { return entry.first; });
    CHECK(names ==
          std::vector<std::string>{"1", "1/bundles", "1/bundles/base", "1/bundles/base/bundle.toml",
                                   "1/bundles/base/manifest", "1/bundles/base/manifest.sig",
                                   "1/containers", "1/containers/base-main", "1/generation.toml",
                                   "1/units", "1/units/base-main.service", "1/units/base.target",
                                   "1/units/has-devices", "1/units/installed-bundles.target.wants",
                                   "1/units/installed-bundles.target.wants/base.target"});
    CHECK(tree.at("1/units/installed-bundles.target.wants/base.target") == "-> ../base.target");
    CHECK(tree.at("1/units/has-devices").empty());
    CHECK(tree.at("1/bundles/base/manifest") == "the manifest of base\n");
    CHECK(tree.at("1/generation.toml") ==
          "format = 1\nnumber = 1\nparent = 0\nreason = \"install something\"\n"
          "time = \"2027-01-15T08:00:00Z\"\nsystemd-version = 252\n"
          "brought-images = []\n"
          "\n[[bundles]]\nid = \"base\"\nversion = \"1.0.0\"\ndigest = \"sha256:" +
              std::string(64, 'a') + "\"\nanchor = \"" + std::string(64, 'b') +
              "\"\n\n[[bundles.containers]]\nname = \"base-main\"\n"
              "podman-name = \"base-main-dddddddd\"\nspec = \"sha256:" +
              std::string(64, 'd') + "\"\nimage-id = \"sha256:" + std::string(64, 'c') + "\"\n");
    CHECK(test::must(world.generations.read_units(1)).count("has-devices") == 0);
    for (const auto& entry : fs::recursive_directory_iterator(world.paths.generation(1))) {
        if (entry.is_symlink()) continue;
        const auto mode = static_cast<unsigned>(entry.status().permissions());
        CHECK(mode == (entry.is_directory() ? 0755U : 0444U));
    }
}

TEST_CASE("an unsigned bundle has neither a signature nor an anchor") {
    const World world;
    auto generation = test::make_generation(world.paths, 1, {"base"});
    auto& bundle = generation.set.bundles.begin()->second;
    bundle.anchor.clear();
    fs::remove(world.paths.bundle(bundle.description.id, bundle.description.version) /
               "manifest.sig");
    test::must(world.generations.write(generation));
    CHECK(test::must(world.generations.read_set(1)) == generation.set);
    CHECK_FALSE(fs::exists(world.paths.generation(1) / "bundles/base/manifest.sig"));
}

TEST_CASE("hostile texts neither change the set nor the file's structure") {
    const World world;
    std::mt19937 random(1);
    const std::vector<std::string> pieces = {
        "\"", "\\",   "\n",   "\r", "\t", "'",       "'''", "\"\"\"", "#",  "[[bundles]]\n",
        "= ", "\x01", "\x7f", "é",  "𝄞",  "\\u0041", "%",   "$",      "../"};
    const auto text = [&] {
        std::string value;
        for (auto i = random() % 12; i > 0; --i)
            value += pieces[random() % pieces.size()];
        return value + std::string(random() % 2, '\0');
    };
    for (unsigned number = 1; number <= 100; ++number) {
        auto generation = test::make_generation(world.paths, number, {"base", "addon"});
        generation.info.reason = text();
        for (auto& [id, bundle] : generation.set.bundles) {
            bundle.anchor = text();
            if (random() % 2 == 0)
                bundle.store = agent::model::InstalledStore{
                    .root_hash = bundle.digest,
                    .hash_offset = (std::uint64_t{random()} << 12U) + 4096,
                    .verity = random() % 2 == 0};
            for (auto& container : bundle.containers)
                container.podman_name = text();
        }
        for (auto& [name, unit] : generation.units)
            unit = text();
        for (auto& [name, arguments] : generation.containers)
            arguments = text();
        test::must(world.generations.write(generation));
        CHECK(test::must(world.generations.read_set(number)) == generation.set);
        CHECK(test::must(world.generations.read_info(number)) == generation.info);
        CHECK(test::must(world.generations.read_units(number)) == generation.units);
        CHECK(test::must(world.generations.read_containers(number)) == generation.containers);
    }
}

TEST_CASE("names that leave the generation are refused and leave nothing") {
    const World world;
    test::must(world.generations.ensure_initial());
    for (const std::string name :
         {"", ".", "..", "../x.service", "a/b.service", "no-suffix", "has-devices"}) {
        INFO(name);
        auto unit = test::make_generation(world.paths, 1, {});
        unit.units[name] = "[Unit]\n";
        auto want = test::make_generation(world.paths, 1, {});
        want.wants.push_back(name);
        CHECK(world.generations.write(unit).error().code() == ErrorCode::internal);
        CHECK(world.generations.write(want).error().code() == ErrorCode::internal);
    }
    for (const std::string name : {"", "..", "../x", "a/b"}) {
        auto container = test::make_generation(world.paths, 1, {});
        container.containers[name] = "{}";
        CHECK(world.generations.write(container).error().code() == ErrorCode::internal);
    }
    CHECK(test::must(world.generations.list()) == std::vector<unsigned>{0});
    CHECK(test::tree_of(world.paths.generations()).count("1") == 0);
}

TEST_CASE("a set that its kept descriptions contradict is not written") {
    const World world;
    auto generation = test::make_generation(world.paths, 1, {"base"});
    generation.set.bundles.begin()->second.description.author = "somebody else";
    const auto written = world.generations.write(generation);
    REQUIRE_FALSE(written);
    CHECK(written.error().text() == "generation 1: it does not read back as it was written");
    CHECK(test::tree_of(world.paths.generations()).empty());
}

TEST_CASE("a bundle that is not kept is an error that names its file") {
    const World world;
    const auto generation = test::make_generation(world.paths, 1, {"base"});
    fs::remove_all(world.paths.bundles());
    const auto written = world.generations.write(generation);
    REQUIRE_FALSE(written);
    CHECK(written.error().text().find("bundles/base_1.0.0/manifest") != std::string::npos);
    CHECK(test::tree_of(world.paths.generations()).empty());
}

TEST_CASE("a generation is never written twice") {
    const World world;
    world.write(1, {"base"});
    const auto tree = world.tree();
    const auto again = world.generations.write(test::make_generation(world.paths, 1, {"base"}));
    REQUIRE_FALSE(again);
    CHECK(again.error().code() == ErrorCode::internal);
    CHECK(world.tree() == tree);
}

TEST_CASE("switching names the generation and nothing else changes") {
    const World world;
    world.write(1, {"base"});
    world.write(2, {"base", "addon"});
    for (const unsigned number : {1U, 2U, 1U, 0U, 2U, 2U}) {
        test::must(world.generations.switch_to(number));
        CHECK(test::must(world.generations.current()) == number);
        CHECK(fs::is_directory(world.paths.units_link() / "installed-bundles.target.wants"));
        CHECK(test::must(world.generations.installed()).bundles.size() == number);
    }
    CHECK(world.generations.switch_to(3).error().code() == ErrorCode::not_found);
    CHECK(test::must(world.generations.current()) == 2);
    CHECK(test::tree_of(world.paths.operation()).count("systemd-units") == 1);
}

TEST_CASE("a link that is not ours is an error and stays") {
    for (const std::string target :
         {"/etc/systemd/system", "update-agent/generations/1", "update-agent/generations/01/units",
          "update-agent/generations//units", "update-agent/generations/-1/units",
          "update-agent/generations/99999999999/units", "update-agent/generations/units",
          "../update-agent/generations/1/units", "update-agent/generations/1/units/"}) {
        INFO(target);
        const World world;
        world.write(1, {});
        fs::create_symlink(target, world.paths.units_link());
        const auto tree = world.tree();
        CHECK(world.generations.current().error().code() == ErrorCode::invalid);
        CHECK_FALSE(world.generations.installed());
        CHECK_FALSE(world.generations.switch_to(1));
        CHECK_FALSE(world.generations.ensure_initial());
        CHECK_FALSE(world.generations.remove(1));
        CHECK(world.tree() == tree);
    }
}

TEST_CASE("a directory where the link should be is an error and stays") {
    const World world;
    test::write_text(world.paths.units_link() / "mine.service", "[Unit]\n");
    const auto current = world.generations.current();
    REQUIRE_FALSE(current);
    CHECK(current.error().code() == ErrorCode::invalid);
    CHECK(current.error().text().find("move it away") != std::string::npos);
    CHECK_FALSE(world.generations.ensure_initial());
    CHECK(fs::exists(world.paths.units_link() / "mine.service"));
}

TEST_CASE("the current generation is known without reading it") {
    const World world;
    fs::create_directories(world.paths.operation());
    fs::create_symlink("update-agent/generations/7/units", world.paths.units_link());
    CHECK(test::must(world.generations.current()) == 7);
    CHECK(test::must(world.generations.next_number()) == 8);
    CHECK(world.generations.installed().error().code() == ErrorCode::not_found);
    CHECK(world.generations.read_info(7).error().code() == ErrorCode::not_found);
    CHECK(world.generations.read_units(7).error().code() == ErrorCode::not_found);
}

TEST_CASE("removing takes a generation with its state, but never the current one") {
    const World world;
    for (const unsigned number : {1U, 2U, 10U}) {
        world.write(number, {"base"});
        test::must(world.generations.write_state(number, {true, 0}));
    }
    test::must(world.generations.switch_to(2));
    CHECK(test::must(world.generations.list()) == std::vector<unsigned>{1, 2, 10});
    CHECK(world.generations.remove(2).error().code() == ErrorCode::internal);
    test::must(world.generations.remove(1));
    test::must(world.generations.remove(10));
    test::must(world.generations.remove(77));
    CHECK(test::must(world.generations.list()) == std::vector<unsigned>{2});
    CHECK(test::must(world.generations.installed()).bundles.size() == 1);
    const auto tree = test::tree_of(world.paths.generations());
    for (const auto* name : {"1", "10", "1.state", "10.state"})
        CHECK(tree.count(name) == 0);
    CHECK(tree.count("2.state") == 1);
}

TEST_CASE("leftovers go, wherever they lie, and nothing else") {
    const World world;
    world.write(1, {"base"});
    test::must(world.generations.switch_to(1));
    const auto tree = world.tree();
    test::write_text(world.paths.generations() / ".new-2-17/units/a.service", "");
    test::write_text(world.paths.generations() / ".gone-3-17/generation.toml", "");
    test::write_text(world.paths.generations() / ".new-17-0", "half a state");
    test::write_text(world.paths.bundles() / ".new-base_2.0.0/manifest", "");
    test::write_text(world.paths.state() / ".new-17-0", "");
    fs::create_symlink("update-agent/generations/2/units", world.paths.operation() / ".new-17-0");
    CHECK(test::must(world.generations.list()) == std::vector<unsigned>{1});
    test::must(world.generations.remove_leftovers());
    CHECK(world.tree() == tree);
}

TEST_CASE("the state of a generation is kept beside it") {
    const World world;
    world.write(1, {});
    for (const auto& state : {GenerationState{true, 0}, GenerationState{false, 3},
                              GenerationState{false, 4294967295U}}) {
        test::must(world.generations.write_state(1, state));
        CHECK(test::must(world.generations.read_state(1)) == state);
    }
    CHECK(test::read_text(world.paths.generation_state(1)) ==
          "format = 1\nconfirmed = false\nboots = 4294967295\n");
}

TEST_CASE("a new generation does not inherit the state of one that had its number") {
    const World world;
    world.write(1, {});
    test::must(world.generations.write_state(1, {false, 2}));
    fs::remove_all(world.paths.generation(1));
    world.write(1, {});
    CHECK(test::must(world.generations.read_state(1)) == GenerationState{});
}
