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

const DataBundles& data_bundles() {
    static const TemporaryDirectory directory;
    static const DataBundles made = {
        .base = make_bundle(directory.path() / "base.bundle", data_description()),
        .newer = make_bundle(directory.path() / "newer.bundle",
                             patched(patched(data_description(), "1.0.0", "1.1.0"),
                                     "name = \"broker\"", "name = \"broker\"\ninit = true"))};
    return made;
}

}  // namespace test
