// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/podman_cli.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/podman/fake_podman.hpp"

using agent::model::ErrorCode;
using agent::podman::PodmanCli;
using agent::podman::PodmanOptions;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

PodmanOptions options(const FakePodman& fake) {
    PodmanOptions options;
    options.program = fake.program();
    options.root = fake.directory();
    return options;
}

constexpr auto kNever = [] { return false; };

}  // namespace

TEST_CASE("What ran to its end has the exit code that podman noted, and its last lines") {
    const FakePodman fake(
        "case $1 in start) seq 5; printf 'oh\\007 no\\n' >&2; exit 125;;"
        " inspect) echo 'exited 125';; esac");
    PodmanCli podman(options(fake));
    const auto run = podman.run_to_end("setup-1", 1min, kNever);
    REQUIRE(run);
    CHECK(run->exit_code == 125);
    CHECK(run->last_lines == Lines{"1", "2", "3", "4", "5", "oh no"});
    CHECK(fake.calls().front() == "[start][--attach][setup-1]");
}

TEST_CASE("What ended with a failure before podman has cleaned up has its exit code, too") {
    // podman 5 calls it stopped until then.
    const FakePodman fake("case $1 in start) exit 3;; inspect) echo 'stopped 3';; esac");
    const auto run = PodmanCli(options(fake)).run_to_end("setup-1", 1min, kNever);
    REQUIRE(run);
    CHECK(run->exit_code == 3);
}

TEST_CASE("Only the last lines of a long output are kept") {
    const FakePodman fake("seq 100000");
    PodmanCli podman(options(fake));
    const auto run = podman.run_to_end("setup-1", 1min, kNever);
    REQUIRE(run);
    CHECK(run->exit_code == 0);
    REQUIRE(run->last_lines.size() == 10);
    CHECK(run->last_lines.front() == "99991");
    CHECK(run->last_lines.back() == "100000");
    CHECK(fake.calls() == Lines{"[start][--attach][setup-1]"});
}

TEST_CASE("What did not start is podman's failure, in its words") {
    const FakePodman fake(
        "case $1 in start) echo 'Error: no such program' >&2; exit 127;;"
        " inspect) echo 'created 0';; esac");
    PodmanCli podman(options(fake));
    const auto run = podman.run_to_end("setup-1", 1min, kNever);
    REQUIRE_FALSE(run);
    CHECK(run.error().code() == ErrorCode::internal);
    CHECK(run.error().text() == "podman start setup-1: no such program");
}

TEST_CASE("What does not end in time has no exit code, and what it wrote is in its log") {
    const FakePodman fake("case $1 in start) sleep 60;; logs) echo working;; esac");
    PodmanCli podman(options(fake));
    const auto run = podman.run_to_end("setup-1", 100ms, kNever);
    REQUIRE(run);
    CHECK_FALSE(run->exit_code);
    CHECK(run->last_lines == Lines{"working"});
    CHECK(fake.calls().back() == "[logs][--tail][10][setup-1]");
}

TEST_CASE("Whoever cancels does not wait for the end") {
    const FakePodman fake("[ $1 != start ] || sleep 60");
    PodmanCli podman(options(fake));
    const auto run = podman.run_to_end("setup-1", 1min, [] { return true; });
    REQUIRE_FALSE(run);
    CHECK(run.error().code() == ErrorCode::busy);
}

TEST_CASE("Whoever recovers need not wait for the lock until a program of a killed agent ends") {
    const FakePodman fake("case $1 in start) ls /proc/self/fd;; inspect) echo 'exited 0';; esac");
    PodmanCli podman(options(fake));
    podman.keep_open(1);
    const auto run = podman.run_to_end("setup-1", 1min, kNever);
    REQUIRE(run);
    // 3 is the directory that ls reads.
    CHECK(run->last_lines == Lines{"0", "1", "2", "3"});
}

TEST_CASE("Only what runs to its end is removed by force, twice where podman stumbles") {
    const FakePodman fake(
        "case $1 in rm) [ -e ${0%/*}/again ] || { touch ${0%/*}/again; exit 1; };;"
        " container) exit 1;; esac");
    PodmanCli podman(options(fake));
    CHECK(podman.remove_run("set.up-1"));
    const auto calls = fake.calls();
    REQUIRE(calls.size() == 3);
    CHECK(calls[0] ==
          "[rm][--volumes][--filter=label=update-agent.init][--filter=name=^set[.]up-1$]"
          "[--force][--time][0]");
    CHECK(calls[1] == calls[0]);
}
