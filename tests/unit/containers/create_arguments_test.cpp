// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/containers/create_arguments.hpp"

#include <algorithm>
#include <functional>

#include "tests/unit/catch.hpp"
#include "tests/unit/containers/example.hpp"

using agent::containers::container_options;
using agent::model::Container;
using agent::model::HealthCheck;
using agent::model::SdNotify;
using agent::model::Span;
using Words = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

/// What `change` adds to the options of the smallest container, and what it takes away.
struct Difference {
    Words added;
    Words removed;
};

Words without(Words words, const Words& others) {
    for (const auto& other : others)
        if (const auto found = std::find(words.begin(), words.end(), other); found != words.end())
            words.erase(found);
    return words;
}

Difference difference(const std::function<void(Container&)>& change) {
    auto container = example::container();
    const auto before = container_options(container);
    change(container);
    const auto after = container_options(container);
    return {without(after, before), without(before, after)};
}

}  // namespace

TEST_CASE("a mount becomes a volume, and a group of a bundle its number") {
    using agent::containers::Placement;
    struct Case {
        const char* what;
        Placement placement;
        Words added;
    };
    const std::vector<Case> cases = {
        {"a group that the image knows", {}, {"--group-add=sensors", "--group-add=44"}},
        {"a group of a bundle",
         {.mounts = {}, .gids = {{"sensors", 2000}, {"others", 2001}}},
         {"--group-add=2000", "--group-add=44"}},
        {"a mount",
         {.mounts = {{"/opt/data/v", "/v", false, ""}}, .gids = {}},
         {"--group-add=sensors", "--group-add=44", "--volume=/opt/data/v:/v"}},
        {"a read-only one",
         {.mounts = {{"/opt/data/v", "/v", true, ""}}, .gids = {}},
         {"--group-add=sensors", "--group-add=44", "--volume=/opt/data/v:/v:ro"}},
        {"with propagation",
         {.mounts = {{"/opt/data/v", "/v", false, "rslave"}}, .gids = {}},
         {"--group-add=sensors", "--group-add=44", "--volume=/opt/data/v:/v:rslave"}},
        {"with all, beside another, in the description's order",
         {.mounts = {{"/opt/data/w", "/w", true, "rslave"}, {"/opt/data/v", "/v", false, ""}},
          .gids = {}},
         {"--group-add=sensors", "--group-add=44", "--volume=/opt/data/w:/w:ro,rslave",
          "--volume=/opt/data/v:/v"}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        auto container = example::container();
        const auto before = container_options(container);
        container.groups = {"sensors", "44"};
        const auto after = container_options(container, each.placement);
        CHECK(without(after, before) == each.added);
        CHECK(without(before, after).empty());
    }
}

TEST_CASE("the smallest container has the options that all containers have") {
    CHECK(container_options(example::container()) ==
          Words{"--hostname=broker", "--pull=never", "--http-proxy=false", "--cgroups=split",
                "--pids-limit=-1", "--log-driver=journald", "--sdnotify=container",
                "--network=host", "--no-healthcheck"});
}

TEST_CASE("each key becomes its option of podman-create") {
    struct Case {
        const char* key;
        std::function<void(Container&)> change;
        Words added;
        Words removed = {};
    };
    const std::vector<Case> cases = {
        {"sdnotify",
         [](auto& c) { c.sdnotify = SdNotify::conmon; },
         {"--sdnotify=conmon"},
         {"--sdnotify=container"}},
        {"user", [](auto& c) { c.user = "2001:100"; }, {"--user=2001:100"}},
        {"devices",
         [](auto& c) {
             c.devices = {"/dev/serial/by-id/usb-A", "/dev/a,\"b\""};
         },
         {"--device=/dev/serial/by-id/usb-A", "--device=\"/dev/a,\"\"b\"\"\""}},
        {"groups",
         [](auto& c) {
             c.groups = {"dialout", "44"};
         },
         {"--group-add=dialout", "--group-add=44"}},
        {"env",
         [](auto& c) {
             c.env = {{"A", "1"}, {"EMPTY", ""}};
         },
         {"--env=A=1", "--env=EMPTY="}},
        {"workdir", [](auto& c) { c.workdir = "/srv/data"; }, {"--workdir=/srv/data"}},
        {"entrypoint",
         [](auto& c) {
             c.entrypoint = {"/bin/sh", "-c", "echo \"hi\""};
         },
         {R"(--entrypoint=["/bin/sh","-c","echo \"hi\""])"}},
        {"cap-add", [](auto& c) { c.cap_add = {"NET_ADMIN"}; }, {"--cap-add=NET_ADMIN"}},
        {"cap-drop", [](auto& c) { c.cap_drop = {"all"}; }, {"--cap-drop=all"}},
        {"uid-map", [](auto& c) { c.uid_map = {"0:100000:65536"}; }, {"--uidmap=0:100000:65536"}},
        {"gid-map", [](auto& c) { c.gid_map = {"0:100000:65536"}; }, {"--gidmap=0:100000:65536"}},
        {"add-hosts", [](auto& c) { c.add_hosts = {"db:10.0.0.2"}; }, {"--add-host=db:10.0.0.2"}},
        {"dns",
         [](auto& c) {
             c.dns = {"10.0.0.1", "fd00::1"};
         },
         {"--dns=10.0.0.1", "--dns=fd00::1"}},
        {"network", [](auto& c) { c.network = "none"; }, {"--network=none"}, {"--network=host"}},
        {"ports",
         [](auto& c) {
             c.network = "bridge";
             c.ports = {"127.0.0.1:8080:80/tcp"};
         },
         {"--network=bridge", "--publish=127.0.0.1:8080:80/tcp"},
         {"--network=host"}},
        {"realtime",
         [](auto& c) { c.realtime = true; },
         {"--ipc=host", "--pid=host", "--ulimit=msgqueue=-1:-1", "--ulimit=nofile=768:768",
          "--ulimit=stack=524288:524288"}},
        {"shm-size", [](auto& c) { c.shm_size = 1048576; }, {"--shm-size=1048576b"}},
        {"tmpfs",
         [](auto& c) { c.tmpfs = {"/tmp:size=1m,mode=1777"}; },
         {"--tmpfs=/tmp:size=1m,mode=1777"}},
        {"secrets",
         [](auto& c) {
             c.secrets = {{"key", "key"}, {"cert", "/run/a b/cert.pem"}};
         },
         {"--secret=key,type=mount,target=key",
          "--secret=cert,type=mount,target=/run/a b/cert.pem"}},
        {"read-only", [](auto& c) { c.read_only = true; }, {"--read-only"}},
        {"init", [](auto& c) { c.init = true; }, {"--init"}},
        {"tty", [](auto& c) { c.tty = true; }, {"--tty"}},
        {"stop-signal", [](auto& c) { c.stop_signal = "SIGINT"; }, {"--stop-signal=SIGINT"}},
        {"health",
         [](auto& c) {
             c.health = HealthCheck{.cmd = {"true"},
                                    .interval = 30s,
                                    .timeout = 1500ms,
                                    .retries = 2,
                                    .start_period = 1min};
         },
         {R"(--health-cmd=["CMD-SHELL","true"])", "--health-interval=30s",
          "--health-timeout=1500ms", "--health-start-period=60s", "--health-retries=2"},
         {"--no-healthcheck"}},
    };
    for (const auto& one : cases) {
        INFO(one.key);
        const auto [added, removed] = difference(one.change);
        CHECK(added == one.added);
        CHECK(removed == one.removed);
    }
}

TEST_CASE("limits are properties of the unit and no options") {
    const auto [added, removed] = difference([](auto& c) {
        c.memory_max = 1048576;
        c.cpus = 1.5;
        c.pids_limit = 100;
        c.start_timeout = 1min;
        c.restart = "no";
    });
    CHECK(added.empty());
    CHECK(removed.empty());
}

TEST_CASE("podman gives up waiting for the stop before systemd does") {
    const std::vector<std::pair<Span, std::string>> cases = {
        {10s, "8"}, {3s, "1"},       {2500ms, "1"},
        {2s, "0"},  {90500ms, "89"}, {Span::max(), "4294967295"},
    };
    for (const auto& [stop_timeout, expected] : cases) {
        const auto [added, removed] =
            difference([span = stop_timeout](auto& c) { c.stop_timeout = span; });
        CHECK(added == Words{"--stop-timeout=" + expected});
    }
}

TEST_CASE("a value that podman reads as CSV keeps its commas and quotes") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"plain", "plain"},
        {"a,b", R"("a,b")"},
        {R"(a"b)", R"("a""b")"},
        {"a\nb", "\"a\nb\""},
    };
    for (const auto& [value, field] : cases) {
        const auto [added, removed] = difference([&text = value](auto& c) { c.groups = {text}; });
        CHECK(added == Words{"--group-add=" + field});
    }
}

