// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/unit/store/example.hpp"

using namespace agent::store;
using agent::model::ErrorCode;

namespace {

/// Another process that holds the lock until it is ended.
class Holder {
  public:
    Holder(const Paths& paths, const std::string& operation) {
        int ready[2] = {-1, -1};
        REQUIRE(::pipe(ready) == 0);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            const auto lock = Lock::acquire(paths, operation);
            const char answer = lock ? 'y' : 'n';
            static_cast<void>(::write(ready[1], &answer, 1) == 1);
            ::pause();
            ::_exit(0);
        }
        ::close(ready[1]);
        char answer = 'n';
        REQUIRE(::read(ready[0], &answer, 1) == 1);
        ::close(ready[0]);
        REQUIRE(answer == 'y');
    }
    ~Holder() { kill(); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = 0;
};

}  // namespace

TEST_CASE("the lock is held by one, and free again after it") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    {
        const auto lock = test::must(Lock::acquire(paths, "install"));
        CHECK(Lock::acquire(paths, "remove").error().code() == ErrorCode::busy);
    }
    test::must(Lock::acquire(paths, "remove"));
}

TEST_CASE("the loser is told who holds the lock since when, in another process") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    const Holder holder(paths, "install \"a\"\n");
    const auto lock = Lock::acquire(paths, "remove");
    REQUIRE_FALSE(lock);
    CHECK(lock.error().code() == ErrorCode::busy);
    const std::string text = lock.error().text();
    const std::string begin = "another operation is running: install \"a\"\n (pid " +
                              std::to_string(holder.pid()) + ", since ";
    CHECK(text.substr(0, begin.size()) == begin);
    const std::string end = "Z); wait for it to end";
    CHECK(text.substr(text.size() - end.size()) == end);
    CHECK(text.size() == begin.size() + std::string("2026-01-02 03:04:05").size() + end.size());
}

TEST_CASE("a killed holder holds nothing, and what it wrote is not believed") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    Holder holder(paths, "a long name of an operation that was killed");
    holder.kill();
    CHECK(test::read_text(paths.lock()).find("was killed") != std::string::npos);
    const auto lock = test::must(Lock::acquire(paths, "x"));
    const auto other = Lock::acquire(paths, "y");
    REQUIRE_FALSE(other);
    CHECK(other.error().text().find(": x (pid " + std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("whatever lies in the lock's file, the lock is the kernel's") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    const std::string rest = ",\"operation\":\"x\",\"since\":\"2026-01-02T03:04:05Z\"}\n";
    for (const auto& text : std::vector<std::string>{
             "", "{", "[]", "\xFF\xFF", "{\"format\":2}\n", "{\"pid\":\"1\"}\n",
             "{\"format\":1,\"pid\":-1" + rest, "{\"format\":1,\"pid\":2147483647" + rest}) {
        INFO(text);
        test::write_text(paths.lock(), text);
        const auto lock = test::must(Lock::acquire(paths, "install"));
        test::write_text(paths.lock(), text);
        const auto other = Lock::acquire(paths, "remove");
        REQUIRE_FALSE(other);
        CHECK(other.error().text() == "another operation is running; wait for it to end");
    }
}

TEST_CASE("a lock that moves is held once, until the last owner ends") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    const Paths others(temporary.path() / "other");
    {
        auto first = test::must(Lock::acquire(paths, "install"));
        auto second = std::move(first);
        CHECK_FALSE(Lock::acquire(paths, "remove"));
        second = test::must(Lock::acquire(others, "install"));
        CHECK(Lock::acquire(paths, "remove"));
        CHECK_FALSE(Lock::acquire(others, "remove"));
    }
    CHECK(Lock::acquire(others, "remove"));
}

TEST_CASE("only root can open the lock, and no child inherits it") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    const auto lock = test::must(Lock::acquire(paths, "install"));
    struct stat status {};
    REQUIRE(::stat(paths.lock().c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0600);
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (std::filesystem::read_symlink(entry.path(), gone) != paths.lock()) continue;
        const int flags = ::fcntl(std::stoi(entry.path().filename()), F_GETFD);
        CHECK((flags & FD_CLOEXEC) != 0);
    }
}
