// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/unit/temporary_directory.hpp"

/// A program in the place of podman, in a directory of its own that goes with the object. What the
/// real one does is tested in a machine; here it is what it is asked and how its answers are taken.
class FakePodman {
  public:
    /// `script` is the body of a shell script; `$*` are podman's arguments.
    explicit FakePodman(const std::string& script);

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
    [[nodiscard]] std::string program() const { return directory() / "podman"; }
    /// Every call so far, its arguments in brackets.
    [[nodiscard]] std::vector<std::string> calls() const;
    void write(const std::filesystem::path& file, const std::string& text) const;
    [[nodiscard]] std::string read(const std::filesystem::path& file) const;

  private:
    test::TemporaryDirectory directory_;
};
