// SPDX-License-Identifier: GPL-3.0-or-later
#include "generator/link_units.hpp"

#include <sys/stat.h>

#include <functional>

#include "tests/unit/catch.hpp"
#include "tests/unit/generator/operation_directory.hpp"

namespace fs = std::filesystem;
using Links = OperationDirectory::Links;
using Reports = OperationDirectory::Reports;

TEST_CASE("every unit of the current generation is linked, and the stamp says which one it is") {
    OperationDirectory directory;
    directory.make_generation("6", {"old.target"});
    directory.make_generation("7", {"base.target", "broker.service"}, {"base.target"});
    directory.use_generation("7");
    CHECK(directory.generate().empty());
    const auto units = directory.units("7").string();
    CHECK(directory.links() ==
          Links{{"base.target", units + "/base.target"},
                {"broker.service", units + "/broker.service"},
                {"installed-bundles.target.wants/base.target", units + "/base.target"},
                {"update-agent.generation", "7"}});
}

TEST_CASE("the links lead to the generation that was current when they were made") {
    OperationDirectory directory;
    directory.make_generation("7", {"base.target"});
    directory.make_generation("8", {});
    directory.use_generation("7");
    CHECK(directory.generate().empty());
    directory.use_generation("8");
    CHECK(fs::exists(directory.output() / "base.target"));
}

TEST_CASE("the marker for devices is no unit and no problem") {
    OperationDirectory directory;
    directory.make_generation("7", {"has-devices"});
    directory.use_generation("7");
    CHECK(directory.generate().empty());
    CHECK(directory.links() == Links{{"update-agent.generation", "7"}});
}

TEST_CASE("a mount unit is linked as any other, whatever is escaped in its name") {
    OperationDirectory directory;
    const std::string name = R"(var-lib-update\x2dagent-mounts-0123456789abcdef.mount)";
    directory.make_generation("7", {name});
    directory.use_generation("7");
    CHECK(directory.generate().empty());
    CHECK(directory.links() ==
          Links{{name, (directory.units("7") / name).string()}, {"update-agent.generation", "7"}});
}

TEST_CASE("where nothing is installed, nothing is done and nothing is said") {
    OperationDirectory directory;
    SECTION("there is no operation directory") {
        fs::remove_all(directory.operation());
    }
    SECTION("there is no current generation") {}
    SECTION("the current generation is the empty one that needs no directory") {
        fs::create_directories(directory.operation() / "update-agent/generations");
        directory.use_generation("0");
    }
    CHECK(directory.generate().empty());
    CHECK(directory.links().empty());
}

TEST_CASE("a systemd-units that names no generation is reported") {
    OperationDirectory directory;
    directory.make_generation("7", {"base.target"});
    const std::vector<std::string> targets = {
        "/etc/systemd/system",
        "update-agent/generations//units",
        "update-agent/generations/7",
        "update-agent/generations/x/units",
        "update-agent/generations/../units",
        "update-agent/generations/7/../7/units",
        "update-agent/generations/123456789012345678901234567890/units",
        "update-agent/generations/7/units" + std::string(200, '/') + "/units",
    };
    for (const auto& target : targets) {
        INFO(target);
        directory.set_current(target);
        CHECK(directory.generate() == Reports{{directory.operation().string(),
                                               "has a systemd-units that names no generation"}});
        CHECK(directory.links().empty());
    }
}

TEST_CASE("a systemd-units that is a directory is reported") {
    OperationDirectory directory;
    fs::create_directories(directory.operation() / "systemd-units");
    CHECK(directory.generate().size() == 1);
    CHECK(directory.links().empty());
}

TEST_CASE("a generation that is gone is reported") {
    OperationDirectory directory;
    directory.make_generation("7", {});
    directory.use_generation("9");
    const auto missing = directory.operation() / "update-agent/generations/9/";
    CHECK(directory.generate() == Reports{{missing.string(), "cannot be opened"}});
}

