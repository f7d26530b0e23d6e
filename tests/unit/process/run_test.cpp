// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "agent/process/process.hpp"
#include "tests/unit/catch.hpp"

using agent::model::ErrorCode;
using agent::process::Command;
using agent::process::run;
using namespace std::chrono_literals;

namespace {

Command shell(const std::string& script, std::chrono::milliseconds timeout = 20s) {
    return {{"sh", "-c", script}, {}, timeout};
}

std::chrono::milliseconds time_of(const Command& command) {
    const auto start = std::chrono::steady_clock::now();
    static_cast<void>(run(command));
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

bool has_children() {
    return waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
}

/// Whether a process exists and is not a zombie that waits for its parent.
bool runs(const std::string& pid) {
    const auto state = run(shell("sed 's/.*) //' /proc/" + pid + "/stat 2>/dev/null | cut -c1"));
    return state && !state->standard_output.empty() && state->standard_output[0] != 'Z';
}

}  // namespace

TEST_CASE("A program's exit status and both of its outputs come back") {
    const auto output = run(shell("echo out; echo err >&2; exit 7"));
    REQUIRE(output);
    CHECK(output->status == 7);
    CHECK(output->standard_output == "out\n");
    CHECK(output->standard_error == "err\n");
    CHECK_FALSE(has_children());
}

TEST_CASE("A program reads what it is given, and nothing else") {
    auto command = shell("cat; cat");
    command.input = std::string(1 << 20, 'x') + "\n";
    const auto output = run(command);
    REQUIRE(output);
    CHECK(output->standard_output == command.input);
    CHECK(run(shell("cat"))->standard_output.empty());
    // One that reads nothing is not waited for.
    command.arguments = {"true"};
    CHECK(run(command)->status == 0);
}

TEST_CASE("A program that a signal ends has the status 128 + signal") {
    const auto output = run(shell("kill -TERM $$"));
    REQUIRE(output);
    CHECK(output->status == 128 + SIGTERM);
}

TEST_CASE("Arguments reach the program as they are, without a shell") {
    const std::string odd = "a b\t$HOME `id` * ' \"\n\\";
    const auto output = run({{"printf", "%s|", odd, ""}, {}, 20s});
    REQUIRE(output);
    CHECK(output->standard_output == odd + "||");
}

TEST_CASE("Standard input is empty and not ours") {
    const auto output = run(shell("cat; readlink /proc/self/fd/0"));
    REQUIRE(output);
    CHECK(output->standard_output == "/dev/null\n");
}

TEST_CASE("The environment is ours with the command's changes") {
    setenv("TEST_KEPT", "kept", 1);
    setenv("TEST_REPLACED", "old", 1);
    Command command =
        shell("echo \"$TEST_KEPT $TEST_REPLACED $TEST_ADDED\"; env | grep -c ^TEST_R");
    command.environment = {{"TEST_REPLACED", "new"}, {"TEST_ADDED", "a=b"}};
    const auto output = run(command);
    REQUIRE(output);
    CHECK(output->standard_output == "kept new a=b\n1\n");
}

TEST_CASE("A program has default signals, whatever ours are") {
    const int signal = GENERATE(SIGPIPE, SIGTERM, SIGHUP);
    const auto disposition = std::signal(signal, SIG_IGN);
    sigset_t blocked;
    sigset_t mask;
    sigemptyset(&blocked);
    sigaddset(&blocked, signal);
    sigprocmask(SIG_BLOCK, &blocked, &mask);
    const auto output = run(shell("kill -" + std::to_string(signal) + " $$; echo survived"));
    sigprocmask(SIG_SETMASK, &mask, nullptr);
    std::signal(signal, disposition);
    REQUIRE(output);
    CHECK(output->status == 128 + signal);
    CHECK(output->standard_output.empty());
}

TEST_CASE("A program leads a group of its own") {
    const auto output = run(shell("echo $$; cut -d' ' -f5 /proc/$$/stat"));
    REQUIRE(output);
    const auto& text = output->standard_output;
    const auto newline = text.find('\n');
    CHECK(text.substr(0, newline) + "\n" == text.substr(newline + 1));
}

TEST_CASE("A program inherits none of our files, not even those that are not close-on-exec") {
    int ours[2];
    REQUIRE(pipe(ours) == 0);
    const auto output = run({{"ls", "/proc/self/fd"}, {}, 20s});
    close(ours[0]);
    close(ours[1]);
    REQUIRE(output);
    // The fourth is the directory that ls reads.
    CHECK(output->standard_output == "0\n1\n2\n3\n");
}

TEST_CASE("A program that is not there is not found, one that may not be run is not permitted") {
    const auto missing = run({{"no-such-program-of-ours"}, {}, 1s});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code() == ErrorCode::not_found);
    CHECK(missing.error().text() == "the program no-such-program-of-ours is not there");
    const auto directory = run({{"/"}, {}, 1s});
    REQUIRE_FALSE(directory);
    CHECK(directory.error().code() == ErrorCode::not_permitted);
    CHECK_FALSE(has_children());
}

