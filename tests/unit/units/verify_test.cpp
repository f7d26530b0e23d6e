// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/unit/catch.hpp"
#include "tests/unit/units/example.hpp"

namespace fs = std::filesystem;
using agent::units::render_units;
using agent::units::RenderedUnits;

namespace {

class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string pattern = fs::temp_directory_path() / "units-XXXXXX";
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() { fs::remove_all(path_); }
    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

void write_file(const fs::path& path, const std::string& text) {
    std::ofstream(path) << text;
}

std::string read_file(const fs::path& path) {
    std::ifstream file(path);
    REQUIRE(file.good());
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The package's units, with the programs where the test has them, and the host's units that they
/// need.
void write_shipped_units(const fs::path& directory, const fs::path& programs) {
    const std::pair<std::string, fs::path> variables[] = {
        {"@CMAKE_INSTALL_FULL_BINDIR@", programs},
        {"@CMAKE_INSTALL_FULL_LIBEXECDIR@/update-agent", programs}};
    for (const auto& entry : fs::directory_iterator(SOURCE_DIR "/units")) {
        if (entry.path().extension() != ".in") continue;
        auto text = read_file(entry.path());
        for (const auto& [variable, directory_of] : variables)
            for (auto at = text.find(variable); at != std::string::npos; at = text.find(variable))
                text.replace(at, variable.size(), directory_of.string());
        write_file(directory / entry.path().stem(), text);
    }
    write_file(directory / "podman.socket", "[Socket]\nListenStream=/run/podman/podman.sock\n");
    write_file(directory / "podman.service",
               "[Service]\nExecStart=" + (programs / "podman").string());
}

void write_program(const fs::path& path) {
    write_file(path, "#!/bin/sh\n");
    fs::permissions(path, fs::perms::owner_all);
}

struct Verdict {
    int exit = -1;
    std::string output;
};

/// The verdict of systemd-analyze(1) on every unit of the directory.
Verdict verify(const fs::path& directory) {
    std::string command = "SYSTEMD_UNIT_PATH='" + directory.string() +
                          ":' systemd-analyze verify --man=no --recursive-errors=yes";
    for (const auto& entry : fs::directory_iterator(directory))
        if (entry.is_regular_file()) command += " '" + entry.path().string() + "'";
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    Verdict verdict;
    std::array<char, 4096> buffer{};
    while (const auto size = std::fread(buffer.data(), 1, buffer.size(), pipe))
        verdict.output.append(buffer.data(), size);
    verdict.exit = WEXITSTATUS(pclose(pipe));
    return verdict;
}

class Verification {
  public:
    Verification() : programs_(directory_.path() / "bin"), units_(directory_.path() / "units") {
        fs::create_directories(programs_);
        fs::create_directories(units_);
        for (const char* program :
             {"podman", "update-agent", "update-agent-service", "stop-helper"})
            write_program(programs_ / program);
        write_shipped_units(units_, programs_);
    }

    [[nodiscard]] agent::units::RenderContext context() const {
        auto context = example::context();
        context.podman = programs_ / "podman";
        context.stop_helper = programs_ / "stop-helper";
        return context;
    }

    Verdict operator()(const RenderedUnits& units) {
        for (const auto& [name, text] : units.files)
            write_file(units_ / name, text);
        fs::create_directory(units_ / "installed-bundles.target.wants");
        for (const auto& name : units.wants)
            fs::create_symlink("../" + name, units_ / "installed-bundles.target.wants" / name);
        return verify(units_);
    }

  private:
    TemporaryDirectory directory_;
    fs::path programs_;
    fs::path units_;
};

}  // namespace

TEST_CASE("systemd-analyze verify says nothing on the package's units and two bundles") {
    Verification verification;
    const auto verdict =
        verification(render_units(example::base_and_addon(), verification.context()));
    CHECK(verdict.output.empty());
    CHECK(verdict.exit == 0);
}

TEST_CASE("systemd-analyze verify says nothing on every key and on hostile text") {
    Verification verification;
    auto context = verification.context();
    context.operation_directory = "/opt/with space/50%/$HOME";
    auto hostile = example::bundle("base", {example::full_container()});
    hostile.name = "%n %z ${HOME} \"quote 'x\n[Service]\nExecStartPre=/bin/evil\\";
    const auto verdict = verification(render_units(example::installed({hostile}), context));
    CHECK(verdict.output.empty());
    CHECK(verdict.exit == 0);
}

TEST_CASE("systemd-analyze verify says nothing on mounted images") {
    Verification verification;
    auto context = verification.context();
    context.operation_directory = "/opt/with space/50%/$HOME";
    const auto verdict =
        verification(render_units(example::mounted(GENERATE(false, true)), context));
    CHECK(verdict.output.empty());
    CHECK(verdict.exit == 0);
}

TEST_CASE("systemd-analyze verify sees what is wrong with a unit") {
    Verification verification;
    RenderedUnits units;
    units.files["wrong.service"] = "[Service]\nExecStart=/bin/true\nNoSuchKey=1\n";
    CHECK(verification(units).output.find("NoSuchKey") != std::string::npos);
}
