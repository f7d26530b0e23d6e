// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/storage_conf.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/podman/fake_podman.hpp"

using agent::podman::graph_root;

namespace {

constexpr const char* kAdministrators = "etc/containers/storage.conf";
constexpr const char* kDistributions = "usr/share/containers/storage.conf";

}  // namespace

TEST_CASE("Without a storage.conf the graph root is podman's default") {
    const FakePodman root("");
    CHECK(graph_root(root.directory()).value() == "/var/lib/containers/storage");
}

TEST_CASE("The distribution's storage.conf counts only where the administrator has none") {
    const FakePodman root("");
    root.write(kDistributions, "[storage]\ndriver = \"overlay\"\ngraphroot = \"/srv/a\"\n");
    CHECK(graph_root(root.directory()).value() == "/srv/a");
    root.write(kAdministrators, "[storage]\ngraphroot = \"/srv/b\"\nunknown = [1]\n");
    CHECK(graph_root(root.directory()).value() == "/srv/b");
    root.write(kAdministrators, "[storage]\ndriver = \"overlay\"\n");
    CHECK(graph_root(root.directory()).value() == "/var/lib/containers/storage");
}

TEST_CASE("A storage.conf that cannot be understood is a conflict that names the file") {
    const auto* text = GENERATE("[storage\n", "[storage]\ngraphroot = 7\n");
    const FakePodman root("");
    root.write(kAdministrators, text);
    const auto path = graph_root(root.directory());
    REQUIRE_FALSE(path);
    CHECK(path.error().code() == agent::model::ErrorCode::conflict);
    CHECK(path.error().text().find(kAdministrators) != std::string::npos);
}
