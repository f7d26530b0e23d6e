// SPDX-License-Identifier: GPL-3.0-or-later
// From the words to the exit status and what is printed where, below another root.
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "agent/store/history.hpp"
#include "agent/store/lock.hpp"
#include "tests/unit/cli/running.hpp"

using namespace test;

namespace {

using Json = nlohmann::json;

/// Bundles and descriptions that are refused, each for another reason.
struct Refused {
    TemporaryDirectory directory;
    std::filesystem::path not_signed =
        make_bundle(directory.path() / "not-signed.bundle", clock_description(), "");
    std::filesystem::path no_bundle = text("no.bundle", "no bundle");
    std::filesystem::path invalid = text("invalid.toml", "format = 1\nid = \"Bad Id\"\n");

  private:
    [[nodiscard]] std::filesystem::path text(const std::string& name,
                                             const std::string& content) const {
        write_text(directory.path() / name, content);
        return directory.path() / name;
    }
};

}  // namespace

TEST_CASE("What a command has to say is on standard output, and nothing else") {
    Scene scene;
    struct Case {
        Words words;
        std::string says;
        const char* key;
    };
    const std::vector<Case> cases = {
        {{"install", bundles().base, bundles().view}, "installed  base 1.0.0", "installed"},
        {{"install", bundles().base}, "installed already", "unchanged"},
        {{"list"}, "base  1.0.0", "bundles"},
        {{"status"}, "broker", "confirmed"},
        {{"show", "view"}, "2.1.0", "bundle"},
        {{"bundle", "inspect", bundles().clock}, "clock", "signed"},
        {{"bundle", "verify", bundles().clock}, "CN=signer", "trusted"},
        {{"version", "compare", "1.0.0", "2.0.0"}, "lt\n", "order"},
        {{"history"}, "base 1.0.0", "operations"},
        {{"doctor"}, "trust anchors", "checks"},
        {{"verify"}, "generation 1 has all that it needs", "findings"},
        {{"verify", "--repair"}, "generation 1 has all that it needs", "left"},
        {{"remove", "--dry-run", "view"}, "would remove", "dry-run"},
    };
    for (const auto& each : cases) {
        INFO(each.words.front());
        const auto text = run(scene, each.words);
        INFO(text.out);
        CHECK(text.status == 0);
        CHECK(has(text.out, each.says));
        CHECK(text.err.empty());

        const auto json = run(scene, with(each.words, "--json"));
        CHECK(json.status == 0);
        CHECK(json.err.empty());
        const auto document = Json::parse(json.out);
        CHECK(document.at("format") == 1);
        CHECK(document.contains(each.key));
    }
}

TEST_CASE("An error has its code, one text, and with --json a document of both") {
    const Refused refused;
    struct Case {
        Words words;
        int status;
        std::string says;
    };
    const std::vector<Case> cases = {
        {{"version", "match", "nonsense", "1.0.0"}, 2, "nonsense"},
        {{"version", "compare", "1.0", "2.0.0"}, 2, "1.0"},
        {{"start", "base"}, 2, "--root"},
        {{"bundle", "validate", refused.invalid}, 3, "Bad Id"},
        {{"install", refused.no_bundle}, 3, "no.bundle: is not a bundle file"},
        {{"install", refused.not_signed}, 4, "not signed"},
        {{"bundle", "verify", refused.not_signed}, 4, "not signed"},
        {{"install", bundles().view}, 5, "requires base"},
        {{"install", "/nowhere/a.bundle"}, 6, "/nowhere/a.bundle"},
        {{"remove", "nothing"}, 6, "nothing"},
        {{"show", "nothing"}, 6, "update-agent list"},
        {{"logs", "nothing"}, 6, "nothing"},
    };
    for (const auto& each : cases) {
        INFO(each.words.front() << " " << each.words.back());
        Scene scene;
        scene.initialise();
        const auto before = scene.snapshot();
        const auto text = run(scene, each.words);
        INFO(text.err);
        CHECK(text.status == each.status);
        CHECK(text.out.empty());
        CHECK(text.err.starts_with("update-agent: "));
        CHECK(has(text.err, each.says));

        const auto json = run(scene, with(each.words, "--json"));
        CHECK(json.status == each.status);
        CHECK(json.err == text.err);
        const auto document = Json::parse(json.out);
        CHECK(document.at("format") == 1);
        CHECK(document.at("error").at("exit-code") == each.status);
        CHECK("update-agent: " + document.at("error").at("message").get<std::string>() + "\n" ==
              json.err);
        CHECK(difference(before, scene.snapshot()).empty());
    }
}

TEST_CASE("A machine in the way of a command gives its code, too") {
    Scene scene;
    scene.machine.free = 0;
    CHECK(run(scene, {"install", bundles().clock}).status == 11);
    scene.machine.free = std::uint64_t{1} << 40U;
    const auto lock = must(store::Lock::acquire(scene.paths(), "install"));
    const auto busy = run(scene, {"install", bundles().clock});
    CHECK(busy.status == 7);
    CHECK(has(busy.err, "pid " + std::to_string(::getpid())));
    CHECK(run(scene, {"list"}).status == 0);
}

