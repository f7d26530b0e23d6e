// SPDX-License-Identifier: GPL-3.0-or-later
// What a program inherits on purpose: it holds a lock for as long as it runs.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "agent/process/child.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::process::Child;
using agent::process::Command;
using agent::process::run;
using namespace std::chrono_literals;

namespace {

Command shell(const std::string& script) {
    return {{"sh", "-c", script}, {}, 20s};
}

/// A file that is locked through a descriptor of ours, as the lock of an operation is.
class LockedFile {
  public:
    LockedFile() : descriptor_(open(path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        REQUIRE(flock(descriptor_, LOCK_EX | LOCK_NB) == 0);
    }
    ~LockedFile() { close_ours(); }
    LockedFile(const LockedFile&) = delete;
    LockedFile& operator=(const LockedFile&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }
    [[nodiscard]] std::string path() const { return directory_.path() / "lock"; }
    void close_ours() { close(std::exchange(descriptor_, -1)); }
    [[nodiscard]] bool is_free() const {
        const int other = open(path().c_str(), O_RDWR | O_CLOEXEC);
        const bool taken = flock(other, LOCK_EX | LOCK_NB) == 0;
        close(other);
        return taken;
    }

  private:
    test::TemporaryDirectory directory_;
    int descriptor_;
};

}  // namespace

TEST_CASE("A program gets the descriptor that it shall inherit as 3, and no other one") {
    const LockedFile file;
    Command command{{"sh", "-c", "readlink /proc/self/fd/3; ls /proc/self/fd"}, {}, 20s};
    command.inherited = file.descriptor();
    const auto output = run(command);
    REQUIRE(output);
    // The fifth is the directory that ls reads.
    CHECK(output->standard_output == file.path() + "\n0\n1\n2\n3\n4\n");
}

TEST_CASE("It is 3 in the program whatever it is here, also 3 itself") {
    const int kept = fcntl(3, F_DUPFD_CLOEXEC, 100);
    close(3);
    {
        const LockedFile file;
        REQUIRE(file.descriptor() == 3);
        for (const int here : {3, fcntl(3, F_DUPFD_CLOEXEC, 100)}) {
            INFO(here);
            Command command = shell("readlink /proc/self/fd/3");
            command.inherited = here;
            const auto output = run(command);
            REQUIRE(output);
            CHECK(output->standard_output == file.path() + "\n");
            if (here != 3) close(here);
        }
    }
    if (kept < 0) return;
    CHECK(dup2(kept, 3) == 3);
    close(kept);
}

TEST_CASE("A lock is held until the program that inherited it has ended, whoever closes it here") {
    LockedFile file;
    Command command = shell("touch \"$BESIDE.started\"; read line < \"$BESIDE.end\"; exit 5");
    command.environment = {{"BESIDE", file.path()}};
    command.inherited = file.descriptor();
    REQUIRE(mkfifo((file.path() + ".end").c_str(), 0600) == 0);
    auto child = Child::spawn(command);
    REQUIRE(child);
    file.close_ours();
    // Opening it for writing waits for the program to open it for reading.
    const int end = open((file.path() + ".end").c_str(), O_WRONLY | O_CLOEXEC);
    CHECK(std::filesystem::exists(file.path() + ".started"));
    CHECK_FALSE(file.is_free());
    close(end);
    CHECK(child->end_status() == 5);
    CHECK(file.is_free());
}

TEST_CASE("Without a descriptor to inherit, a program has none that is 3") {
    LockedFile file;
    const auto output = run(shell("test ! -e /proc/self/fd/3 && echo closed"));
    REQUIRE(output);
    CHECK(output->standard_output == "closed\n");
    file.close_ours();
    CHECK(file.is_free());
}