TEST_CASE("a value is never an option of its own") {
    const auto [added, removed] = difference([](auto& c) {
        c.user = "--privileged";
        c.workdir = "-v=/:/host";
        c.env = {{"--privileged", "-x"}};
        c.tmpfs = {"--device=/dev/sda"};
    });
    CHECK(added == Words{"--user=--privileged", "--env=--privileged=-x", "--workdir=-v=/:/host",
                         "--tmpfs=--device=/dev/sda"});
}

TEST_CASE("a health command is one shell line or an argument vector") {
    const std::vector<std::pair<Words, std::string>> cases = {
        {{"curl -f http://localhost/ || exit 1"},
         R"(["CMD-SHELL","curl -f http://localhost/ || exit 1"])"},
        {{"/bin/check", "a b", "\"q\""}, R"(["/bin/check","a b","\"q\""])"},
        {{"CMD", "/bin/check", "a b"}, R"(["/bin/check","a b"])"},
        {{"CMD", "/bin/check"}, R"(["CMD-SHELL","/bin/check"])"},
        {{"CMD-SHELL", "a b"}, R"(["CMD-SHELL","a b"])"},
    };
    for (const auto& [command, expected] : cases) {
        const auto [added, removed] =
            difference([&words = command](auto& c) { c.health.emplace().cmd = words; });
        CHECK(added == Words{"--health-cmd=" + expected});
    }
}