TEST_CASE(
    "A program that outlives its timeout is ended, and the error says which and what it said") {
    const auto output = run(shell("echo waiting for the lock >&2; sleep 100", 100ms));
    REQUIRE_FALSE(output);
    CHECK(output.error().code() == ErrorCode::internal);
    CHECK(output.error().text() ==
          "sh -c 'echo waiting for the lock >&2; sleep 100' did not end within 100 ms; "
          "its last words: waiting for the lock");
    CHECK_FALSE(has_children());
}

TEST_CASE("A command with a title is called by it") {
    struct Row {
        std::chrono::milliseconds timeout;
        std::string text;
    };
    const auto row = GENERATE(values<Row>({{50ms, "50 ms"}, {1s, "1 s"}}));
    Command command = shell("sleep 100", row.timeout);
    command.title = "podman create";
    const auto output = run(command);
    REQUIRE_FALSE(output);
    CHECK(output.error().text() == "podman create did not end within " + row.text);
}

TEST_CASE("The whole group is killed, also those that ignore SIGTERM") {
    const auto output =
        run(shell("(trap '' TERM; sh -c 'echo $PPID >&2'; "
                  "while :; do sleep 1; done) & wait",
                  200ms));
    REQUIRE_FALSE(output);
    const auto text = output.error().text();
    const auto pid = text.substr(text.rfind(' ') + 1);
    REQUIRE(std::stol(pid) > 1);
    // The kernel ends it a moment after the signal.
    for (int i = 0; i < 100 && runs(pid); ++i)
        std::this_thread::sleep_for(50ms);
    CHECK_FALSE(runs(pid));
}

TEST_CASE("A program that ignores SIGTERM itself is killed after a short grace") {
    const auto command = shell("trap '' TERM; while :; do sleep 1; done", 100ms);
    CHECK(time_of(command) < 10s);
    CHECK_FALSE(has_children());
}

TEST_CASE("A daemon that holds the outputs open is not waited for") {
    const auto start = std::chrono::steady_clock::now();
    const auto output = run(shell("setsid sh -c 'echo $$; exec sleep 60' & sleep 0.2; echo done"));
    CHECK(std::chrono::steady_clock::now() - start < 10s);
    REQUIRE(output);
    const auto newline = output->standard_output.find('\n');
    CHECK(output->standard_output.substr(newline + 1) == "done\n");
    const auto daemon = output->standard_output.substr(0, newline);
    CHECK(runs(daemon));
    CHECK(run({{"kill", daemon}, {}, 20s})->status == 0);
}

TEST_CASE("Outputs larger than a pipe are read whole, from both at once") {
    const auto output =
        run(shell("head -c 3000000 /dev/zero & head -c 2000000 /dev/zero >&2; wait"));
    REQUIRE(output);
    CHECK(output->standard_output.size() == 3000000);
    CHECK(output->standard_error.size() == 2000000);
}

TEST_CASE("Of an output beyond the limit, the start is kept, and the end of the errors") {
    Command command = shell("seq 100000; seq 100000 >&2; echo Error: reason >&2");
    command.output_limit = 21;
    const auto output = run(command);
    REQUIRE(output);
    CHECK(output->status == 0);
    CHECK(output->standard_output == "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    CHECK(output->standard_error == "100000\nError: reason\n");
}

TEST_CASE("A program that never stops writing does not outlive its timeout") {
    Command command = shell("yes", 300ms);
    command.output_limit = 1000;
    CHECK(time_of(command) < 10s);
}

TEST_CASE("A closed output is no end") {
    const auto output = run(shell("exec >&- 2>&-; sleep 0.1; exit 3"));
    REQUIRE(output);
    CHECK(output->status == 3);
}

TEST_CASE("Signals to this process don't disturb a run") {
    struct sigaction action {};
    struct sigaction old {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, &old);
    const auto self = getpid();
    std::jthread sender([self](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            kill(self, SIGUSR1);
            std::this_thread::yield();
        }
    });
    const auto output = run(shell("seq 20000; exit 4"));
    sender.request_stop();
    sender.join();
    sigaction(SIGUSR1, &old, nullptr);
    REQUIRE(output);
    CHECK(output->status == 4);
    CHECK(output->standard_output.ends_with("\n20000\n"));
}

TEST_CASE("A program whose caller wants its end is ended with its whole group") {
    auto command = shell("trap 'exit 0' TERM; sleep 60 & echo $! >&2; wait");
    const auto start = std::chrono::steady_clock::now();
    command.cancelled = [&] { return std::chrono::steady_clock::now() - start > 300ms; };
    command.title = "a long one";
    const auto result = run(command);
    REQUIRE_FALSE(result);
    CHECK(result.error().code() == ErrorCode::busy);
    CHECK(result.error().text() == "a long one was cancelled");
    CHECK(std::chrono::steady_clock::now() - start < 10s);
    CHECK_FALSE(has_children());
}

TEST_CASE("A program that nobody cancels ends by itself") {
    auto command = shell("sleep 0.5; echo done");
    command.cancelled = [] { return false; };
    const auto result = run(command);
    REQUIRE(result);
    CHECK(result->standard_output == "done\n");
}
