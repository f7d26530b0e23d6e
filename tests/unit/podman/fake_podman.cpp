// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/podman/fake_podman.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/unit/catch.hpp"

namespace fs = std::filesystem;

FakePodman::FakePodman(const std::string& script) {
    std::string pattern = fs::temp_directory_path() / "podman-XXXXXX";
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    write("podman",
          "#!/bin/sh\nhere=${0%/*}\n"
          "(for word in \"$@\"; do printf '[%s]' \"$word\"; done; echo) >>\"$here/calls\"\n" +
              script + "\n");
    fs::permissions(directory_ / "podman", fs::perms::owner_all);
}

FakePodman::~FakePodman() {
    fs::remove_all(directory_);
}

std::vector<std::string> FakePodman::calls() const {
    std::vector<std::string> lines;
    std::ifstream stream(directory_ / "calls");
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

void FakePodman::write(const fs::path& file, const std::string& text) const {
    fs::create_directories((directory_ / file).parent_path());
    std::ofstream(directory_ / file) << text;
}

std::string FakePodman::read(const fs::path& file) const {
    std::ifstream stream(directory_ / file);
    return {std::istreambuf_iterator<char>(stream), {}};
}
