// SPDX-License-Identifier: GPL-3.0-or-later
// A command that the service carries out prints what it would have printed itself.
#include "agent/cli/by_service.hpp"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/unit/cli/running.hpp"
#include "tests/unit/client/fake_service.hpp"

using namespace test;

namespace {

using Json = nlohmann::json;

constexpr const char* kStep = R"({"format":1,"event":"step","text":"loading"})";
constexpr const char* kWarning = R"({"format":1,"event":"warning","text":"beware"})";
constexpr const char* kDocument = R"({"format":1,"removed":["base"]})";
constexpr const char* kError = R"({"format":1,"error":{"exit-code":5,"message":"refused"}})";

struct ByService {
    std::optional<int> status;
    std::string out;
    std::string err;
};

ByService ask(const Words& words) {
    std::vector<const char*> arguments = {"update-agent"};
    for (const auto& word : words)
        arguments.push_back(word.c_str());
    const auto line = agent::cli::parse(static_cast<int>(arguments.size()), arguments.data());
    if (!line) FAIL(line.error().standard_error);
    ::unsetenv("JOURNAL_STREAM");
    ::unsetenv("SUDO_USER");
    Capture out(stdout);
    Capture err(stderr);
    agent::client::ServiceOptions bounds;
    bounds.look = std::chrono::milliseconds(10);
    const auto status = agent::cli::run_by_service(*line, bounds);
    return {status, out.text(), err.text()};
}

/// A service whose job tells a step and a warning, and then ends.
FakeService::Handlers ending(int status, const char* document, const char* text) {
    return {.begin = [=](FakeService& self, sd_bus_message* call) {
        self.begin(call);
        self.progress(call, kStep);
        self.progress(call, kWarning);
        return self.ended(call, status, document, text);
    }};
}

FakeService::Handlers refusing(const char* name, const char* message) {
    return {.begin = [=](FakeService& self, sd_bus_message* call) {
        return self.refuse(call, name, message);
    }};
}

}  // namespace

TEST_CASE("What a job ends with is printed as text, and its warnings beside it") {
    const FakeService service(ending(0, kDocument, "removed  base\n"));
    const auto done = ask({"remove", "base", "--verbose"});
    CHECK(done.status == 0);
    CHECK(done.out == "removed  base\n");
    CHECK(done.err == "update-agent: loading\nupdate-agent: beware\n");
}

TEST_CASE("With --json the document is printed, as the command itself prints it") {
    const FakeService service(ending(0, kDocument, "removed  base\n"));
    const auto done = ask({"remove", "base", "--json"});
    CHECK(done.status == 0);
    CHECK(done.out == "{\n  \"format\": 1,\n  \"removed\": [\n    \"base\"\n  ]\n}\n");
    CHECK(done.err == "update-agent: beware\n");
}

TEST_CASE("With --progress=json the records are passed on, and the end follows") {
    const FakeService service(ending(0, kDocument, "removed  base\n"));
    const auto done = ask({"remove", "base", "--progress=json"});
    CHECK(done.status == 0);
    CHECK(done.out ==
          std::string(kStep) + "\n" + kWarning + "\n" +
              R"({"format":1,"event":"end","exit-code":0,"result":{"format":1,"removed":["base"]},)"
              R"("text":"removed  base\n"})" +
              "\n");
    CHECK(done.err.empty());
}

TEST_CASE("A failed job ends with its status, and says why where errors are told") {
    const FakeService service(ending(5, kError, "update-agent: refused\n"));
    SECTION("text") {
        const auto done = ask({"remove", "base"});
        CHECK(done.status == 5);
        CHECK(done.out.empty());
        CHECK(done.err == "update-agent: beware\nupdate-agent: refused\n");
    }
    SECTION("json") {
        const auto done = ask({"remove", "base", "--json"});
        CHECK(done.status == 5);
        CHECK(Json::parse(done.out).at("error").at("message") == "refused");
        CHECK(done.err == "update-agent: beware\nupdate-agent: refused\n");
    }
}

TEST_CASE("A job that could not be carried out is told as an error, too") {
    const FakeService service(ending(7, "", "cancelled before it began"));
    const auto done = ask({"remove", "base", "--json"});
    CHECK(done.status == 7);
    CHECK(Json::parse(done.out).at("error") ==
          Json{{"exit-code", 7}, {"message", "cancelled before it began"}});
    CHECK(done.err == "update-agent: beware\nupdate-agent: cancelled before it began\n");
}

