// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/hooks/hook_directories.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::hooks::find_hooks;
using agent::hooks::HookDirectories;
using agent::host::HookPoint;
using agent::model::ErrorCode;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

class Hooks {
  public:
    void add(const std::string& name, const std::string& script, mode_t mode = 0755) const {
        const auto path = directory_.path() / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
        ::chmod(path.c_str(), mode);
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(directory_.path() / name).rdbuf();
        return text.str();
    }
    [[nodiscard]] auto run(HookPoint point, const std::string& document = "{}") const {
        return HookDirectories(directory_.path(), 300ms).run(point, document);
    }
    [[nodiscard]] fs::path path(const std::string& name) const { return directory_.path() / name; }
    [[nodiscard]] std::string log() const { return path("log").string(); }

  private:
    test::TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("The programs of a point run in their order, and read the document") {
    const Hooks hooks;
    hooks.add("after.d/20-b", "echo b >>" + hooks.log());
    hooks.add("after.d/10-a", "cat >>" + hooks.log());
    hooks.add("before.d/x", "echo wrong >>" + hooks.log());
    const std::string document(200'000, 'x');
    REQUIRE(hooks.run(HookPoint::after, document + "\n"));
    CHECK(hooks.read("log") == document + "\nb\n");
}

TEST_CASE("Only executable files with plain names are hooks") {
    const Hooks hooks;
    hooks.add("before.d/runs_1-A", "exit 0");
    hooks.add("before.d/backup~", "exit 1");
    hooks.add("before.d/new.dpkg-new", "exit 1");
    hooks.add("before.d/notes", "exit 1", 0644);
    fs::create_directory(hooks.path("before.d/directory"));
    fs::create_symlink("/no/such", hooks.path("before.d/dangling"));
    const auto found = find_hooks(hooks.path("before.d"));
    REQUIRE(found);
    CHECK(*found == std::vector<fs::path>{hooks.path("before.d/runs_1-A")});
    CHECK(hooks.run(HookPoint::before));
    CHECK(hooks.run(HookPoint::failed));  // no directory
}

TEST_CASE("What others may write is not run") {
    for (const mode_t mode : {0775U, 0757U}) {
        const Hooks hooks;
        hooks.add("before.d/open", "touch " + hooks.log(), mode);
        const auto refused = hooks.run(HookPoint::before);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == ErrorCode::not_permitted);
        CHECK(refused.error().text().find("before.d/open may be written by others") !=
              std::string::npos);
        CHECK_FALSE(fs::exists(hooks.log()));
    }
}

TEST_CASE("Before an operation the first that fails ends it, with its words") {
    const Hooks hooks;
    hooks.add("before.d/1", "echo not today >&2; exit 3");
    hooks.add("before.d/2", "touch " + hooks.log());
    const auto refused = hooks.run(HookPoint::before);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::conflict);
    CHECK(refused.error().text() ==
          "the hook " + hooks.path("before.d/1").string() + " ended with 3: not today");
    CHECK_FALSE(fs::exists(hooks.log()));
}

TEST_CASE("After it all of them run, and what fails of them is told together") {
    const Hooks hooks;
    hooks.add("failed.d/1", "exit 1");
    hooks.add("failed.d/2", "touch " + hooks.log());
    hooks.add("failed.d/3", "exit 2");
    const auto told = hooks.run(HookPoint::failed);
    REQUIRE_FALSE(told);
    CHECK(told.error().text().find("failed.d/1 ended with 1") != std::string::npos);
    CHECK(told.error().text().find("failed.d/3 ended with 2") != std::string::npos);
    CHECK(fs::exists(hooks.log()));
}

TEST_CASE("One that does not end is killed") {
    const Hooks hooks;
    hooks.add("before.d/slow", "exec sleep 100");
    const auto refused = hooks.run(HookPoint::before);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text().find("did not end within 300 ms") != std::string::npos);
}
