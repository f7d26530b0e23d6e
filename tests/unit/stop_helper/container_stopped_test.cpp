// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/wait.h>

#include <cstdlib>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace fs = std::filesystem;

namespace {

/// The real program, with a stand-in for repair-container beside it that notes its arguments.
class Installed {
  public:
    Installed() {
        fs::copy_file(CONTAINER_STOPPED, path("container-stopped"));
        test::write_text(path("repair-container"),
                         "#!/bin/sh\necho \"$*\" >\"${0%/*}/repaired\"\n");
        fs::permissions(path("repair-container"), fs::perms::owner_all);
    }
    [[nodiscard]] fs::path path(const std::string& name) const { return directory_.path() / name; }
    [[nodiscard]] int stopped(const std::string& arguments, const std::string& environment) const {
        const auto program = path("container-stopped").string();
        // The shell is this test's, to set the environment.
        const int status = std::system(  // NOLINT(cert-env33-c)
            (environment + " exec " + program + " " + arguments + " 2>/dev/null").c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    [[nodiscard]] std::string repaired() const { return test::read_text(path("repaired")); }

  private:
    test::TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("After a good end nothing is done") {
    const Installed installed;
    CHECK(installed.stopped("a", "SERVICE_RESULT=success") == 0);
    CHECK(installed.repaired().empty());
}

TEST_CASE("A main process that was killed is no good end, whatever the result says") {
    const Installed installed;
    CHECK(installed.stopped("a", "SERVICE_RESULT=success EXIT_CODE=exited") == 0);
    CHECK(installed.repaired().empty());
    CHECK(installed.stopped("a", "SERVICE_RESULT=success EXIT_CODE=killed") == 0);
    CHECK(installed.repaired() == "a\n");
}

TEST_CASE("After any other end the container is repaired") {
    const auto* result = GENERATE("timeout", "exit-code", "signal", "core-dump", "protocol",
                                  "watchdog", "oom-kill", "resources");
    const Installed installed;
    CHECK(installed.stopped("a", std::string("SERVICE_RESULT=") + result) == 0);
    CHECK(installed.repaired() == "a\n");
}

TEST_CASE("A wrong call is told so, and so is a repair that cannot be run") {
    const Installed installed;
    CHECK(installed.stopped("", "SERVICE_RESULT=timeout") == 2);
    CHECK(installed.stopped("a b", "SERVICE_RESULT=timeout") == 2);
    CHECK(installed.repaired().empty());
    fs::remove(installed.path("repair-container"));
    CHECK(installed.stopped("a", "SERVICE_RESULT=timeout") == 1);
}
