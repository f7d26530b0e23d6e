// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/atomic_file.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "tests/unit/store/example.hpp"
#include "tests/unit/store/faults.hpp"

using namespace agent::store;
using agent::model::ErrorCode;
namespace fs = std::filesystem;

namespace {

unsigned mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

/// Sets the umask for one test.
class Umask {
  public:
    explicit Umask(mode_t mask) : before_(::umask(mask)) {}
    ~Umask() { ::umask(before_); }
    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;

  private:
    mode_t before_;
};

}  // namespace

TEST_CASE("a file is written whole, with its mode, whatever the umask") {
    const test::TemporaryDirectory temporary;
    const Umask umask(077);
    const auto file = temporary.path() / "state";
    test::must(write_file_atomically(file, "one"));
    CHECK(mode_of(file) == 0644);
    test::must(write_file_atomically(file, std::string("t\0wo", 4), 0600));
    CHECK(mode_of(file) == 0600);
    CHECK(test::tree_of(temporary.path()) ==
          std::map<std::string, std::string>{{"state", std::string("t\0wo", 4)}});
}

TEST_CASE("a file that cannot be written leaves the old one and nothing else") {
    const test::TemporaryDirectory temporary;
    const auto file = temporary.path() / "state";
    test::must(write_file_atomically(file, "old"));
    unsigned n = 1;
    for (;; ++n) {
        test::Faults::fail_at(n, ENOSPC);
        const auto written = write_file_atomically(file, "new");
        if (!test::Faults::disarm()) break;
        INFO("call " << n);
        REQUIRE_FALSE(written);
        CHECK(written.error().code() == ErrorCode::no_space);
        CHECK(written.error().text().find(temporary.path().string()) != std::string::npos);
        const auto tree = test::tree_of(temporary.path());
        CHECK(tree.size() == 1);
        CHECK((tree.at("state") == "old" || n == 6));
    }
    CHECK(n == 7);  // create, write, chmod, fsync, rename, fsync of the directory
    CHECK(test::read_text(file) == "new");
}

TEST_CASE("a failed fsync is an error, of a file and of its directory") {
    const test::TemporaryDirectory temporary;
    test::Faults::fail_always("fsync", EIO);
    const auto file = write_file_atomically(temporary.path() / "file", "text");
    const auto link = replace_link_atomically(temporary.path() / "link", "target");
    const auto directories = make_directories(temporary.path() / "a/b");
    test::Faults::disarm();
    for (const auto& result : {file, link, directories}) {
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::internal);
        CHECK(result.error().text().find("cannot sync") != std::string::npos);
    }
    CHECK_FALSE(fs::exists(temporary.path() / "file"));
}

TEST_CASE("a file gets its name only after its content is on disk") {
    const test::TemporaryDirectory temporary;
    const auto file = temporary.path() / "state";
    test::Faults::start_recording();
    const auto written = write_file_atomically(file, "text");
    const auto calls = test::Faults::stop_recording();
    test::must(written);
    std::string names;
    for (const auto& call : calls)
        names += call.name + " ";
    CHECK(names == "create write chmod fsync rename fsync ");
    CHECK(calls[3].path == calls[0].path);
    CHECK(calls[4].target == file.string());
    CHECK(calls[5].path == temporary.path().string());
}

TEST_CASE("temporary names that a dead process left are passed over") {
    const test::TemporaryDirectory temporary;
    const auto stale = temporary.path() / (".new-" + std::to_string(::getpid()) + "-0");
    test::write_text(stale, "left by another one with this pid");
    test::must(write_file_atomically(temporary.path() / "state", "text"));
    CHECK(test::read_text(temporary.path() / "state") == "text");
    CHECK(test::read_text(stale) == "left by another one with this pid");
}

TEST_CASE("a link is made, and replaced in one step") {
    const test::TemporaryDirectory temporary;
    const auto link = temporary.path() / "link";
    test::must(replace_link_atomically(link, "a/b"));
    CHECK(fs::read_symlink(link) == "a/b");
    test::must(replace_link_atomically(link, "dangling"));
    CHECK(test::tree_of(temporary.path()) ==
          std::map<std::string, std::string>{{"link", "-> dangling"}});
}

TEST_CASE("a link does not replace a directory") {
    const test::TemporaryDirectory temporary;
    fs::create_directory(temporary.path() / "link");
    CHECK_FALSE(replace_link_atomically(temporary.path() / "link", "a"));
    CHECK(test::tree_of(temporary.path()).size() == 1);
}

TEST_CASE("reading tells absent, too large and unfit files apart") {
    const test::TemporaryDirectory temporary;
    const auto file = temporary.path() / "file";
    CHECK(read_file(file).error().code() == ErrorCode::not_found);
    const std::string text(100'000, 'x');
    test::write_text(file, text);
    CHECK(test::must(read_file(file)) == text);
    CHECK(test::must(read_file(file, 100'000)).size() == 100'000);
    CHECK(read_file(file, 99'999).error().code() == ErrorCode::invalid);
    CHECK(read_file(temporary.path()).error().code() == ErrorCode::invalid);
    REQUIRE(::mkfifo((temporary.path() / "fifo").c_str(), 0600) == 0);
    CHECK(read_file(temporary.path() / "fifo").error().code() == ErrorCode::invalid);
}

TEST_CASE("what moves into place does not move over something") {
    const test::TemporaryDirectory temporary;
    test::write_text(temporary.path() / ".new-1/file", "new");
    test::must(move_into_place(temporary.path() / ".new-1", temporary.path() / "1"));
    CHECK(test::read_text(temporary.path() / "1/file") == "new");
    fs::create_directory(temporary.path() / ".new-1");
    CHECK_FALSE(move_into_place(temporary.path() / ".new-1", temporary.path() / "1"));
    CHECK(test::read_text(temporary.path() / "1/file") == "new");
}

TEST_CASE("directories are made with their parents, readable by all") {
    const test::TemporaryDirectory temporary;
    const Umask umask(077);
    test::must(make_directories(temporary.path() / "a/b/c/"));
    test::must(make_directories(temporary.path() / "a/b/c"));
    for (const auto* path : {"a", "a/b", "a/b/c"})
        CHECK(mode_of(temporary.path() / path) == 0755);
    test::write_text(temporary.path() / "file", "");
    CHECK_FALSE(make_directories(temporary.path() / "file/below"));
    CHECK_FALSE(make_directories(temporary.path() / "file"));
}

TEST_CASE("a tree that cannot be synced is an error") {
    const test::TemporaryDirectory temporary;
    test::must(sync_tree(temporary.path()));
    CHECK(sync_tree(temporary.path() / "never there").error().code() == ErrorCode::not_found);
    test::Faults::fail_always("syncfs", EIO);
    const auto synced = sync_tree(temporary.path());
    test::Faults::disarm();
    REQUIRE_FALSE(synced);
    CHECK(synced.error().code() == ErrorCode::internal);
}

TEST_CASE("removing a tree follows no link") {
    const test::TemporaryDirectory temporary;
    test::write_text(temporary.path() / "outside/file", "stays");
    test::write_text(temporary.path() / "tree/a/b", "goes");
    fs::create_directory_symlink("../../outside", temporary.path() / "tree/a/link");
    fs::create_directory_symlink("outside", temporary.path() / "link");
    test::must(remove_tree(temporary.path() / "tree"));
    test::must(remove_tree(temporary.path() / "link"));
    test::must(remove_tree(temporary.path() / "never there"));
    CHECK(test::tree_of(temporary.path()) ==
          std::map<std::string, std::string>{{"outside", "/"}, {"outside/file", "stays"}});
}
