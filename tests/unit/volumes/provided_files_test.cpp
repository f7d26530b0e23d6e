// SPDX-License-Identifier: GPL-3.0-or-later
// Files that come from an image into volumes, and go again.
#include "agent/volumes/provided_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "agent/volumes/volume.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace agent;
using namespace agent::volumes;
using model::ErrorCode;
using test::read_text;
using test::write_text;
namespace fs = std::filesystem;

namespace {

const std::string kVolume = "/opt/data/maps";

struct Machine {
    test::TemporaryDirectory directory;
    fs::path root = directory.path() / "machine";
    fs::path image = directory.path() / "image";

    Machine() {
        fs::create_directories(root);
        const auto made = prepare(root, kVolume, {.read_only = {2000}, .read_write = {}});
        if (!made) FAIL(made.error().text());
        write_text(image / "share/maps/north", "north");
        write_text(image / "share/maps/deep/south", "south");
        fs::create_directory(image / "share/maps/empty");
        write_text(image / "bin/tool", "#!/bin/sh\n");
        fs::permissions(image / "bin/tool", fs::perms::owner_all | fs::perms::others_exec);
        const timespec times[] = {{1000, 0}, {2000, 5}};
        REQUIRE(::utimensat(AT_FDCWD, (image / "share/maps/north").c_str(), times, 0) == 0);
    }
    [[nodiscard]] fs::path in_volume(const std::string& name) const {
        return root / fs::path(kVolume).relative_path() / name;
    }
    [[nodiscard]] auto copy(const std::vector<ProvidedFiles>& wanted) const {
        return copy_provided(image, root, wanted);
    }
    [[nodiscard]] std::vector<CopiedEntry> have(const std::vector<ProvidedFiles>& wanted) const {
        auto copied = copy(wanted);
        if (!copied) FAIL(copied.error().text());
        return *copied;
    }
    [[nodiscard]] std::map<std::string, std::string> tree() const { return test::tree_of(root); }
};

const std::vector<ProvidedFiles> kBoth = {{"/share/maps", kVolume, "/charts/of"},
                                          {"/bin/tool", kVolume, "/tool"}};

}  // namespace

TEST_CASE("files come with their times, and with the rights of the volume") {
    const Machine machine;
    const auto copied = machine.have(kBoth);
    CHECK(read_text(machine.in_volume("charts/of/north")) == "north");
    CHECK(read_text(machine.in_volume("charts/of/deep/south")) == "south");
    CHECK(fs::is_directory(machine.in_volume("charts/of/empty")));
    struct stat status {};
    REQUIRE(::stat(machine.in_volume("charts/of/north").c_str(), &status) == 0);
    CHECK(status.st_mtim.tv_sec == 2000);
    CHECK(status.st_mtim.tv_nsec == 5);
    // The group's bits are the mask; all others have nothing, as the volume says.
    CHECK((status.st_mode & 07777U) == 0660);
    REQUIRE(::stat(machine.in_volume("tool").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777U) == 0770);
    const auto rights = look(machine.root, kVolume + "/charts/of");
    REQUIRE(rights);
    CHECK(rights->access == rights->defaults);
    CHECK(copied.size() == 7);
}

TEST_CASE("what was copied is removed to the last directory, and nothing else") {
    const Machine machine;
    const auto before = machine.tree();
    const auto copied = machine.have(kBoth);
    SECTION("all is as it was copied") {
        CHECK(remove_provided(machine.root, copied).value().empty());
        CHECK(machine.tree() == before);
        CHECK(remove_provided(machine.root, copied).value().empty());
    }
    SECTION("what was changed, and what was added, stays") {
        write_text(machine.in_volume("charts/of/north"), "changed");
        write_text(machine.in_volume("charts/mine"), "mine");
        CHECK(remove_provided(machine.root, copied).value() ==
              std::vector<std::string>{kVolume + "/charts/of/north"});
        CHECK(read_text(machine.in_volume("charts/of/north")) == "changed");
        CHECK(read_text(machine.in_volume("charts/mine")) == "mine");
        CHECK_FALSE(fs::exists(machine.in_volume("charts/of/deep")));
        CHECK_FALSE(fs::exists(machine.in_volume("tool")));
    }
    SECTION("a link in the place of a file or directory is not followed") {
        write_text(machine.directory.path() / "other/south", "south");
        fs::remove_all(machine.in_volume("charts/of/deep"));
        fs::create_directory_symlink(machine.directory.path() / "other",
                                     machine.in_volume("charts/of/deep"));
        CHECK(remove_provided(machine.root, copied).value().size() == 2);
        CHECK(fs::exists(machine.directory.path() / "other/south"));
    }
    SECTION("neither a pipe nor a directory in a file's place is in the way") {
        fs::remove(machine.in_volume("tool"));
        REQUIRE(::mkfifo(machine.in_volume("tool").c_str(), 0600) == 0);
        fs::remove(machine.in_volume("charts/of/north"));
        fs::create_directory(machine.in_volume("charts/of/north"));
        CHECK(remove_provided(machine.root, copied).value() ==
              std::vector<std::string>{kVolume + "/tool", kVolume + "/charts/of/north"});
    }
}

