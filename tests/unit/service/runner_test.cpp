// SPDX-License-Identifier: GPL-3.0-or-later
// What a service finds that begins again; machine/test_service.py has it run jobs.
#include "agent/service/runner.hpp"

#include <fstream>

#include "agent/service/queue.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace agent::service;

namespace {

class Told final : public JobObserver {
  public:
    void added(unsigned /*number*/) override {}
    void changed(unsigned /*number*/, const Changes& /*changes*/) override {}
    void told(unsigned /*number*/, std::string_view /*record*/) override {}
    void ended(unsigned number) override { ended_.push_back(number); }
    void removed(unsigned number) override { removed_.push_back(number); }

    std::vector<unsigned> ended_;
    std::vector<unsigned> removed_;
};

/// A service that was left with jobs, on no bus.
struct Left {
    Left() { REQUIRE(sd_event_new(&event) >= 0); }
    Left(const Left&) = delete;
    Left& operator=(const Left&) = delete;
    ~Left() { sd_event_unref(event); }

    void add(unsigned number, const std::string& operation, const std::string& progress) const {
        const JobRequest request{.operation = operation, .subjects = {"x"}, .lane = Lane::set};
        REQUIRE(files.add(number, request));
        if (!progress.empty()) std::ofstream(files.progress(number)) << progress << "\n";
    }

    test::TemporaryDirectory directory;
    JobFiles files{directory.path() / "jobs"};
    Told told;
    sd_event* event = nullptr;
};

constexpr const char* kEnd = R"({"event":"end","exit-code":0,"result":null,"text":""})";
constexpr const char* kEffect = R"({"event":"effect","phase":"stage","percent":50})";

}  // namespace

TEST_CASE("More jobs than are kept are forgotten by the service that finds them") {
    Left left;
    for (unsigned number = 1; number <= kMostEnded + 3; ++number)
        left.add(number, "remove", kEnd);
    Runner runner(left.event, nullptr, left.files, "update-agent", left.told);
    REQUIRE(runner.load());
    CHECK(runner.jobs().size() == kMostEnded);
    CHECK(left.told.removed_ == std::vector<unsigned>{1, 2, 3});
    CHECK(left.files.load()->size() == kMostEnded);
}

TEST_CASE("An installation that waits without its files ends, and others wait on") {
    Left left;
    left.add(4, "install", "");
    left.add(5, "remove", "");
    Runner runner(left.event, nullptr, left.files, "update-agent", left.told);
    REQUIRE(runner.load());
    CHECK(left.told.ended_ == std::vector<unsigned>{4});
    CHECK(runner.jobs().at(4).state == JobState::ended);
    CHECK(runner.jobs().at(4).exit_code == 1);
    CHECK(runner.jobs().at(4).text.find("install them again") != std::string::npos);
    CHECK(runner.jobs().at(5).state == JobState::queued);
    CHECK(left.files.load()->at(4).state == JobState::ended);
}

TEST_CASE("A job that runs is followed from where it is") {
    Left left;
    left.add(7, "remove", kEffect);
    Runner runner(left.event, nullptr, left.files, "update-agent", left.told);
    REQUIRE(runner.load());
    CHECK(runner.jobs().at(7).state == JobState::running);
    CHECK(runner.jobs().at(7).percent == 50);
    std::ofstream(left.files.progress(7), std::ios::app) << kEnd << "\n";
    for (int round = 0; round < 10 && left.told.ended_.empty(); ++round)
        REQUIRE(sd_event_run(left.event, 1'000'000) >= 0);
    CHECK(left.told.ended_ == std::vector<unsigned>{7});
    CHECK(runner.jobs().at(7).exit_code == 0);
}

TEST_CASE("A job whose output is closed before its last line has been killed") {
    Left left;
    left.add(7, "remove", kEffect);
    Runner runner(left.event, nullptr, left.files, "update-agent", left.told);
    REQUIRE(runner.load());
    std::ofstream(left.files.progress(7), std::ios::app) << "{\"half";
    for (int round = 0; round < 10 && left.told.ended_.empty(); ++round)
        REQUIRE(sd_event_run(left.event, 1'000'000) >= 0);
    CHECK(runner.jobs().at(7).exit_code == 1);
    CHECK(runner.jobs().at(7).text.find("was killed") != std::string::npos);
    CHECK(left.files.load()->at(7).exit_code == 1);
}
