// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/client/password_agent.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace std::chrono_literals;
using agent::client::PasswordAgent;
using std::chrono::steady_clock;

namespace {

/// A program that notes its process and its words, and then does what `rest` says.
class Program {
  public:
    explicit Program(const std::string& rest) {
        std::ofstream(path()) << "#!/bin/sh\necho $$ \"$@\" >" << noted_path() << "\n" << rest;
        ::chmod(path().c_str(), 0755);
    }
    [[nodiscard]] std::string path() const { return (directory_.path() / "agent").string(); }
    [[nodiscard]] std::string noted() const {
        std::ifstream file(noted_path());
        return {std::istreambuf_iterator<char>(file), {}};
    }

  private:
    [[nodiscard]] std::string noted_path() const { return (directory_.path() / "noted").string(); }
    test::TemporaryDirectory directory_;
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Passwords are asked for by a program that is ready before, and is gone afterwards") {
    const Program program("eval \"exec $4>&-\"\nexec sleep 60\n");
    const auto before = steady_clock::now();
    pid_t process = 0;
    {
        const PasswordAgent agent(program.path(), 30s);
        const auto noted = program.noted();
        CHECK(has(noted, " --process " + std::to_string(::getpid()) + " --notify-fd "));
        CHECK(has(noted, " --fallback\n"));
        process = std::stoi(noted);
        CHECK(::kill(process, 0) == 0);
    }
    CHECK(::kill(process, 0) != 0);
    CHECK(steady_clock::now() - before < 20s);
}

TEST_CASE("Without a program that asks there is nobody who asks, and nothing to wait for") {
    const auto before = steady_clock::now();
    SECTION("it is not installed") {
        const PasswordAgent agent("/nowhere/pkttyagent", 30s);
    }
    SECTION("it ends at once") {
        const Program program("exit 1\n");
        const PasswordAgent agent(program.path(), 30s);
    }
    SECTION("it says nothing") {
        const Program program("exec sleep 60\n");
        const PasswordAgent agent(program.path(), 200ms);
    }
    CHECK(steady_clock::now() - before < 20s);
}
