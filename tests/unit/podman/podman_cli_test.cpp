// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/podman_cli.hpp"

#include <cstdio>
#include <functional>

#include "tests/unit/catch.hpp"
#include "tests/unit/podman/fake_podman.hpp"

using agent::model::ErrorCode;
using agent::model::Sha256;
using agent::podman::PodmanCli;
using agent::podman::PodmanOptions;
using Calls = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

const std::string kHex(64, 'a');
const Sha256 kImage = Sha256::parse(kHex).value();

PodmanOptions options(const FakePodman& fake) {
    PodmanOptions options;
    options.program = fake.program();
    options.root = fake.directory();
    options.runtime_directory = fake.directory() / "run";
    return options;
}

/// A store below the fake's directory, and a layout with one image x:1.
void write_store_and_layout(const FakePodman& fake) {
    fake.write(
        "etc/containers/storage.conf",
        "[storage]\ngraphroot = \"" + (fake.directory() / "containers/storage").string() + "\"\n");
    fake.write("layout/oci-layout", "{}");
    fake.write("layout/blobs/sha256/aa", "");
    fake.write("layout/index.json",
               R"({"manifests":[{"annotations":{"org.opencontainers.image.ref.name":"x:1"}}]})");
}

}  // namespace

TEST_CASE("Every call has its words, and none goes through a shell") {
    const FakePodman fake("case $1 in ps|images) echo '[]';; container) exit 1;; esac");
    PodmanCli podman(options(fake));
    struct Row {
        std::string call;
        std::function<bool()> make;
        std::string then = {};
    };
    const std::string name = "a; touch $HOME/x";
    const std::vector<Row> rows{
        {"[ps][--quiet][--last][1]", [&] { return podman.check().has_value(); }},
        {"[images][--format][json]", [&] { return podman.images().has_value(); }},
        {"[ps][--all][--filter][label=update-agent.container][--format][json]",
         [&] { return podman.containers().has_value(); }},
        {"[secret][ls][--format][{{.Name}}]", [&] { return podman.secrets().has_value(); }},
        {"[tag][" + kHex + "][" + name + "]", [&] { return podman.tag(kImage, name).has_value(); }},
        {"[push][--quiet][--compression-format][zstd][" + name + "][oci:/l:x:1]",
         [&] { return podman.push_layout(name, "/l", "x:1").has_value(); }},
        {"[create][--name][" + name + "][--env=A=$B 'c'][" + kHex + "]",
         [&] {
             return podman.create({"--name", name, "--env=A=$B 'c'", kHex}).has_value();
         }},
        {"[rm][--volumes][--filter=label=update-agent.container][--filter=name=^" + name + "$]",
         [&] { return podman.remove_container(name).has_value(); },
         "[container][exists][--external][" + name + "]"},
        {"[rm][--volumes][--filter=label=update-agent.container][--filter=name=^" + name +
             "$][--force][--time][0]",
         [&] { return podman.remove_by_force(name).has_value(); }},
        {"[stop][--time][0][--filter][label=update-agent.container=a]",
         [&] { return podman.kill_containers("a").has_value(); }},
        {"[rmi][" + kHex + "]", [&] { return podman.remove_image(kImage).has_value(); }},
    };
    Calls expected;
    for (const auto& row : rows) {
        INFO(row.call);
        CHECK(row.make());
        expected.push_back(row.call);
        if (!row.then.empty()) expected.push_back(row.then);
        CHECK(fake.calls() == expected);
    }
}

TEST_CASE("Where podman names what it has removed nothing is left to look for") {
    const FakePodman fake("echo 0123456789ab");
    PodmanCli podman(options(fake));
    REQUIRE(podman.remove_container("a"));
    REQUIRE(podman.remove_run("a"));
    REQUIRE(fake.calls().size() == 2);
    CHECK(fake.calls().front().starts_with("[rm]"));
    CHECK(fake.calls().back().starts_with("[rm]"));
}

TEST_CASE("A container is created with a socket to say READY to") {
    const FakePodman fake("echo \"$NOTIFY_SOCKET\" >\"$here/socket\"");
    REQUIRE(PodmanCli(options(fake)).create({kHex}));
    CHECK(fake.read("socket") == "/run/systemd/notify\n");
}

TEST_CASE("The environment of the options reaches every call") {
    const FakePodman fake("echo \"$CONTAINERS_CONF\" >\"$here/value\"; echo '[]'");
    auto with = options(fake);
    with.environment = {{"CONTAINERS_CONF", "/x.conf"}};
    REQUIRE(PodmanCli(with).images());
    CHECK(fake.read("value") == "/x.conf\n");
}