TEST_CASE("a directory that was there before stays") {
    const Machine machine;
    fs::create_directories(machine.in_volume("charts/of"));
    const auto copied = machine.have(kBoth);
    CHECK(remove_provided(machine.root, copied).value().empty());
    CHECK(fs::is_empty(machine.in_volume("charts/of")));
}

TEST_CASE("what is in a directory can come to the top of a volume") {
    const Machine machine;
    const auto copied = machine.have({{"/share/maps", kVolume, "/"}});
    CHECK(read_text(machine.in_volume("deep/south")) == "south");
    CHECK(remove_provided(machine.root, copied).value().empty());
    CHECK(fs::is_empty(machine.in_volume("")));
}

TEST_CASE("links of an image are followed in the image only") {
    const Machine machine;
    write_text(machine.directory.path() / "secret", "of the host");
    fs::create_symlink("/share/maps/north", machine.image / "absolute");
    fs::create_symlink("../../../../../../../share/maps/north", machine.image / "upward");
    CHECK(machine.have({{"/absolute", kVolume, "/a"}, {"/upward", kVolume, "/b"}}).size() == 2);
    CHECK(read_text(machine.in_volume("a")) == "north");
    CHECK(read_text(machine.in_volume("b")) == "north");
    fs::create_symlink(machine.directory.path() / "secret", machine.image / "out");
    const auto out = machine.copy({{"/out", kVolume, "/c"}});
    REQUIRE_FALSE(out);
    CHECK(out.error().code() == ErrorCode::invalid);
}

TEST_CASE("what cannot be copied is told before anything is") {
    struct Case {
        const char* what;
        std::vector<ProvidedFiles> wanted;
        ErrorCode code;
        const char* text;
    };
    const std::vector<Case> cases = {
        {"a source is missing",
         {{"/bin/tool", kVolume, "/tool"}, {"/nothing", kVolume, "/x"}},
         ErrorCode::invalid,
         "the image has no /nothing"},
        {"a target is there",
         {{"/bin/tool", kVolume, "/new"}, {"/bin/tool", kVolume, "/taken"}},
         ErrorCode::conflict,
         "/opt/data/maps/taken is there already"},
        {"a file is where a directory is to be",
         {{"/bin/tool", kVolume, "/new"}, {"/share/maps", kVolume, "/taken/x"}},
         ErrorCode::conflict,
         "taken is not a directory"},
        {"a link is in the way",
         {{"/bin/tool", kVolume, "/new"}, {"/share/maps", kVolume, "/link"}},
         ErrorCode::conflict,
         "/opt/data/maps/link is there already"},
        {"a link is on the way",
         {{"/bin/tool", kVolume, "/new"}, {"/bin/tool", kVolume, "/link/x"}},
         ErrorCode::conflict,
         "link is a symbolic link"},
        {"two come to one place",
         {{"/bin/tool", kVolume, "/new"}, {"/share/maps/north", kVolume, "/new"}},
         ErrorCode::conflict,
         "two files"},
        {"a directory has something else",
         {{"/bin/tool", kVolume, "/new"}, {"/odd", kVolume, "/odd"}},
         ErrorCode::invalid,
         "/odd/pipe of the image is neither"},
        {"a directory has a link to a directory",
         {{"/bin/tool", kVolume, "/new"}, {"/round", kVolume, "/round"}},
         ErrorCode::invalid,
         "/round/again of the image is a link to a directory"},
    };
    const Machine machine;
    write_text(machine.in_volume("taken"), "mine");
    fs::create_directory_symlink("/etc", machine.in_volume("link"));
    fs::create_directory(machine.image / "odd");
    REQUIRE(::mkfifo((machine.image / "odd/pipe").c_str(), 0600) == 0);
    fs::create_directory(machine.image / "round");
    fs::create_directory_symlink(".", machine.image / "round/again");
    const auto before = machine.tree();
    for (const auto& each : cases) {
        INFO(each.what);
        const auto copied = machine.copy(each.wanted);
        REQUIRE_FALSE(copied);
        INFO(copied.error().text());
        CHECK(copied.error().code() == each.code);
        CHECK(copied.error().text().find(each.text) != std::string::npos);
        Targets targets;
        CHECK_FALSE(check_copies(machine.image, machine.root, each.wanted, targets));
        CHECK(machine.tree() == before);
    }
}

TEST_CASE("what goes before is not in the way, unless it was changed") {
    const Machine machine;
    const auto copied = machine.have(kBoth);
    const std::vector<ProvidedFiles> other = {{"/share/maps", kVolume, "/tool"},
                                              {"/bin/tool", kVolume, "/charts/of"}};
    for (const auto& wanted : {kBoth, other}) {
        Targets targets{.going = copied};
        CHECK(check_copies(machine.image, machine.root, wanted, targets));
        CHECK_FALSE(check_copies(machine.image, machine.root, wanted, targets));
        Targets none;
        CHECK_FALSE(check_copies(machine.image, machine.root, wanted, none));
    }
    write_text(machine.in_volume("tool"), "changed");
    Targets targets{.going = copied};
    const auto checked = check_copies(machine.image, machine.root, kBoth, targets);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().text().find("/opt/data/maps/tool is there already") != std::string::npos);
}
