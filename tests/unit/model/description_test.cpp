// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/description.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/model/description_text.hpp"

using namespace agent::model;
using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

namespace {

Description parse(const std::string& text) {
    Problems problems;
    auto description = parse_description(text, "bundle.toml", problems);
    for (const auto& problem : problems)
        UNSCOPED_INFO(to_string(problem));
    REQUIRE(problems.empty());
    return description;
}

const std::string kHex(64, 'a');

const char* const kEveryKeyOfABase = R"(
format = 1
id = "robot-base"
name = "Robot base"
version = "1.2.3-rc.1+build.5"
type = "base"
os = ">= 12, < 14"
architectures = ["amd64", "arm64"]
compatible = ["robot-a", "robot-b"]
images = "bundle"
description = """
What every robot needs.

	Twice."""
author = "Robot Works <robots@example.com>"
license = "GPL-3.0-or-later"
short-name = "Robot"
width = 1280
height = 65535
start-timeout = "3min"
settle-time = "0"
scope-definitions = ["realtime"]

[[requires]]
id = "machine"
version = "^1.2 || 3"

[[host-packages]]
name = "libc6"
version = ">= 2.36-9"

[[host-packages]]
name = "podman"

[[groups]]
name = "sensors"
gid = 2000

[[volumes]]
name = "maps"
host-path = "/var/lib/maps"
shared = true
file-provider-access = true
read-only-groups = ["others"]
read-write-groups = ["sensors"]

[[containers]]
name = "broker"
image = "registry.example.com/broker:2"
image-id = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

[[containers]]
name = "lidar"
image = "registry.example.com/lidar:1"
requires = ["broker"]
start-timeout = "90"
stop-timeout = "2.5s"
restart = "on-failure"
restart-sec = "500ms"
start-limit-burst = 3
start-limit-interval = "infinity"
sdnotify = "conmon"
user = "1000:sensors"
groups = ["sensors", "44"]
mounts = [{volume = "maps", target = "/maps", read-only = true, propagation = "rslave"}]
devices = ["/dev/lidar", "/dev/ttyUSB0"]
secrets = [{name = "key"}, {name = "cert", target = "/run/cert.pem"}]
command = ["--rate", "", "a\nb"]
entrypoint = ["/usr/bin/lidar"]
workdir = "/"
cap-add = ["SYS_NICE"]
cap-drop = ["ALL"]
uid-map = ["0:100000:65536"]
gid-map = ["0:100000:65536"]
add-hosts = ["broker:127.0.0.1"]
dns = ["192.0.2.53"]
network = "bridge"
ports = ["8080:80"]
realtime = true
memory-max = "1.5G"
cpus = 1.5
pids-limit = 100
tmpfs = ["/tmp:size=1M"]
read-only = true
init = true
tty = true
stop-signal = "SIGINT"
[containers.env]
RATE = "10"
PATH = "/bin"
[containers.health]
cmd = ["/usr/bin/check", "-q"]
interval = "30s"
timeout = "1s"
retries = 3
start-period = "0"
[containers.unit]
requires = ["dbus.service"]
wants = ["systemd-udevd.service"]
binds-to = ["dev-lidar.device"]
after = ["network-online.target"]
requisite = ["opt.mount"]

[[init-containers]]
name = "setup"
image = "registry.example.com/setup:1"
max-wait = "10min"
shm-size = "0"

[[file-providers]]
image = "registry.example.com/maps:1"
image-id = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
copy = [{from = "/maps", volume = "maps", to = "/"}]
)";

}  // namespace

