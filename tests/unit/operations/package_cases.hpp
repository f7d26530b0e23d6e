// SPDX-License-Identifier: GPL-3.0-or-later
// A bundle that wants Debian packages which are not there.
#pragma once

#include "tests/unit/operations/scene.hpp"

namespace test {

/// `tool` wants the packages `driver`, which depends on `firmware`, and `systemd`, which is there.
std::string tool_description();
const std::filesystem::path& tool_bundle();
/// The machine's package sources have what it wants.
void fill_sources(Scene& scene);

}  // namespace test
