// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/job_files.hpp"

#include <fstream>

#include "agent/service/worker.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace agent::service;
using Lines = std::vector<std::string>;

namespace {

JobRequest install() {
    return {.operation = "install",
            .options = {"--retry"},
            .subjects = {"/home/a/-b c.bundle"},
            .lane = Lane::set,
            .claims = {"file:1:2"},
            .uid = 1000,
            .who = "uid 1000"};
}

void append(const std::filesystem::path& file, const std::string& text) {
    std::ofstream(file, std::ios::app) << text;
}

Lines read(ProgressReader& reader) {
    Lines lines;
    REQUIRE(reader.read([&lines](std::string_view line) { lines.emplace_back(line); }));
    return lines;
}

}  // namespace

TEST_CASE("Jobs are found again as they were left") {
    const test::TemporaryDirectory dir;
    const JobFiles files(dir.path() / "jobs");
    CHECK(files.load()->empty());
    for (unsigned number = 8; number < 12; ++number)
        REQUIRE(files.add(number, install()));
    REQUIRE(files.begin(9));
    append(files.progress(9), R"({"event":"effect","phase":"stage","percent":50})");
    append(files.progress(9), "\n{\"event\":\"by");
    REQUIRE(files.begin(10));
    append(files.progress(10), R"({"event":"end","exit-code":3,"result":null,"text":"no"})");
    append(files.progress(10), "\n");
    Job cancelled;
    static_cast<void>(end(cancelled, {agent::model::ErrorCode::busy, "cancelled"}));
    REQUIRE(files.begin(11));
    append(files.progress(11), "{\"half");
    REQUIRE(files.conclude(11, cancelled));

    auto jobs = files.load();
    REQUIRE(jobs);
    REQUIRE(jobs->size() == 4);
    CHECK((*jobs)[8].state == JobState::queued);
    CHECK((*jobs)[9].state == JobState::running);
    CHECK((*jobs)[9].percent == 50);
    CHECK((*jobs)[10].exit_code == 3);
    CHECK((*jobs)[11].state == JobState::ended);
    CHECK((*jobs)[11].exit_code == 7);
    const auto& request = (*jobs)[8].request;
    CHECK(request.operation == "install");
    CHECK(request.options == Lines{"--retry"});
    CHECK(request.subjects == install().subjects);
    CHECK(request.claims == install().claims);
    CHECK(request.lane == Lane::set);
    CHECK(request.uid == 1000);
    CHECK(request.who == "uid 1000");
    REQUIRE(files.forget(8));
    CHECK(files.load()->count(8) == 0);
}

TEST_CASE("What is no job is not found, and goes") {
    const test::TemporaryDirectory dir;
    const JobFiles files(dir.path());
    REQUIRE(files.add(1, install()));
    std::filesystem::create_directory(dir.path() / "x");
    std::filesystem::create_directory(dir.path() / "2");
    REQUIRE(files.add(3, install()));
    std::ofstream(dir.path() / "3/request.json") << R"({"operation":7})";
    const auto jobs = files.load();
    REQUIRE(jobs);
    CHECK(jobs->size() == 1);
    CHECK(std::distance(std::filesystem::directory_iterator(dir.path()), {}) == 1);
}

TEST_CASE("A progress is read line by line while it grows") {
    const test::TemporaryDirectory dir;
    const auto file = dir.path() / "progress";
    append(file, "one\ntw");
    auto reader = ProgressReader::open(file);
    REQUIRE(reader);
    CHECK(read(*reader) == Lines{"one"});
    CHECK(read(*reader).empty());
    const std::string large(50'000, 'x');
    append(file, "o\n" + large);
    CHECK(read(*reader) == Lines{"two"});
    append(file, "\n\nlast\n");
    CHECK(read(*reader) == Lines{large, "", "last"});
}

TEST_CASE("A worker is the command line, and nothing that somebody names is an option") {
    CHECK(command_of("/usr/bin/update-agent", install(), {"/proc/7/fd/9"}) ==
          Lines{"/usr/bin/update-agent", "--no-service", "--progress=json", "--who=uid 1000",
                "install", "--retry", "--shown-as=/home/a/-b c.bundle", "--", "/proc/7/fd/9"});
    CHECK(command_of("u", {.operation = "stop", .subjects = {"--now"}, .who = "root (0)"}, {}) ==
          Lines{"u", "--no-service", "--progress=json", "--who=root (0)", "stop", "--", "--now"});
    CHECK(command_of("u", {.operation = "rollback", .who = "w"}, {}) ==
          Lines{"u", "--no-service", "--progress=json", "--who=w", "rollback"});
    CHECK(unit_of(7) == "update-agent-job-7.service");
}
