// SPDX-License-Identifier: GPL-3.0-or-later
// Files that were damaged, or written by a newer agent.
#include "agent/store/generations.hpp"
#include "tests/unit/store/example.hpp"

using namespace agent::store;
using agent::model::ErrorCode;
namespace fs = std::filesystem;

namespace {

/// A current generation 1 with one bundle, whose files a test spoils.
struct World {
    test::TemporaryDirectory temporary;
    Paths paths{temporary.path()};
    Generations generations{paths};
    fs::path file = paths.generation(1) / "generation.toml";
    fs::path description = paths.generation(1) / "bundles/base/bundle.toml";
    fs::path state = paths.generation_state(1);

    World() {
        test::must(generations.write(test::make_generation(paths, 1, {"base"})));
        test::must(generations.switch_to(1));
        test::must(generations.write_state(1, {true, 0}));
    }
};

void replace_in(const fs::path& file, const std::string& from, const std::string& to) {
    std::string text = test::read_text(file);
    const auto position = text.find(from);
    REQUIRE(position != std::string::npos);
    text.replace(position, from.size(), to);
    test::write_text(file, text);
}

struct Damage {
    const char* from;
    const char* to;
    /// In the text of the error.
    const char* says;
};

}  // namespace

TEST_CASE("a damaged generation.toml is refused, and the text says where") {
    const std::vector<Damage> table = {
        {"format = 1", "", "`format` is missing"},
        {"format = 1", "format = 0", "format"},
        {"format = 1", "format = \"1\"", "format"},
        {"number = 1", "number = 2", "generation 2"},
        {"number = 1", "number = -1", "number"},
        {"number = 1", "number = 4294967296", "number"},
        {"parent = 0", "", "`parent` is missing"},
        {"time = \"2027", "time = \"20x7", "time"},
        {"reason = ", "raison = ", "raison"},
        {"systemd-version = 252", "systemd-version = 252.5", "systemd-version"},
        {"id = \"base\"", "id = \"BASE\"", "bundles[0].id"},
        {"id = \"base\"", "id = \"../base\"", "bundles[0].id"},
        {"id = \"base\"", "", "`id` is missing"},
        {"version = \"1.0.0\"", "version = \"1\"", "bundles[0].version"},
        {"version = \"1.0.0\"", "version = \"1.0.1\"", "bundle.toml"},
        {"digest = \"sha256:aa", "digest = \"sha256:a", "bundles[0].digest"},
        {"spec = \"sha256:dd", "spec = \"sha256:dg", "bundles[0].containers[0].spec"},
        {"[[bundles.containers]]", "[[bundles.contain]]", "contain"},
        {"podman-name", "podman_name", "podman_name"},
        {"\n[[bundles]]", "\n[[bundles", "generation.toml:"},
    };
    for (const auto& damage : table) {
        INFO(damage.from << " -> " << damage.to);
        const World world;
        replace_in(world.file, damage.from, damage.to);
        const auto installed = world.generations.installed();
        REQUIRE_FALSE(installed);
        CHECK(installed.error().code() == ErrorCode::invalid);
        INFO(installed.error().text());
        CHECK(installed.error().text().find(world.file.parent_path().string()) !=
              std::string::npos);
        CHECK(installed.error().text().find(damage.says) != std::string::npos);
        CHECK(test::must(world.generations.current()) == 1);
        CHECK(test::must(world.generations.read_units(1)).size() == 2);
    }
}

TEST_CASE("a generation.toml that was cut anywhere is no smaller set") {
    const World world;
    const std::string whole = test::read_text(world.file);
    const auto set = test::must(world.generations.read_set(1));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        test::write_text(world.file, whole.substr(0, size));
        const auto read = world.generations.read_set(1);
        // Between two tables a cut text is a whole one; the bundle's own table is what is missing.
        if (read)
            CHECK((*read == set || read->bundles.empty() ||
                   read->bundles.begin()->second.containers.empty()));
    }
}

TEST_CASE("a bundle that is there twice is damage") {
    const World world;
    const std::string text = test::read_text(world.file);
    test::write_text(world.file, text + text.substr(text.find("[[bundles]]")));
    const auto installed = world.generations.installed();
    REQUIRE_FALSE(installed);
    CHECK(installed.error().text().find("is there twice") != std::string::npos);
}

TEST_CASE("a damaged or missing description is refused") {
    const World world;
    replace_in(world.description, "id = \"base\"", "id = \"other\"");
    CHECK(world.generations.installed().error().code() == ErrorCode::invalid);
    test::write_text(world.description, "id = ");
    CHECK(world.generations.installed().error().code() == ErrorCode::invalid);
    fs::remove(world.description);
    const auto installed = world.generations.installed();
    REQUIRE_FALSE(installed);
    CHECK(installed.error().text().find(world.description.string()) != std::string::npos);
}

TEST_CASE("a newer format is refused for changes, and boots") {
    const World world;
    SECTION("of the generation") {
        replace_in(world.file, "format = 1", "format = 2\nnew-key = true");
    }
    SECTION("of a description") {
        replace_in(world.description, "format = 1", "format = 2\nnew-key = true");
    }
    const auto installed = world.generations.installed();
    REQUIRE_FALSE(installed);
    CHECK(installed.error().code() == ErrorCode::conflict);
    CHECK(installed.error().text().find("written by a newer update-agent") != std::string::npos);
    CHECK(test::must(world.generations.current()) == 1);
    CHECK(test::must(world.generations.read_units(1)).size() == 2);
    CHECK(test::must(world.generations.read_containers(1)).size() == 1);
    CHECK(test::must(world.generations.next_number()) == 2);
}

TEST_CASE("a damaged state is an error, a newer one is told") {
    const World world;
    for (const std::string text :
         {"", "format = 1\n", "confirmed = true\n", "\xFF", "format = 1\nconfirmed = 1\n",
          "format = 1\nconfirmed = true\nboots = -1\n",
          "format = 1\nconfirmed = true\nboots = 0\nmore = 1\n"}) {
        INFO(text);
        test::write_text(world.state, text);
        CHECK(world.generations.read_state(1).error().code() == ErrorCode::invalid);
    }
    test::write_text(world.state, "format = 2\nconfirmed = \"by hand\"\n");
    CHECK(world.generations.read_state(1).error().code() == ErrorCode::conflict);
    CHECK(test::must(world.generations.installed()).bundles.size() == 1);
}
