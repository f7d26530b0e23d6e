// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/podman_cli.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/podman/fake_podman.hpp"

using agent::model::Sha256;
using agent::podman::PodmanCli;
using agent::podman::PodmanOptions;
namespace fs = std::filesystem;

namespace {

const std::string kHex(64, 'a');
constexpr const char* kStore = "/var/lib/update-agent/images";
// Says what storage.conf each call was told of, and what is in it.
constexpr const char* kScript =
    "echo \"$1 ${CONTAINERS_STORAGE_CONF#$here/}\" >>\"$here/told\"\n"
    "cat ${CONTAINERS_STORAGE_CONF:-/dev/null} >\"$here/conf\"\n"
    "printf '%064d\\n' 0";

PodmanOptions options(const FakePodman& fake) {
    PodmanOptions options;
    options.program = fake.program();
    options.root = fake.directory();
    options.runtime_directory = fake.directory() / "run";
    return options;
}

/// Where podman's store is, and what other stores it has.
void write_storage_conf(const FakePodman& fake, const std::string& list) {
    fake.write("etc/containers/storage.conf",
               "[storage]\ngraphroot = \"" + (fake.directory() / "containers/storage").string() +
                   "\"\n[storage.options]\nadditionalimagestores = [" + list + "]\n");
    fake.write("layout/oci-layout", "{}");
    fake.write("layout/index.json", R"({"manifests":[{}]})");
}

}  // namespace

TEST_CASE("What is pulled shares no layer with images that are mounted") {
    const FakePodman fake(kScript);
    write_storage_conf(fake, "\"/var/lib/update-agent/images\"");
    PodmanCli podman(options(fake));
    REQUIRE(podman.pull_layout(fake.directory() / "layout", ""));
    CHECK(fake.read("told") ==
          "pull run/pull-storage.conf\nimage run/pull-storage.conf\nuntag run/pull-storage.conf\n");
    CHECK(fake.read("conf") == "[storage]\ngraphroot = \"" +
                                   (fake.directory() / "containers/storage").string() +
                                   "\"\n[storage.options]\n\n");
    REQUIRE(podman.pull("registry/x@sha256:" + kHex));
    CHECK(fake.read("told").ends_with("pull run/pull-storage.conf\nimage run/pull-storage.conf\n"));
    REQUIRE(podman.tag(Sha256::parse(kHex).value(), "x"));
    CHECK(fake.read("told").ends_with("tag run/pull-storage.conf\n"));
    REQUIRE(podman.remove_leftovers());
    CHECK_FALSE(fs::exists(fake.directory() / "run/pull-storage.conf"));
}

TEST_CASE("Where no images are mounted a pull is as the administrator says") {
    const FakePodman fake(kScript);
    write_storage_conf(fake, "\"/srv/images\"");
    PodmanCli podman(options(fake));
    REQUIRE(podman.pull_layout(fake.directory() / "layout", ""));
    REQUIRE(podman.pull("registry/x@sha256:" + kHex));
    CHECK(fake.read("told") == "pull \nimage \nuntag \npull \nimage \n");
}

TEST_CASE("Whether a store is used is asked of the files alone") {
    const FakePodman fake(kScript);
    PodmanCli podman(options(fake));
    CHECK_FALSE(podman.image_store_use(kStore).value().used);
    REQUIRE(podman.use_image_store(kStore));
    CHECK(podman.image_store_use(kStore).value().used);
    CHECK(fake.calls().empty());
}

TEST_CASE("An image is removed from podman's own store, whatever other stores have") {
    const FakePodman fake(kScript);
    write_storage_conf(fake, "\"/var/lib/update-agent/images\"");
    REQUIRE(PodmanCli(options(fake)).remove_image(Sha256::parse(kHex).value()));
    CHECK(fake.read("told") == "rmi run/pull-storage.conf\n");
}