TEST_CASE("a broken unit is left out, by its name and reason, and the others are linked") {
    struct Case {
        const char* name;
        std::function<void(const fs::path&)> make;
        const char* reason;
    };
    const std::vector<Case> cases = {
        {"no-unit.txt", [](const fs::path& path) { std::ofstream{path}; },
         "is not the name of a unit"},
        {"b\xc3\xa4r.service", [](const fs::path& path) { std::ofstream{path}; },
         "is not the name of a unit"},
        {"link.service", [](const fs::path& path) { fs::create_symlink("base.target", path); },
         "is not a regular file"},
        {"dangling.service", [](const fs::path& path) { fs::create_symlink("nothing", path); },
         "is not a regular file"},
        {"directory.service", [](const fs::path& path) { fs::create_directory(path); },
         "is not a regular file"},
        {"fifo.service", [](const fs::path& path) { mkfifo(path.c_str(), 0600); },
         "is not a regular file"},
        {"group.service",
         [](const fs::path& path) {
             std::ofstream{path};
             fs::permissions(path, fs::perms(0664));
         },
         "may be written by others than root"},
        {"world.service",
         [](const fs::path& path) {
             std::ofstream{path};
             fs::permissions(path, fs::perms(0646));
         },
         "may be written by others than root"},
    };
    for (const auto& one : cases) {
        INFO(one.name);
        OperationDirectory directory;
        directory.make_generation("7", {"base.target"}, {"base.target"});
        directory.use_generation("7");
        one.make(directory.units() / one.name);
        CHECK(directory.generate() == Reports{{one.name, one.reason}});
        CHECK(directory.links().size() == 3);
        CHECK_FALSE(directory.links().contains(one.name));
    }
}

TEST_CASE("a directory that others than root own or may write is not entered") {
    OperationDirectory directory;
    directory.make_generation("7", {"base.target"});
    directory.use_generation("7");
    SECTION("the operation directory") {
        fs::permissions(directory.operation(), fs::perms(0775));
        CHECK(directory.generate() ==
              Reports{{directory.operation().string(), "may be written by others than root"}});
    }
    SECTION("the generation") {
        fs::permissions(directory.units().parent_path(), fs::perms(0757));
        CHECK(directory.generate() == Reports{{directory.units().parent_path().string() + "/",
                                               "may be written by others than root"}});
    }
    SECTION("another owner") {
        CHECK(directory.generate(geteuid() + 1) ==
              Reports{{directory.operation().string(), "is not owned by root"}});
    }
    SECTION("a link on the way") {
        fs::rename(directory.units().parent_path(), directory.operation() / "elsewhere");
        fs::create_symlink(directory.operation() / "elsewhere", directory.units().parent_path());
        CHECK(directory.generate().size() == 1);
    }
    CHECK(directory.links().empty());
}

TEST_CASE("what is wanted without being a good unit is reported and not linked") {
    OperationDirectory directory;
    directory.make_generation("7", {"base.target"}, {"base.target", "gone.target"});
    directory.use_generation("7");
    CHECK(directory.generate() ==
          Reports{{"gone.target", "is wanted, but is no good unit of the generation"}});
    CHECK(directory.links().contains("installed-bundles.target.wants/base.target"));
    CHECK_FALSE(directory.links().contains("installed-bundles.target.wants/gone.target"));
}

TEST_CASE("a generator that runs into links that are there already says so") {
    OperationDirectory directory;
    directory.make_generation("7", {"base.target"}, {"base.target"});
    directory.use_generation("7");
    REQUIRE(directory.generate().empty());
    CHECK(directory.generate().size() == 3);
}

TEST_CASE("a thousand units are linked") {
    OperationDirectory directory;
    std::vector<std::string> names(1000);
    for (std::size_t number = 0; number < names.size(); ++number)
        names[number] = "unit" + std::to_string(number) + ".service";
    directory.make_generation("7", names);
    directory.use_generation("7");
    CHECK(directory.generate().empty());
    CHECK(directory.links().size() == 1001);
}