TEST_CASE("the keys of the top are read") {
    const auto bundle = parse(kEveryKeyOfABase);
    CHECK(bundle.id.value() == "robot-base");
    CHECK(bundle.name == "Robot base");
    CHECK(bundle.version.to_string() == "1.2.3-rc.1+build.5");
    CHECK(bundle.type == BundleType::base);
    REQUIRE(bundle.os);
    CHECK(bundle.os->contains(Version(13, 0, 0)));
    CHECK(bundle.architectures == Strings{"amd64", "arm64"});
    CHECK(bundle.compatible == Strings{"robot-a", "robot-b"});
    CHECK(bundle.images == ImageSource::bundle);
    CHECK(bundle.description == "What every robot needs.\n\n\tTwice.");
    CHECK(bundle.author == "Robot Works <robots@example.com>");
    CHECK(bundle.license == "GPL-3.0-or-later");
    CHECK(bundle.short_name == "Robot");
    CHECK(bundle.width == 1280);
    CHECK(bundle.height == 65535);
    CHECK(bundle.start_timeout == 3min);
    CHECK(bundle.settle_time == 0s);
    CHECK(bundle.scope_definitions == Strings{"realtime"});
    REQUIRE(bundle.requires_bundles.size() == 1);
    CHECK(bundle.requires_bundles[0].id.value() == "machine");
    CHECK(bundle.requires_bundles[0].version.text() == "^1.2 || 3");
    CHECK(bundle.host_packages ==
          std::vector<HostPackage>{{"libc6", ">=", "2.36-9"}, {"podman", "", ""}});
    CHECK(bundle.groups == std::vector<Group>{{"sensors", 2000}});
    CHECK(bundle.volumes ==
          std::vector<Volume>{{"maps", "/var/lib/maps", true, true, {"others"}, {"sensors"}}});
}

TEST_CASE("the keys of a container are read") {
    const auto bundle = parse(kEveryKeyOfABase);
    REQUIRE(bundle.containers.size() == 2);
    CHECK(bundle.containers[0].image_id == *Sha256::parse(kHex));
    const auto& lidar = bundle.containers[1];
    CHECK(lidar.name.value() == "lidar");
    CHECK(lidar.image == "registry.example.com/lidar:1");
    CHECK_FALSE(lidar.image_id);
    CHECK(lidar.requires_containers == std::vector<ContainerName>{bundle.containers[0].name});
    CHECK(lidar.start_timeout == 90s);
    CHECK(lidar.stop_timeout == 2500ms);
    CHECK(lidar.restart == "on-failure");
    CHECK(lidar.restart_sec == 500ms);
    CHECK(lidar.start_limit_burst == 3U);
    CHECK(lidar.start_limit_interval == Span::max());
    CHECK(lidar.sdnotify == SdNotify::conmon);
    CHECK(lidar.user == "1000:sensors");
    CHECK(lidar.groups == Strings{"sensors", "44"});
    CHECK(lidar.mounts == std::vector<Mount>{{"maps", "/maps", true, "rslave"}});
    CHECK(lidar.devices == Strings{"/dev/lidar", "/dev/ttyUSB0"});
    CHECK(lidar.secrets == std::vector<Secret>{{"key", "key"}, {"cert", "/run/cert.pem"}});
    CHECK(lidar.command == Strings{"--rate", "", "a\nb"});
    CHECK(lidar.entrypoint == Strings{"/usr/bin/lidar"});
    CHECK(lidar.workdir == "/");
    CHECK(lidar.cap_add == Strings{"SYS_NICE"});
    CHECK(lidar.cap_drop == Strings{"ALL"});
    CHECK(lidar.uid_map == Strings{"0:100000:65536"});
    CHECK(lidar.gid_map == Strings{"0:100000:65536"});
    CHECK(lidar.add_hosts == Strings{"broker:127.0.0.1"});
    CHECK(lidar.dns == Strings{"192.0.2.53"});
    CHECK(lidar.network == "bridge");
    CHECK(lidar.ports == Strings{"8080:80"});
    CHECK(lidar.realtime);
    CHECK(lidar.memory_max == 3ULL << 29U);
    CHECK(lidar.cpus == 1.5);
    CHECK(lidar.pids_limit == 100U);
    CHECK(lidar.tmpfs == Strings{"/tmp:size=1M"});
    CHECK(lidar.read_only);
    CHECK(lidar.init);
    CHECK(lidar.tty);
    CHECK(lidar.stop_signal == "SIGINT");
    using Variables = std::vector<std::pair<std::string, std::string>>;
    CHECK(lidar.env == Variables{{"PATH", "/bin"}, {"RATE", "10"}});
    CHECK(lidar.health == HealthCheck{{"CMD", "/usr/bin/check", "-q"}, 30s, 1s, 3U, 0s});
    CHECK(lidar.unit == HostUnits{{"dbus.service"},
                                  {"systemd-udevd.service"},
                                  {"dev-lidar.device"},
                                  {"network-online.target"},
                                  {"opt.mount"}});
}

