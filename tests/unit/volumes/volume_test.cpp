// SPDX-License-Identifier: GPL-3.0-or-later
// Directories with ACLs, made and put back in a real file system.
#include "agent/volumes/volume.hpp"

#include <sys/stat.h>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace agent;
using namespace agent::volumes;
using model::ErrorCode;
namespace fs = std::filesystem;

namespace {

const std::string kPath = "/opt/data/maps";
const Rights kRights{.read_only = {2000, 2001}, .read_write = {2002}};
const std::string kAcl =
    "user::rwx,group::---,group:2000:r-x,group:2001:r-x,group:2002:rwx,"
    "mask::rwx,other::---";

struct Machine {
    test::TemporaryDirectory directory;
    fs::path root = directory.path();

    [[nodiscard]] fs::path at(const std::string& path) const {
        return root / fs::path(path).relative_path();
    }
    [[nodiscard]] mode_t mode(const std::string& path) const {
        struct stat status {};
        REQUIRE(stat(at(path).c_str(), &status) == 0);
        return status.st_mode & 07777U;
    }
    [[nodiscard]] Former now(const std::string& path = kPath) const {
        const auto former = look(root, path);
        if (!former) FAIL(former.error().text());
        return *former;
    }
};

void must(const model::Result<>& result) {
    if (!result) FAIL(result.error().text());
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a volume is made with its rights, which what is new in it has, too") {
    const Machine machine;
    CHECK(machine.now() == Former{.missing = 3});
    must(prepare(machine.root, kPath, kRights));
    CHECK(machine.now() == Former{.missing = 0, .access = kAcl, .defaults = kAcl});
    CHECK(machine.mode("/opt") == 0755);
    CHECK(machine.mode("/opt/data") == 0755);
    fs::create_directory(machine.at(kPath + "/inner"));
    CHECK(machine.now(kPath + "/inner").defaults == kAcl);

    SECTION("twice is the same as once") {
        must(prepare(machine.root, kPath, kRights));
        CHECK(machine.now() == Former{.missing = 0, .access = kAcl, .defaults = kAcl});
    }
    SECTION("other rights take the place of those it had") {
        must(prepare(machine.root, kPath, {.read_only = {2002}, .read_write = {}}));
        CHECK(machine.now().access == "user::rwx,group::---,group:2002:r-x,mask::rwx,other::---");
    }
    SECTION("without groups it is root's alone") {
        must(prepare(machine.root, kPath, {}));
        CHECK(machine.now().access == "user::rwx,group::---,other::---");
        CHECK(machine.mode(kPath) == 0700);
    }
}

TEST_CASE("a volume of which nothing came is as it was") {
    const Machine machine;
    SECTION("all of its path was missing") {
        const auto former = machine.now();
        must(prepare(machine.root, kPath, kRights));
        must(put_back(machine.root, kPath, former));
        CHECK_FALSE(fs::exists(machine.at("/opt")));
        must(put_back(machine.root, kPath, former));
    }
    SECTION("some of its path was there") {
        fs::create_directories(machine.at("/opt"));
        const auto former = machine.now();
        CHECK(former.missing == 2);
        must(prepare(machine.root, kPath, kRights));
        must(put_back(machine.root, kPath, former));
        CHECK(fs::is_empty(machine.at("/opt")));
    }
    SECTION("something else came beside it") {
        const auto former = machine.now();
        must(prepare(machine.root, kPath, kRights));
        must(prepare(machine.root, "/opt/data/logs", {}));
        must(put_back(machine.root, kPath, former));
        CHECK_FALSE(fs::exists(machine.at(kPath)));
        CHECK(fs::exists(machine.at("/opt/data/logs")));
    }
    SECTION("something was put into it") {
        const auto former = machine.now();
        must(prepare(machine.root, kPath, kRights));
        test::write_text(machine.at(kPath + "/chart"), "here be dragons");
        must(put_back(machine.root, kPath, former));
        CHECK(test::read_text(machine.at(kPath + "/chart")) == "here be dragons");
    }
    SECTION("it was there, with rights of its own") {
        fs::create_directories(machine.at(kPath));
        for (const auto& rights : {Rights{}, Rights{.read_only = {2005}, .read_write = {2006}}}) {
            must(prepare(machine.root, kPath, rights));
            const auto former = machine.now();
            must(prepare(machine.root, kPath, kRights));
            must(put_back(machine.root, kPath, former));
            CHECK(machine.now() == former);
        }
    }
    SECTION("it was there without ACLs") {
        fs::create_directories(machine.at(kPath));
        fs::permissions(machine.at(kPath), fs::perms(0751));
        const auto former = machine.now();
        CHECK(former == Former{.missing = 0, .access = "user::rwx,group::r-x,other::--x"});
        must(prepare(machine.root, kPath, kRights));
        must(put_back(machine.root, kPath, former));
        CHECK(machine.now() == former);
        CHECK(machine.mode(kPath) == 0751);
    }
    SECTION("it was begun and not done") {
        const auto former = machine.now();
        fs::create_directories(machine.at("/opt/data"));
        must(put_back(machine.root, kPath, former));
        CHECK_FALSE(fs::exists(machine.at("/opt")));
    }
    SECTION("it went by itself") {
        fs::create_directories(machine.at(kPath));
        const auto former = machine.now();
        fs::remove_all(machine.at(kPath));
        must(put_back(machine.root, kPath, former));
    }
}

TEST_CASE("a directory that a volume inherits from opens it to nobody") {
    const Machine machine;
    must(prepare(machine.root, "/opt/data", {.read_only = {}, .read_write = {2009}}));
    must(prepare(machine.root, kPath, kRights));
    CHECK(machine.now() == Former{.missing = 0, .access = kAcl, .defaults = kAcl});
}

TEST_CASE("links, and what is no directory, are refused wherever they are") {
    struct Case {
        const char* what;
        const char* in_the_way;
        bool link;
        std::string says;
    };
    for (const auto& [what, in_the_way, link, says] :
         std::vector<Case>{{"the volume is a link", "/opt/data/maps", true, "is a symbolic link"},
                           {"what it lies in is a link", "/opt/data", true, "is a symbolic link"},
                           {"the volume is a file", "/opt/data/maps", false, "is not a directory"},
                           {"what it lies in is a file", "/opt", false, "is not a directory"}}) {
        INFO(what);
        const Machine machine;
        fs::create_directories(machine.at("/elsewhere/maps"));
        fs::create_directories(machine.at(in_the_way).parent_path());
        if (link)
            fs::create_directory_symlink(machine.at("/elsewhere"), machine.at(in_the_way));
        else
            test::write_text(machine.at(in_the_way), "");
        const auto before = test::tree_of(machine.root);
        const auto wanted = machine.at(in_the_way).string() + " " + says;
        const auto check = [&wanted](const model::Error& error) {
            INFO(error.text());
            CHECK(error.code() == ErrorCode::conflict);
            CHECK(has(error.text(), wanted));
        };
        const auto looked = look(machine.root, kPath);
        REQUIRE_FALSE(looked);
        check(looked.error());
        const auto prepared = prepare(machine.root, kPath, kRights);
        REQUIRE_FALSE(prepared);
        check(prepared.error());
        CHECK(test::tree_of(machine.root) == before);
    }
}

TEST_CASE("a file system without ACLs is refused before anything changes") {
    const auto looked = look("/", "/proc/tty/maps");
    REQUIRE_FALSE(looked);
    CHECK(looked.error().code() == ErrorCode::conflict);
    const auto text = looked.error().text();
    INFO(text);
    CHECK(has(text, "/proc/tty lies on the file system /proc (proc), which has no POSIX ACLs"));
    CHECK(has(text, "mount a file system there"));
}

TEST_CASE("a volume is removed with all that is in it, and nothing that it links to") {
    const Machine machine;
    must(prepare(machine.root, kPath, kRights));
    test::write_text(machine.at("/elsewhere/kept"), "kept");
    test::write_text(machine.at(kPath + "/deep/chart"), "gone");
    fs::create_directory_symlink(machine.at("/elsewhere"), machine.at(kPath + "/link"));
    must(remove(machine.root, kPath));
    CHECK_FALSE(fs::exists(machine.at(kPath)));
    CHECK(fs::exists(machine.at("/opt/data")));
    CHECK(test::read_text(machine.at("/elsewhere/kept")) == "kept");
    must(remove(machine.root, kPath));
    must(remove(machine.root, "/nothing/there"));
    fs::create_directory_symlink(machine.at("/elsewhere"), machine.at("/link"));
    REQUIRE_FALSE(remove(machine.root, "/link/kept"));
    CHECK(test::read_text(machine.at("/elsewhere/kept")) == "kept");
}
