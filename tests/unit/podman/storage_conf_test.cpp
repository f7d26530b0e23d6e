// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/storage_conf.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/podman/fake_podman.hpp"

using agent::model::ErrorCode;
using agent::podman::add_store;
using agent::podman::graph_root;
using agent::podman::look_for_store;
using agent::podman::text_without_stores;
namespace fs = std::filesystem;

namespace {

constexpr const char* kAdministrators = "etc/containers/storage.conf";
constexpr const char* kDistributions = "usr/share/containers/storage.conf";
constexpr const char* kOurs = "/var/lib/update-agent/images";
constexpr const char* kCopy = "var/lib/update-agent/storage.conf";

std::string with_stores(const std::string& list) {
    return "[storage.options]\nadditionalimagestores = [" + list + "]\n";
}

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

TEST_CASE("A store is used where the file that counts names its directory") {
    struct Row {
        const char* file;
        std::string text;
        bool used;
    };
    const std::vector<Row> rows = {
        {kAdministrators, with_stores("\"/var/lib/update-agent/images\""), true},
        {kAdministrators, with_stores("\"/srv\", \"/var/lib//update-agent/./images/\""), true},
        {kAdministrators, with_stores("\"/var/lib/update-agent\""), false},
        {kDistributions, with_stores("\"/var/lib/update-agent/images\""), true},
        {kDistributions, with_stores("\"/srv\""), false},
        {kDistributions, "", false},
    };
    for (const auto& row : rows) {
        INFO(row.file << ": " << row.text);
        const FakePodman root("");
        root.write(row.file, row.text);
        const auto use = look_for_store(root.directory(), kOurs).value();
        CHECK(use.used == row.used);
        CHECK(use.obstacle.empty() == (row.used || row.file == kDistributions));
    }
}

TEST_CASE("What keeps a store from being used is told with what to do") {
    struct Row {
        const char* file;
        std::string text;
        std::string told;
    };
    const std::vector<Row> rows = {
        {kAdministrators, "[storage]\n",
         "add this line in its section [storage.options]: additionalimagestores = "
         "[\"/var/lib/update-agent/images\"]"},
        {kAdministrators, with_stores("\"/srv\""),
         "let this line be in its section [storage.options]: additionalimagestores = [\"/srv\", "
         "\"/var/lib/update-agent/images\"]"},
        {kAdministrators, "[storage]\ndriver = \"vfs\"\n", "driver is vfs"},
        {kDistributions, "[storage]\ndriver = \"btrfs\"\n", "driver is btrfs"},
        {kAdministrators, "[storage\n", kAdministrators},
        {kDistributions, "[storage]\ndriver = 1\n", kDistributions},
        {kDistributions, "[storage]\noptions.additionalimagestores = [\"/srv\"]\n",
         "write an /etc/containers/storage.conf"},
        {"var/lib/containers/storage/vfs-images/images.json", "[]", "the storage driver vfs"},
    };
    for (const auto& row : rows) {
        INFO(row.file << ": " << row.text);
        const FakePodman root("");
        root.write(row.file, row.text);
        const auto before = test::tree_of(root.directory());
        const auto use = look_for_store(root.directory(), kOurs).value();
        CHECK_FALSE(use.used);
        INFO(use.obstacle);
        CHECK(use.obstacle.find(row.told) != std::string::npos);
        const auto added = add_store(root.directory(), kOurs);
        REQUIRE_FALSE(added);
        CHECK(added.error().code() == ErrorCode::conflict);
        CHECK(test::tree_of(root.directory()) == before);
    }
}

TEST_CASE("An administrator's link that leads nowhere is not replaced") {
    const FakePodman root("");
    fs::create_directories(root.directory() / "etc/containers");
    fs::create_symlink("gone", root.directory() / kAdministrators);
    CHECK_FALSE(add_store(root.directory(), kOurs));
    CHECK(fs::is_symlink(root.directory() / kAdministrators));
    CHECK(graph_root(root.directory()).value() == "/var/lib/containers/storage");
}

TEST_CASE("Where nothing is configured a file is written, with a copy that tells it from others") {
    const FakePodman root("");
    root.write("var/lib/containers/storage/overlay-images/images.json", "[]");
    root.write("var/lib/containers/storage/vfs-images/images.json", "[]");
    REQUIRE(add_store(root.directory(), kOurs));
    const auto text = root.read(kAdministrators);
    CHECK(text.starts_with("# Made by update-agent"));
    CHECK(
        text.ends_with("images of bundles that are mounted. It may be\n"
                       "# edited, but has to name the directory of additionalimagestores as long "
                       "as there are any.\n"
                       "[storage]\ndriver = \"overlay\"\nrunroot = \"/run/containers/storage\"\n"
                       "graphroot = \"/var/lib/containers/storage\"\n\n[storage.options]\n"
                       "additionalimagestores = [\"/var/lib/update-agent/images\"]\n"));
    CHECK(root.read(kCopy) == text);
    CHECK(look_for_store(root.directory(), kOurs).value().used);
    const auto tree = test::tree_of(root.directory());
    REQUIRE(add_store(root.directory(), kOurs));
    CHECK(test::tree_of(root.directory()) == tree);
}

TEST_CASE("The distribution's settings are kept when a file is written") {
    const FakePodman root("");
    const std::string text = "# theirs\n[storage]\ndriver = \"overlay\"\ngraphroot = \"/srv/x\"\n" +
                             with_stores("\"/srv\"") + "pull_options = {a = \"b\"}\n";
    root.write(kDistributions, text);
    REQUIRE(add_store(root.directory(), kOurs));
    CHECK(root.read(kDistributions) == text);
    CHECK(root.read(kAdministrators)
              .ends_with("\n# theirs\n[storage]\ndriver = \"overlay\"\ngraphroot = \"/srv/x\"\n" +
                         with_stores("\"/var/lib/update-agent/images\", \"/srv\"") +
                         "pull_options = {a = \"b\"}\n"));
    CHECK(graph_root(root.directory()).value() == "/srv/x");
}

TEST_CASE("For pulls there is a text without stores, only where ours is used") {
    const FakePodman root("");
    CHECK_FALSE(text_without_stores(root.directory(), kOurs).value());
    root.write(kAdministrators, with_stores("\"/srv\""));
    CHECK_FALSE(text_without_stores(root.directory(), kOurs).value());
    root.write(kAdministrators, with_stores("\"/var/lib/update-agent/images\"") + "x = 1\n");
    CHECK(text_without_stores(root.directory(), kOurs).value() == "[storage.options]\n\nx = 1\n");
    root.write(kAdministrators,
               "[storage]\noptions.additionalimagestores = [\"/var/lib/update-agent/images\"]\n");
    CHECK(text_without_stores(root.directory(), kOurs).error().code() == ErrorCode::conflict);
}
