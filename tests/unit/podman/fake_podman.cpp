// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/podman/fake_podman.hpp"

#include <fstream>

namespace fs = std::filesystem;

FakePodman::FakePodman(const std::string& script) {
    write("podman",
          "#!/bin/sh\nhere=${0%/*}\n"
          "(for word in \"$@\"; do printf '[%s]' \"$word\"; done; echo) >>\"$here/calls\"\n" +
              script + "\n");
    fs::permissions(directory() / "podman", fs::perms::owner_all);
}

std::vector<std::string> FakePodman::calls() const {
    std::vector<std::string> lines;
    std::ifstream stream(directory() / "calls");
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

void FakePodman::write(const fs::path& file, const std::string& text) const {
    test::write_text(directory() / file, text);
}

std::string FakePodman::read(const fs::path& file) const {
    return test::read_text(directory() / file);
}
