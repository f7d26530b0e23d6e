// SPDX-License-Identifier: GPL-3.0-or-later
// What a program reads while a command runs.
#include <fcntl.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "agent/cli/json_progress.hpp"
#include "tests/unit/cli/running.hpp"

using namespace test;

namespace {

using Json = nlohmann::json;

std::vector<Json> records(const std::string& text) {
    std::vector<Json> found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        found.push_back(Json::parse(line));
    return found;
}

std::vector<Json> of(const std::vector<Json>& all, const char* event) {
    std::vector<Json> found;
    for (const auto& record : all) {
        CHECK(record.at("format") == 1);
        if (record.at("event") == event) found.push_back(record);
    }
    return found;
}

}  // namespace

TEST_CASE("The plan comes first, then effect after effect, and the result last") {
    Scene scene;
    const auto ended = run(scene, {"install", bundles().base, "--progress=json"});
    CHECK(ended.status == 0);
    CHECK(ended.err.empty());
    const auto all = records(ended.out);
    const auto plans = of(all, "plan");
    REQUIRE(plans.size() == 1);
    CHECK(plans.front().at("plan").at("installed").at(0).at("id") == "base");
    CHECK(plans.front().at("plan").at("generation-after") == 0);

    const auto effects = of(all, "effect");
    REQUIRE_FALSE(effects.empty());
    for (std::size_t i = 0; i < effects.size(); ++i) {
        CHECK(effects[i].at("done") == i);
        CHECK(effects[i].at("total") == effects.size());
        CHECK(effects[i].at("percent") == i * 100 / effects.size());
    }
    CHECK(effects.front().at("phase") == "acquire");
    CHECK(of(all, "step").size() >= effects.size());

    CHECK(all.back().at("event") == "end");
    CHECK(all.back().at("exit-code") == 0);
    CHECK(all.back().at("result").at("generation-after") == 1);
    CHECK(has(all.back().at("text"), "installed  base 1.0.0"));
}

TEST_CASE("A failure is the last record, and is told as text, too") {
    Scene scene;
    const auto ended = run(scene, {"--progress=json", "show", "nothing"});
    CHECK(ended.status == 6);
    const auto all = records(ended.out);
    REQUIRE(all.size() == 1);
    CHECK(all.front().at("event") == "end");
    CHECK(all.front().at("exit-code") == 6);
    CHECK(all.front().at("result").at("error").at("exit-code") == 6);
    CHECK(all.front().at("text") == ended.err);
    CHECK(has(ended.err, "the bundle nothing is not installed"));
}

TEST_CASE("What has no document has an empty result") {
    Scene scene;
    const auto all = records(run(scene, {"init-store", "--progress=json"}).out);
    REQUIRE(all.size() == 1);
    CHECK(all.front().at("result").is_null());
    CHECK(all.front().at("exit-code") == 0);
}

TEST_CASE("Bytes are told now and then, and when there are no more") {
    Capture out(stdout);
    agent::cli::JsonProgress progress;
    for (std::uint64_t done = 1; done <= 1000; ++done)
        progress.bytes(done, 1000);
    const auto all = records(out.text());
    CHECK(all.size() < 100);
    CHECK(all.front().at("done") == 1);
    CHECK(all.back() == Json{{"format", 1}, {"event", "bytes"}, {"done", 1000}, {"total", 1000}});
}

TEST_CASE("A reader that does not read is not waited for") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_NONBLOCK) == 0);
    const std::string block(4096, 'x');
    while (::write(ends[1], block.data(), block.size()) > 0) {
    }
    REQUIRE(::fcntl(ends[1], F_SETFL, 0) == 0);
    std::fflush(stdout);
    const int saved = ::dup(STDOUT_FILENO);
    ::dup2(ends[1], STDOUT_FILENO);
    agent::cli::JsonProgress().step("would wait for ever");
    ::dup2(saved, STDOUT_FILENO);
    std::string last(block.size(), ' ');
    while (::read(ends[0], last.data(), last.size()) > 0) {
    }
    CHECK(last == block);
    for (const int each : {ends[0], ends[1], saved})
        ::close(each);
}

TEST_CASE("A warning that is not UTF-8 is a record all the same") {
    Capture out(stdout);
    agent::cli::JsonProgress().warning("a\xff\nb");
    const auto all = records(out.text());
    REQUIRE(all.size() == 1);
    CHECK(all.front().at("text") == "a\xEF\xBF\xBD\nb");
}
