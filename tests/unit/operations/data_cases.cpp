// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/operations/data_cases.hpp"

namespace test {

std::string data_description() {
    return patched(base_description(), "[[containers]]\nname = \"broker\"\n",
                   R"([[volumes]]
name = "maps"
shared = true
[[init-containers]]
name = "setup"
image = "localhost/setup:1"
[[init-containers]]
name = "migrate"
image = "localhost/setup:1"
max-wait = "90s"
mounts = [{volume = "maps", target = "/maps"}]
[[containers]]
name = "broker"
mounts = [{volume = "maps", target = "/maps"}]
)");
}

namespace {

/// Without the bridge, so that one container has all volumes.
std::string lone_description(const std::string& broker) {
    const auto lone = patched(data_description(),
                              "[[containers]]\nname = \"bridge\"\nimage = "
                              "\"localhost/bridge:1\"\nrequires = [\"broker\"]\n",
                              "");
    return patched(lone, "name = \"broker\"", "name = \"" + broker + "\"");
}

}  // namespace

const DataBundles& data_bundles() {
    static const TemporaryDirectory directory;
    static const DataBundles made = {
        .base = make_bundle(directory.path() / "base.bundle", data_description()),
        .newer = make_bundle(directory.path() / "newer.bundle",
                             patched(patched(data_description(), "1.0.0", "1.1.0"),
                                     "name = \"broker\"", "name = \"broker\"\ninit = true")),
        .lone = make_bundle(directory.path() / "lone.bundle", lone_description("broker")),
        .renamed = make_bundle(directory.path() / "renamed.bundle",
                               patched(lone_description("dealer"), "1.0.0", "1.2.0"))};
    return made;
}

std::string file_description() {
    return R"(format = 1
id = "chart"
name = "Chart"
version = "1.0.0"
start-timeout = "1s"
settle-time = "200ms"
type = "addon"
[bundle-group]
name = "chart"
gid = 2300
[[file-providers]]
image = "localhost/files:1"
copy = [{from = "/share", volume = "default", to = "/of"}]
[[containers]]
name = "plotter"
image = "localhost/plotter:1"
mounts = [{volume = "default", target = "/maps"}]
)";
}

const FileBundles& file_bundles() {
    static const TemporaryDirectory directory;
    static const FileBundles made = [] {
        const auto image = directory.path() / "image";
        write_text(image / "share/north", "north");
        write_text(image / "share/deep/south", "south");
        write_text(image / "next/north", "north, anew");
        const auto newer = patched(
            patched(patched(file_description(), "1.0.0", "1.1.0"), "\"/share\"", "\"/next\""),
            "name = \"plotter\"", "name = \"plotter\"\ninit = true");
        return FileBundles{
            .chart = make_bundle(directory.path() / "chart.bundle", file_description()),
            .newer = make_bundle(directory.path() / "newer.bundle", newer),
            .image = image};
    }();
    return made;
}

}  // namespace test
