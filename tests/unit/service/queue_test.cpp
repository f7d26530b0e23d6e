// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/queue.hpp"

#include "tests/unit/catch.hpp"

using namespace agent::service;
using agent::model::ErrorCode;
using Numbers = std::vector<unsigned>;

namespace {

Job job(const std::string& operation, JobState state, Lane lane,
        std::set<std::string> claims = {}) {
    return {.request = {.operation = operation, .lane = lane, .claims = std::move(claims)},
            .state = state};
}

Job change(JobState state, const std::string& claim = "") {
    return job("install", state, Lane::set,
               claim.empty() ? std::set<std::string>{} : std::set<std::string>{claim});
}

Job look(JobState state) {
    return job("verify", state, Lane::none);
}

Job control(JobState state) {
    return job("stop", state, Lane::units);
}

}  // namespace

TEST_CASE("Changes begin one after the other, in the order in which they came") {
    CHECK(startable({}).empty());
    CHECK(startable({{4, change(JobState::queued)}, {7, change(JobState::queued)}}) == Numbers{4});
    CHECK(startable({{4, change(JobState::running)}, {7, change(JobState::queued)}}).empty());
    CHECK(startable({{4, change(JobState::cancelling)}, {7, change(JobState::queued)}}).empty());
    CHECK(startable({{4, change(JobState::ended)}, {7, change(JobState::queued)}}) == Numbers{7});
}

TEST_CASE("What starts and stops goes on beside a change, one after the other") {
    CHECK(startable({{1, change(JobState::running)},
                     {2, change(JobState::queued)},
                     {3, control(JobState::queued)},
                     {5, control(JobState::queued)}}) == Numbers{3});
    CHECK(startable({{3, control(JobState::running)}, {4, control(JobState::queued)}}).empty());
}

TEST_CASE("What only looks begins at once") {
    CHECK(startable({{1, change(JobState::running)},
                     {3, look(JobState::running)},
                     {4, look(JobState::queued)},
                     {5, look(JobState::queued)}}) == Numbers{4, 5});
}

TEST_CASE("Two changes of one bundle do not wait together") {
    const Jobs jobs{{1, change(JobState::running, "bundle:base")},
                    {2, change(JobState::queued, "bundle:view")},
                    {3, change(JobState::ended, "bundle:old")}};
    const auto about = [&](const std::string& id) {
        return admit(jobs, {.operation = "remove", .lane = Lane::set, .claims = {"bundle:" + id}});
    };
    REQUIRE_FALSE(about("base"));
    CHECK(about("base").error().code() == ErrorCode::busy);
    CHECK(about("base").error().text().find("job 1 (install)") != std::string::npos);
    CHECK_FALSE(about("view"));
    CHECK(about("old"));
    CHECK(about("other"));
    CHECK(admit(jobs, {.operation = "stop", .lane = Lane::units, .claims = {"bundle:base"}}));
}

TEST_CASE("At most ten wait in a lane, and ten run that are in none") {
    Jobs jobs{{1, change(JobState::running)}};
    for (unsigned number = 2; number < 11; ++number)
        jobs[number] = change(JobState::queued);
    const JobRequest install{.operation = "install", .lane = Lane::set};
    const JobRequest verify{.operation = "verify"};
    CHECK(admit(jobs, install));
    jobs[11] = change(JobState::queued);
    REQUIRE_FALSE(admit(jobs, install));
    CHECK(admit(jobs, install).error().text().find("10 jobs wait already") != std::string::npos);
    for (unsigned number = 12; number < 21; ++number)
        jobs[number] = look(JobState::running);
    CHECK(admit(jobs, verify));
    jobs[21] = look(JobState::running);
    REQUIRE_FALSE(admit(jobs, verify));
    jobs[21].state = JobState::ended;
    CHECK(admit(jobs, verify));
    CHECK(admit(jobs, {.operation = "stop", .lane = Lane::units}));
}

TEST_CASE("Those that ended first are forgotten first, whatever their numbers") {
    Jobs jobs;
    for (unsigned number = 1; number <= kMostEnded; ++number) {
        jobs[number] = control(JobState::ended);
        jobs[number].ended_as = number;
    }
    CHECK(forgettable(jobs).empty());
    jobs[1].ended_as = 100;
    jobs[40] = control(JobState::ended);
    jobs[40].ended_as = 99;
    jobs[41] = control(JobState::running);
    CHECK(forgettable(jobs) == Numbers{2});
    // Those of another lane take nobody's place.
    for (unsigned number = 50; number < 50 + kMostEnded; ++number)
        jobs[number] = look(JobState::ended);
    CHECK(forgettable(jobs) == Numbers{2});
}

TEST_CASE("A service works while a job waits or runs") {
    CHECK_FALSE(is_working({}));
    CHECK_FALSE(is_working({{1, change(JobState::ended)}}));
    CHECK(is_working({{1, change(JobState::ended)}, {2, control(JobState::cancelling)}}));
    CHECK(is_working({{1, change(JobState::queued)}}));
}
