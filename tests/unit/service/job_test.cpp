// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/job.hpp"

#include <nlohmann/json.hpp>

#include "agent/service/run_state.hpp"
#include "tests/unit/catch.hpp"

using namespace agent::service;
using nlohmann::json;
using Names = std::vector<std::string>;

namespace {

Names names(const Changes& changes) {
    return {changes.begin(), changes.end()};
}

}  // namespace

TEST_CASE("A job has what its command tells") {
    Job job{.state = JobState::running};
    CHECK(names(apply(job, R"({"format":1,"event":"plan","plan":{"bytes":7}})")) == Names{"Plan"});
    CHECK(json::parse(job.plan) == json{{"bytes", 7}});
    CHECK(apply(job, R"({"event":"step","text":"loading"})").empty());
    CHECK_FALSE(apply(job, R"({"event":"bytes","done":3,"total":9})").empty());
    CHECK(job.bytes == 3);
    CHECK(job.bytes_total == 9);
    CHECK_FALSE(apply(job, R"({"event":"effect","phase":"stage","done":1,"total":4,"percent":25})")
                    .empty());
    CHECK(job.phase == "stage");
    CHECK(job.percent == 25);
    CHECK(job.bytes_total == 0);
    const auto changes = names(
        apply(job, R"({"event":"end","exit-code":0,"result":{"format":1},"text":"installed\n"})"));
    CHECK(std::find(changes.begin(), changes.end(), "State") != changes.end());
    CHECK(job.state == JobState::ended);
    CHECK(job.exit_code == 0);
    CHECK(job.percent == 100);
    CHECK(job.text == "installed\n");
    CHECK(json::parse(job.document) == json{{"format", 1}});
}

TEST_CASE("A job that failed keeps its percentage, and may have no document") {
    Job job{.state = JobState::cancelling, .percent = 40};
    CHECK_FALSE(apply(job, R"({"event":"end","exit-code":8,"result":null,"text":"x"})").empty());
    CHECK(job.exit_code == 8);
    CHECK(job.percent == 40);
    CHECK(job.document.empty());
    CHECK(apply(job, R"({"event":"end","exit-code":0,"result":null,"text":""})").empty());
    CHECK(job.exit_code == 8);
}

TEST_CASE("What is no record changes nothing") {
    Job job{.state = JobState::running};
    for (const auto* line :
         {"", "{", "[]", "7", R"({"event":7})", R"({"event":"end"})", R"({"event":"effect"})",
          R"({"event":"end","exit-code":"x","result":null,"text":""})", "\xff\xfe"}) {
        CAPTURE(line);
        CHECK(apply(job, line).empty());
        CHECK(job.state == JobState::running);
    }
}

TEST_CASE("A job that ends without its command has the error as the command would tell it") {
    Job job;
    const auto changes = end(job, {agent::model::ErrorCode::busy, "cancelled"});
    CHECK(names(changes).front() == "State");
    CHECK(job.exit_code == 7);
    CHECK(job.text == "update-agent: cancelled\n");
    CHECK(json::parse(job.document)["error"] == json{{"exit-code", 7}, {"message", "cancelled"}});
}

TEST_CASE("The state is what the agent has written, and what it was before") {
    RunState state;
    CHECK(state.current == "starting");
    CHECK(state.take(""));
    CHECK(state.current == "idle");
    CHECK(state.take(R"({"state":"installing"})"));
    CHECK(state.take(R"({"state":"rolling-back"})"));
    CHECK(state.previous == "installing");
    CHECK_FALSE(state.take(R"({"state":"rolling-back"})"));
    CHECK(state.previous == "installing");
    CHECK(state.take("{"));
    CHECK(state.current == "idle");
}