TEST_CASE("Listing does without Go's collector, within bounds, and nothing else does") {
    const FakePodman fake("echo \"$1 $GOGC $GOMEMLIMIT\" >>\"$here/values\"; echo '[]'");
    PodmanCli podman(options(fake));
    REQUIRE(podman.containers());
    REQUIRE(podman.images());
    REQUIRE(podman.check());
    REQUIRE(podman.create({kHex}));
    CHECK(fake.read("values") == "ps off 64MiB\nimages off 64MiB\nps off 64MiB\ncreate  \n");
}

TEST_CASE("A failure carries podman's own words") {
    const FakePodman fake("echo noise >&2; echo 'Error: it does not work' >&2; exit 125");
    const auto created =
        PodmanCli(options(fake)).create({"--label=a=b", "--name=a-0123abcd", kHex});
    REQUIRE_FALSE(created);
    CHECK(created.error().code() == ErrorCode::internal);
    CHECK(created.error().text() == "podman create a-0123abcd: it does not work");
}

TEST_CASE("A full disk is told by its own code") {
    const FakePodman fake("echo 'Error: write /x: no space left on device' >&2; exit 125");
    CHECK(PodmanCli(options(fake)).create({kHex}).error().code() == ErrorCode::no_space);
}

TEST_CASE("A podman that hangs is ended in time") {
    const FakePodman fake("exec sleep 100");
    auto impatient = options(fake);
    impatient.call_timeout = std::chrono::milliseconds(100);
    const auto created = PodmanCli(impatient).create({"--name", "a", kHex});
    REQUIRE_FALSE(created);
    CHECK(created.error().code() == ErrorCode::internal);
    CHECK(created.error().text() == "podman create a did not end within 100 ms");
}

TEST_CASE("Without podman the package to install is named") {
    PodmanOptions missing;
    missing.program = "/no/such/podman";
    const auto answer = PodmanCli(missing).check();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code() == ErrorCode::conflict);
    CHECK(answer.error().text() ==
          "the program /no/such/podman is not there; install the package podman");
}

TEST_CASE("A pull goes through a view, copies inside the store, and leaves nothing") {
    const FakePodman fake(
        "case $1 in pull) echo \"$TMPDIR\" >\"$here/tmpdir\"; ls -d \"$TMPDIR\" >&2;"
        " echo warning; echo " +
        kHex + ";; untag) exit 125;; esac");
    write_store_and_layout(fake);
    PodmanCli podman(options(fake));
    const auto id = podman.pull_layout(fake.directory() / "layout", "x:1");
    REQUIRE(id);
    CHECK(*id == kImage);
    const auto view = (fake.directory() / "run/pull").string();
    CHECK(fake.calls() == Calls{"[pull][--quiet][oci:" + view + "]",
                                "[image][exists][" + kHex + "]",
                                "[untag][" + kHex + "][localhost" + view + ":latest]"});
    CHECK(fake.read("tmpdir") ==
          (fake.directory() / "containers/storage/update-agent-tmp\n").string());
    CHECK_FALSE(fs::exists(view));
    CHECK(fs::is_empty(fake.directory() / "containers/storage"));
}

TEST_CASE("Only what moves an image is ended for whoever cancels") {
    const FakePodman fake("[ $1 != pull ] || sleep 60");
    write_store_and_layout(fake);
    auto own = options(fake);
    own.cancelled = [] { return true; };
    PodmanCli podman(own);
    const auto pulled = podman.pull_layout(fake.directory() / "layout", "x:1");
    REQUIRE_FALSE(pulled);
    CHECK(pulled.error().code() == ErrorCode::busy);
    CHECK(podman.tag(kImage, "x:1"));
}

TEST_CASE("A pull that prints no id, or one that is not in the store, is an error") {
    const auto* script =
        GENERATE("[ $1 != pull ] || echo done", "[ $1 != image ] || exit 1; printf '%064d\\n' 0",
                 "echo 'Error: no descriptor' >&2; exit 125");
    const FakePodman fake(script);
    write_store_and_layout(fake);
    CHECK_FALSE(PodmanCli(options(fake)).pull_layout(fake.directory() / "layout", "x:1"));
    CHECK(fs::is_empty(fake.directory() / "containers/storage"));
}

TEST_CASE("An image that is not there is removed already") {
    const FakePodman fake("echo 'Error: aaaa: image not known' >&2; exit 1");
    CHECK(PodmanCli(options(fake)).remove_image(kImage));
}

TEST_CASE("An image in use stays, with its names") {
    const auto* used = GENERATE(
        "echo 'Error: image used by 63b5: image is in use by a container' >&2; exit 2",
        "[ $1 = ps ] && { echo 63b5; exit 0; }; echo 'Error: more than one tag' >&2; exit 125");
    const FakePodman fake(used);
    const auto removed = PodmanCli(options(fake)).remove_image(kImage);
    REQUIRE_FALSE(removed);
    CHECK(removed.error().code() == ErrorCode::conflict);
    for (const auto& call : fake.calls())
        CHECK_FALSE(call.starts_with("[untag]"));
}

