// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/unit_files.hpp"

#include <filesystem>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::systemd::host_unit_file;
namespace fs = std::filesystem;

namespace {

/// A unit path below a temporary directory, with the directories of a real one.
class UnitPath {
  public:
    UnitPath() {
        for (const auto& directory : directories())
            fs::create_directories(directory);
    }

    [[nodiscard]] std::vector<std::string> directories() const {
        std::vector<std::string> list;
        for (const char* name :
             {"etc/systemd/system", "run/systemd/system", "run/systemd/generator",
              "usr/lib/systemd/system", "run/systemd/generator.late"})
            list.push_back(path(name));
        return list;
    }
    void file(const fs::path& path) const { test::write_text(root_.path() / path, "[Unit]\n"); }
    void link(const fs::path& path, const fs::path& target) const {
        fs::create_symlink(target, root_.path() / path);
    }
    [[nodiscard]] std::string path(const fs::path& name) const { return root_.path() / name; }

  private:
    test::TemporaryDirectory root_;
};

}  // namespace

TEST_CASE("A name that no directory has is free") {
    CHECK_FALSE(host_unit_file("a.service", UnitPath().directories()));
}

TEST_CASE("A unit of the host takes its name, the first directory of the unit path wins") {
    const UnitPath units;
    units.file("usr/lib/systemd/system/a.service");
    CHECK(host_unit_file("a.service", units.directories()) ==
          units.path("usr/lib/systemd/system/a.service"));
    units.file("etc/systemd/system/a.service");
    CHECK(host_unit_file("a.service", units.directories()) ==
          units.path("etc/systemd/system/a.service"));
    CHECK_FALSE(host_unit_file("b.service", units.directories()));
}

TEST_CASE("An alias and a mask in /etc take their names, too, even where their target is gone") {
    const UnitPath units;
    units.link("etc/systemd/system/alias.service", "/usr/lib/systemd/system/real.service");
    units.link("etc/systemd/system/masked.service", "/dev/null");
    CHECK(host_unit_file("alias.service", units.directories()));
    CHECK(host_unit_file("masked.service", units.directories()));
}

TEST_CASE("A mask until the next boot takes no name") {
    const UnitPath units;
    units.link("run/systemd/system/a.service", "/dev/null");
    CHECK_FALSE(host_unit_file("a.service", units.directories()));
}

TEST_CASE("A link in a generator's directory takes no name, a file does") {
    const UnitPath units;
    units.link("run/systemd/generator.late/ours.service", "/opt/units/ours.service");
    units.file("run/systemd/generator.late/sysv.service");
    CHECK_FALSE(host_unit_file("ours.service", units.directories()));
    CHECK(host_unit_file("sysv.service", units.directories()));
    CHECK(agent::systemd::is_linked_by_generator("ours.service", units.directories()));
    CHECK_FALSE(agent::systemd::is_linked_by_generator("sysv.service", units.directories()));
}

TEST_CASE("Generated files are told by their directory") {
    CHECK(agent::systemd::is_generated("/run/systemd/generator/a.mount"));
    CHECK(agent::systemd::is_generated("/run/systemd/generator.late/a.service"));
    CHECK_FALSE(agent::systemd::is_generated("/run/systemd/transient/a.service"));
    CHECK_FALSE(agent::systemd::is_generated("/etc/systemd/system/generator.service"));
}
