// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/config/configuration.hpp"

#include <cstdlib>
#include <fstream>

#include "tests/unit/catch.hpp"

using namespace std::chrono_literals;
using agent::config::Configuration;
using agent::config::ImageIntegrity;
using agent::config::kConfigurationFile;
using agent::config::load_configuration;
using agent::config::merge;
using agent::model::ErrorCode;
using agent::model::Problems;
using agent::model::to_string;
namespace fs = std::filesystem;

namespace {

/// A directory that stands for `/`, removed with everything in it.
class Root {
  public:
    Root() {
        std::string name = (fs::temp_directory_path() / "configuration-test-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Root() { fs::remove_all(path_); }
    Root(const Root&) = delete;
    Root& operator=(const Root&) = delete;

    [[nodiscard]] const fs::path& path() const { return path_; }
    [[nodiscard]] fs::path below(const std::string& name) const {
        return path_ / "etc/update-agent" / name;
    }

    void write(const std::string& name, const std::string& text) const {
        fs::create_directories(below(name).parent_path());
        std::ofstream(below(name)) << text;
    }

  private:
    fs::path path_;
};

}  // namespace

TEST_CASE("without a file, everything has its default") {
    const Root root;
    const auto configuration = load_configuration(root.path());
    REQUIRE(configuration);
    CHECK(*configuration == Configuration{});
    CHECK(configuration->machine.empty());
    CHECK(configuration->signed_bundles_only);
    CHECK(configuration->keep_generations == 3);
    CHECK(configuration->podman_timeout == 5min);
    CHECK(configuration->image_timeout == 30min);
    CHECK(configuration->systemd_timeout == 2min);
    CHECK(configuration->hook_timeout == 1min);
    CHECK(configuration->reserve == 67108864);
    CHECK(configuration->snapshot_limit == 1073741824);
    CHECK(configuration->volume_roots == std::vector<std::string>{"/opt/data"});
}

TEST_CASE("the file that is shipped changes nothing") {
    const auto shipped = load_configuration("/", fs::path(SOURCE_DIR) / "config/agent.toml");
    REQUIRE(shipped);
    CHECK(*shipped == Configuration{});
}

TEST_CASE("what the shipped file shows as defaults are the defaults") {
    std::ifstream file(fs::path(SOURCE_DIR) / "config/agent.toml");
    std::string text;
    for (std::string line; std::getline(file, line);) {
        const auto is_setting = line.starts_with('#') && !line.starts_with("# ") && line.size() > 1;
        // An empty name is written by leaving it out.
        if (is_setting && !line.starts_with("#machine")) text += line.substr(1) + '\n';
    }
    Configuration configuration;
    configuration.signed_bundles_only = false;
    configuration.keep_generations = 0;
    configuration.podman_timeout = configuration.image_timeout = 0s;
    configuration.systemd_timeout = 0s;
    configuration.reserve = 0;
    configuration.image_integrity = ImageIntegrity::hash;
    configuration.volume_roots.clear();
    Problems problems;
    merge(configuration, text, "agent.toml", problems);
    CHECK(problems.empty());
    CHECK(configuration == Configuration{});
}

TEST_CASE("every key is read") {
    const Root root;
    root.write("agent.toml",
               "machine = \"robot-a\"\n"
               "signed-bundles-only = false\n"
               "keep-generations = 7\n"
               "podman-timeout = \"90s\"\n"
               "image-timeout = \"1h\"\n"
               "systemd-timeout = \"10\"\n"
               "hook-timeout = \"20s\"\n"
               "reserve = \"1.5G\"\n"
               "snapshot-limit = \"2K\"\n"
               "image-integrity = \"verity\"\n"
               "volume-roots = [\"/srv/b\", \"/srv/a\"]\n");
    const auto configuration = load_configuration(root.path());
    REQUIRE(configuration);
    CHECK(*configuration == Configuration{"robot-a",
                                          false,
                                          7,
                                          90s,
                                          1h,
                                          10s,
                                          20s,
                                          3ULL << 29U,
                                          2048,
                                          ImageIntegrity::verity,
                                          {"/srv/b", "/srv/a"}});
}

TEST_CASE("integrity of images is one of three") {
    const std::vector<std::pair<std::string, ImageIntegrity>> cases = {
        {"auto", ImageIntegrity::automatic},
        {"verity", ImageIntegrity::verity},
        {"hash", ImageIntegrity::hash}};
    for (const auto& [text, expected] : cases) {
        Configuration configuration;
        Problems problems;
        merge(configuration, "image-integrity = \"" + text + "\"\n", "agent.toml", problems);
        CHECK(problems.empty());
        CHECK(configuration.image_integrity == expected);
    }
    Configuration configuration;
    Problems problems;
    merge(configuration, "image-integrity = \"none\"\n", "agent.toml", problems);
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().message == "is none of auto, verity, hash");
}

TEST_CASE("files of the directory are read in lexical order, and the later wins") {
    const Root root;
    root.write("agent.toml", "machine = \"first\"\nkeep-generations = 1\nreserve = \"1M\"\n");
    root.write("agent.toml.d/20-b.toml", "machine = \"third\"\n");
    root.write("agent.toml.d/10-a.toml", "machine = \"second\"\nkeep-generations = 2\n");
    root.write("agent.toml.d/30-c.conf", "machine = \"no\"\n");
    root.write("agent.toml.d/.40.toml", "machine = \"no\"\n");
    fs::create_directory(root.below("agent.toml.d/50.toml"));
    fs::create_symlink("/dev/null", root.below("agent.toml.d/60.toml"));
    const auto configuration = load_configuration(root.path());
    REQUIRE(configuration);
    CHECK(configuration->machine == "third");
    CHECK(configuration->keep_generations == 2);
    CHECK(configuration->reserve == 1048576);
}

TEST_CASE("files of the directory are read without the main file, too") {
    const Root root;
    root.write("agent.toml.d/a.toml", "machine = \"x\"\n");
    const auto configuration = load_configuration(root.path());
    REQUIRE(configuration);
    CHECK(configuration->machine == "x");
}

TEST_CASE("a file that is named is used as it is named") {
    const Root root;
    root.write("other.toml", "machine = \"other\"\n");
    root.write("other.toml.d/a.toml", "keep-generations = 9\n");
    const auto configuration = load_configuration("/nowhere", root.below("other.toml"));
    REQUIRE(configuration);
    CHECK(configuration->machine == "other");
    CHECK(configuration->keep_generations == 9);
}

TEST_CASE("a file that is named and not there is an error") {
    const Root root;
    const auto missing = load_configuration("/", root.below("missing.toml"));
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code() == ErrorCode::not_found);
    CHECK(missing.error().text().find("missing.toml") != std::string::npos);
}