TEST_CASE("init containers and file providers are read") {
    const auto bundle = parse(kEveryKeyOfABase);
    REQUIRE(bundle.init_containers.size() == 1);
    CHECK(bundle.init_containers[0].name.value() == "setup");
    CHECK(bundle.init_containers[0].max_wait == 10min);
    CHECK(bundle.init_containers[0].shm_size == 0U);
    CHECK(bundle.file_providers ==
          std::vector<FileProvider>{
              {"registry.example.com/maps:1", *Sha256::parse(kHex), {{"/maps", "maps", "/"}}}});
}

TEST_CASE("what is not written has its documented default") {
    const auto bundle = parse(description_text::base(description_text::container("a")));
    CHECK(bundle.name == "robot-base");
    CHECK(bundle.start_timeout == 2min);
    CHECK(bundle.settle_time == 10s);
    CHECK(bundle.images == ImageSource::bundle);
    Container expected;
    expected.name = *ContainerName::parse("a");
    expected.image = "example.com/a:1";
    CHECK(bundle.containers == std::vector<Container>{expected});
    CHECK(expected.restart == "always");
    CHECK(expected.restart_sec == 2s);
    CHECK(expected.network == "host");
    CHECK(expected.sdnotify == SdNotify::container);
}

TEST_CASE("a health command that is a string is a line for the shell") {
    const auto bundle = parse(description_text::base(
        description_text::container("a", "health = {cmd = \"test -e /ready || exit 1\"}\n")));
    REQUIRE(bundle.containers[0].health);
    CHECK(bundle.containers[0].health->cmd == Strings{"CMD-SHELL", "test -e /ready || exit 1"});
}

TEST_CASE("a container of an add-on that names no user runs as 2001") {
    const auto addon = parse(description_text::addon(
        description_text::container("a") + description_text::container("b", "user = \"1000\"\n")));
    CHECK(addon.containers[0].user == "2001");
    CHECK(addon.containers[1].user == "1000");
    const auto base = parse(description_text::base(description_text::container("a")));
    CHECK(base.containers[0].user.empty());
}

TEST_CASE("an add-on with a scope may be written with what the scope is to allow") {
    const auto addon = parse(description_text::addon(
        "scope = \"realtime\"\n"
        "bundle-group = {name = \"nav\", gid = 2100}\n"
        "[[groups]]\nname = \"g\"\ngid = 2101\n"
        "[[volumes]]\nname = \"v\"\n" +
        description_text::container("a",
                                    "realtime = true\nuser = \"root\"\ncap-add = [\"SYS_NICE\"]\n"
                                    "uid-map = [\"0:1:1\"]\ngid-map = [\"0:1:1\"]\n"
                                    "mounts = [{volume = \"default\", target = \"/d\"}]\n") +
        "[[init-containers]]\nname = \"i\"\nimage = \"i\"\n"));
    CHECK(addon.scope == "realtime");
    CHECK(addon.containers[0].user == "root");
    CHECK(addon.init_containers[0].user == "2001");
    CHECK(addon.bundle_group == Group{"nav", 2100});
}

TEST_CASE("a pulled image is pinned by its digest") {
    const auto bundle = parse(description_text::base(
        "images = \"registry\"\n[[containers]]\nname = \"a\"\nimage = \"example.com/a:1@sha256:" +
        kHex + "\"\n"));
    CHECK(bundle.images == ImageSource::registry);
}