TEST_CASE("An image with several names loses them first") {
    const FakePodman fake(
        "case $1 in untag) touch \"$here/untagged\";; rmi) [ -e \"$here/untagged\" ] ||"
        " { echo 'Error: unable to delete image by ID with more than one tag' >&2;"
        " exit 125; };; esac");
    CHECK(PodmanCli(options(fake)).remove_image(kImage));
    CHECK(fake.calls().back() == "[rmi][" + kHex + "]");
}

TEST_CASE("A running container is not removed") {
    const FakePodman fake(
        "echo 'Error: cannot remove container b6 as it is running - running or paused "
        "containers cannot be removed without force: container state improper' >&2; "
        "exit 2");
    CHECK(PodmanCli(options(fake)).remove_container("a").error().code() == ErrorCode::conflict);
}

TEST_CASE("Health is podman's word, and empty without a health check") {
    struct Row {
        std::string printed;
        std::string health;
    };
    const auto row = GENERATE(values<Row>({{"healthy", "healthy"}, {"", ""}}));
    const FakePodman fake("echo " + row.printed);
    CHECK(PodmanCli(options(fake)).health("a").value() == row.health);
    CHECK(fake.calls() == Calls{"[inspect][--type][container][--format]"
                                "[{{with .State.Health}}{{.Status}}{{end}}][a]"});
}

TEST_CASE("The health of a container that is not there is not found") {
    const FakePodman fake("echo 'Error: no such container a' >&2; exit 125");
    CHECK(PodmanCli(options(fake)).health("a").error().code() == ErrorCode::not_found);
}

TEST_CASE("What podman left half made is taken away, and what is whole is not") {
    const FakePodman fake(
        "case \"$*\" in *--external*) exit 0;; 'container exists half') exit 1;; esac");
    PodmanCli podman(options(fake));
    REQUIRE(podman.remove_container("half"));
    CHECK(fake.calls().back() == "[rm][--storage][--][half]");
    REQUIRE(podman.remove_container("whole"));
    CHECK(fake.calls().back() == "[container][exists][whole]");
}

TEST_CASE("A name that something half made has is taken from it") {
    const FakePodman fake(
        "case $1 in container) exit 1;; rm) touch \"$here/gone\";;"
        " create) [ -e \"$here/gone\" ] || { echo 'Error: that name is already in use' >&2; exit "
        "125; };;"
        " esac");
    PodmanCli podman(options(fake));
    REQUIRE(podman.create({"--name=half"}));
    CHECK(fake.calls() == Calls{"[create][--name=half]", "[container][exists][half]",
                                "[rm][--storage][--][half]", "[create][--name=half]"});
}

TEST_CASE("What killed calls left of a pull is removed, and nothing else of the store") {
    const FakePodman fake("exit 1");
    write_store_and_layout(fake);
    fake.write("run/pull/blobs/sha256/aa", "a");
    fake.write("run/other", "");
    fake.write("containers/storage/update-agent-tmp/123/blob", "b");
    fake.write("containers/storage/overlay/layer", "l");
    fs::create_directory_symlink(fake.directory() / "layout", fake.directory() / "run/pull/link");
    PodmanCli podman(options(fake));
    REQUIRE(podman.remove_leftovers());
    CHECK_FALSE(fs::exists(fake.directory() / "run/pull"));
    CHECK_FALSE(fs::exists(fake.directory() / "containers/storage/update-agent-tmp"));
    for (const auto* stays : {"run/other", "containers/storage/overlay/layer", "layout/index.json"})
        CHECK(fs::exists(fake.directory() / stays));
    // Nothing is left, and that is no failure.
    CHECK(podman.remove_leftovers());
    CHECK(fake.calls().empty());
}

TEST_CASE("Where the store is not known, leftovers are none to remove") {
    const FakePodman fake("exit 1");
    fake.write("etc/containers/storage.conf", "[storage\n");
    fake.write("run/pull/index.json", "{}");
    CHECK_FALSE(PodmanCli(options(fake)).remove_leftovers());
    CHECK(fs::exists(fake.directory() / "run/pull/index.json"));
}

TEST_CASE("Calls of podman hold what they are given to keep open") {
    const FakePodman fake("case $1 in ps) readlink /proc/self/fd/3 > \"$here/held\" || :;; esac");
    fake.write("lock", "");
    PodmanCli podman(options(fake));
    std::FILE* const lock = std::fopen((fake.directory() / "lock").c_str(), "r");
    REQUIRE(lock != nullptr);
    podman.keep_open(fileno(lock));
    REQUIRE(podman.check());
    CHECK(fake.read("held") == (fake.directory() / "lock\n").string());
    podman.keep_open(-1);
    std::fclose(lock);
    REQUIRE(podman.check());
    CHECK(fake.read("held").empty());
}
