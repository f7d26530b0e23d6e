// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/operations/package_cases.hpp"

namespace test {

std::string tool_description() {
    return R"(format = 1
id = "tool"
name = "Tool"
version = "1.0.0"
start-timeout = "1s"
settle-time = "200ms"
type = "addon"
[[host-packages]]
name = "driver"
version = ">= 2.0"
[[host-packages]]
name = "systemd"
[[containers]]
name = "hammer"
image = "localhost/hammer:1"
)";
}

const std::filesystem::path& tool_bundle() {
    static const TemporaryDirectory directory;
    static const auto file = make_bundle(directory.path() / "tool.bundle", tool_description());
    return file;
}

void fill_sources(Scene& scene) {
    scene.installer.sources = {{"driver", {.version = "2.0", .depends = {"firmware"}}},
                               {"firmware", {.version = "1:7-1"}}};
}

}  // namespace test