TEST_CASE("What was found wrong is no error") {
    const FakeService service(ending(1, R"({"format":1,"left":1})", "WRONG  unit\n"));
    const auto done = ask({"verify", "--repair"});
    CHECK(done.status == 1);
    CHECK(done.out == "WRONG  unit\n");
}

TEST_CASE("Who does not wait is given the job's number") {
    FakeService service(
        {.begin = [](FakeService& self, sd_bus_message* call) { return self.begin(call); }});
    CHECK(ask({"restart", "base", "--no-wait"}).out == "7\n");
    const auto json = ask({"stop", "base", "--no-wait", "--json"});
    CHECK(json.status == 0);
    CHECK(Json::parse(json.out) == Json{{"format", 1}, {"job", 7}});
    CHECK(service.calls() == Words{"StartServiceByName", "Restart", "StartServiceByName", "Stop"});
}

TEST_CASE("A job that has ended is watched as one that runs") {
    const FakeService service(
        {.begin = {}, .properties = [](FakeService& self, sd_bus_message* call) {
             return self.state(call, "ended", 5, kError, "update-agent: refused\n");
         }});
    const auto done = ask({"watch", "7"});
    CHECK(done.status == 5);
    CHECK(done.err == "update-agent: refused\n");
}

TEST_CASE("A file that cannot be opened is told as where it is read, and nothing is called") {
    Scene scene;
    FakeService service({.begin = {}});
    const auto done = ask({"install", "/nowhere/a.bundle", "/nowhere/b.bundle", "/dev/null"});
    const auto here =
        run(scene, {"install", "/nowhere/a.bundle", "/nowhere/b.bundle", "/dev/null"});
    CHECK(done.status == 6);
    CHECK(done.err ==
          "update-agent: /nowhere/a.bundle: No such file or directory; then: "
          "/nowhere/b.bundle: No such file or directory; then: /dev/null: is not a "
          "regular file\n");
    CHECK(done.status == here.status);
    CHECK(done.err == here.err);
    CHECK(service.calls() == Words{"StartServiceByName"});
}

TEST_CASE("Who has no right ends with 10, and reads which one") {
    struct Row {
        Words words;
        const char* action;
    };
    const auto row = GENERATE(values<Row>({
        {{"remove", "base"}, "org.updateagent.remove"},
        {{"rollback"}, "org.updateagent.rollback"},
        {{"verify", "--repair"}, "org.updateagent.install"},
        {{"start", "base"}, "org.updateagent.manage-units"},
        {{"install", SOURCE_DIR "/README.md"}, "org.updateagent.install"},
    }));
    INFO(row.action);
    const FakeService service(refusing("org.updateagent.Error.NotPermitted", "not you"));
    const auto done = ask(row.words);
    CHECK(done.status == 10);
    CHECK(has(done.err, row.action));
}

TEST_CASE("Where no service is there, it is left to this process") {
    SECTION("quietly, where none should be there") {
        const FakeService service(refusing("org.freedesktop.DBus.Error.ServiceUnknown", "none"));
        const auto done = ask({"remove", "base"});
        CHECK_FALSE(done.status);
        CHECK(done.err.empty());
        CHECK(done.out.empty());
    }
    SECTION("with a warning, where it could not be started") {
        const FakeService service(
            {.begin = {}, .start = [](FakeService& self, sd_bus_message* call) {
                 return self.refuse(call, "org.freedesktop.DBus.Error.TimedOut", "too late");
             }});
        const auto done = ask({"remove", "base"});
        CHECK_FALSE(done.status);
        CHECK(done.err ==
              "update-agent: the service is not there: too late; it is done without "
              "the service\n");
    }
    SECTION("but for what only a service can do") {
        const FakeService service(
            {.begin = {}, .start = [](FakeService& self, sd_bus_message* call) {
                 return self.refuse(call, "org.freedesktop.DBus.Error.ServiceUnknown", "none");
             }});
        for (const auto& words : {Words{"watch", "7"}, Words{"stop", "base", "--no-wait"}}) {
            const auto done = ask(words);
            CHECK(done.status == 12);
            CHECK(done.err == "update-agent: the service is not there: none\n");
        }
    }
}