TEST_CASE("Words that mean nothing run nothing, and are answered as text") {
    Scene scene;
    for (const auto& words :
         std::vector<Words>{{"list", "--nonsense"}, {"frobnicate"}, {"install"}, {"show"}}) {
        INFO(words.front());
        for (const auto& asked : {words, with(words, "--json")}) {
            const auto ended = run(scene, asked);
            CHECK(ended.status == 2);
            CHECK(ended.out.empty());
            CHECK(has(ended.err, "--help"));
        }
    }
    CHECK(scene.faults.calls().empty());
}

TEST_CASE("A version that does not match ends with 1 and is no error") {
    Scene scene;
    for (const auto& [version, status] : {std::pair("1.5.0", 0), std::pair("2.0.0", 1)}) {
        const auto text = run(scene, {"version", "match", ">=1.0 <2", version});
        CHECK(text.status == status);
        CHECK((text.out + text.err).empty());
        const auto json = run(scene, {"--json", "version", "match", ">=1.0 <2", version});
        CHECK(json.status == status);
        CHECK(Json::parse(json.out).at("matches") == (status == 0));
    }
}

TEST_CASE("The doctor ends with 1 where something fails, and with 0 where he only warns") {
    Scene scene;
    const auto anchor = scene.root() / "etc/update-agent/trust.d/vendor.pem";
    std::filesystem::remove(anchor);
    const auto warned = run(scene, {"doctor"});
    CHECK(warned.status == 0);
    CHECK(has(warned.out, "trust anchors"));
    write_text(anchor, "x");
    const auto failed = run(scene, {"doctor"});
    CHECK(failed.status == 1);
    CHECK(has(failed.out, "FAILURE  trust anchors"));
    CHECK(failed.err.empty());
}

TEST_CASE("Verifying ends with 1 where something is wrong, and with 0 once it is repaired") {
    Scene scene;
    REQUIRE(run(scene, {"install", bundles().clock}).status == 0);
    std::filesystem::remove(scene.paths().units_link() / "ticker.service");
    const auto found = run(scene, {"verify"});
    CHECK(found.status == 1);
    CHECK(has(found.out, "WRONG  unit ticker.service: is missing\n    update-agent verify"));
    CHECK(found.err.empty());
    const auto repaired = run(scene, {"verify", "--repair"});
    CHECK(repaired.status == 0);
    CHECK(has(repaired.out, "repaired  unit ticker.service"));
    CHECK(run(scene, {"verify"}).status == 0);
    const auto lock = must(store::Lock::acquire(scene.paths(), "install"));
    CHECK(run(scene, {"verify", "--repair"}).status == 7);
    CHECK(run(scene, {"verify"}).status == 0);
}

TEST_CASE("Every step is told when asked for, and warnings always") {
    Scene scene;
    const auto told = run(scene, {"--verbose", "install", bundles().clock});
    CHECK(told.status == 0);
    CHECK(has(told.err, "update-agent: unpacking clock 0.1.0\n"));
    scene.configuration.signed_bundles_only = false;
    for (const auto* quiet : {"--quiet", "--json"}) {
        const Refused refused;
        Scene other;
        other.configuration = scene.configuration;
        const auto warned = run(other, {quiet, "install", refused.not_signed});
        CHECK(warned.status == 0);
        CHECK(has(warned.err, "is not signed"));
        CHECK_FALSE(has(warned.err, "unpacking"));
    }
}

TEST_CASE("Who called is in the history, behind sudo too") {
    Scene scene;
    ::setenv("SUDO_USER", "operator", 1);
    CHECK(run(scene, {"install", bundles().clock}).status == 0);
    ::unsetenv("SUDO_USER");
    CHECK(run(scene, {"remove", "clock"}).status == 0);
    const auto history = must(store::read_history(scene.paths()));
    REQUIRE(history.size() == 2);
    const auto uid = " (" + std::to_string(::getuid()) + ")";
    CHECK(history[0].who == "operator" + uid);
    CHECK(history[1].who.ends_with(uid));
    CHECK_FALSE(has(history[1].who, "operator"));
}

TEST_CASE("The history is shown newest last, and while somebody else holds the lock") {
    Scene scene;
    CHECK(run(scene, {"history"}).out == "nothing was done yet\n");
    CHECK_FALSE(std::filesystem::exists(scene.paths().operation()));
    REQUIRE(run(scene, {"install", bundles().base, bundles().view}).status == 0);
    REQUIRE(run(scene, {"remove", "view"}).status == 0);
    const auto lock = must(store::Lock::acquire(scene.paths(), "install"));
    const auto text = run(scene, {"history"});
    CHECK(text.status == 0);
    CHECK(has(text.out, "base 1.0.0, view 2.1.0"));
    CHECK(text.out.find("  install  ") < text.out.find("  remove  "));
    const auto last = run(scene, {"history", "-n", "1"});
    CHECK_FALSE(has(last.out, "  install  "));
    CHECK(has(last.out, "  remove  "));
    const auto all = Json::parse(run(scene, {"history", "--lines=0", "--json"}).out);
    REQUIRE(all.at("operations").size() == 2);
    CHECK(all.at("operations")[1].at("operation") == "remove");
}

TEST_CASE("The shell is given names, a line each") {
    Scene scene;
    CHECK(run(scene, {"complete", "ids"}).out.empty());
    REQUIRE(run(scene, {"install", bundles().base, bundles().view}).status == 0);
    CHECK(run(scene, {"complete", "ids"}).out == "base\nview\n");
    CHECK(run(scene, {"complete", "containers"}).out == "broker\nbridge\npanel\n");
}