TEST_CASE("problems of all files are told together, each with its place") {
    const Root root;
    root.write("agent.toml", "machine = \"\"\nkeep-generation = 2\n");
    root.write("agent.toml.d/a.toml", "reserve = \n");
    root.write("agent.toml.d/b.toml", "keep-generations = 0\n");
    const auto configuration = load_configuration(root.path());
    REQUIRE_FALSE(configuration);
    CHECK(configuration.error().code() == ErrorCode::invalid);
    const auto text = configuration.error().text();
    CHECK(text.find("agent.toml:1:1: machine: must not be empty") != std::string::npos);
    CHECK(text.find("agent.toml:2:1: keep-generation: unknown key (did you mean "
                    "\"keep-generations\"?)") != std::string::npos);
    CHECK(text.find("a.toml:1:") != std::string::npos);
    CHECK(text.find("b.toml:1:1: keep-generations: 0 is out of range") != std::string::npos);
}

TEST_CASE("a refused value leaves the one before it") {
    for (const std::string line :
         {"machine = 1", "machine = \"a\\nb\"", "signed-bundles-only = \"no\"",
          "keep-generations = \"3\"", "keep-generations = -1", "podman-timeout = \"infinity\"",
          "podman-timeout = \"0\"", "image-timeout = \"x\"", "systemd-timeout = 5",
          "hook-timeout = \"0\"", "reserve = \"many\"", "reserve = 5", "snapshot-limit = 5",
          "volume-roots = []", "volume-roots = \"/srv\"", "volume-roots = [\"srv\"]",
          "volume-roots = [\"/\"]", "volume-roots = [\"/a:b\"]", "unknown = 1"}) {
        INFO(line);
        Configuration configuration;
        Problems problems;
        merge(configuration, line, "f", problems);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].line == 1);
        CHECK(configuration == Configuration{});
    }
}

TEST_CASE("a file that cannot be read is an error with its name") {
    const Root root;
    fs::create_directories(root.below("agent.toml"));
    const auto configuration = load_configuration(root.path());
    REQUIRE_FALSE(configuration);
    CHECK(configuration.error().text().find("agent.toml") != std::string::npos);
}

TEST_CASE("a directory of files that is none is an error with its name") {
    const Root root;
    root.write("agent.toml.d", "machine = \"x\"\n");
    const auto configuration = load_configuration(root.path());
    REQUIRE_FALSE(configuration);
    CHECK(configuration.error().text().find("agent.toml.d") != std::string::npos);
}
