// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/value_checks.hpp"

#include <vector>

#include "tests/unit/catch.hpp"

using namespace agent::model;

namespace {

/// A check with values that it accepts, and values that it refuses.
struct Row {
    const char* name;
    Verdict (*check)(std::string_view);
    std::vector<std::string> good;
    std::vector<std::string> bad;
};

void check(const Row& row) {
    for (const auto& value : row.good) {
        INFO(row.name << " accepts " << value);
        CHECK_FALSE(row.check(value));
    }
    for (const auto& value : row.bad) {
        INFO(row.name << " refuses " << value);
        const auto complaint = row.check(value);
        REQUIRE(complaint);
        CHECK_FALSE(complaint->message.empty());
        // What is shown to people has no control characters.
        CHECK(complaint->message.find('\n') == std::string::npos);
    }
}

const std::string kNul = std::string("a\0b", 3);
const std::string kDigest = "sha256:" + std::string(64, '0');

}  // namespace

TEST_CASE("text is one line, paragraphs, or what a program can be given") {
    check({"line",
           check_line,
           {"a", "\u00fcber %h $x \"'"},
           {"", "a\nb", "a\tb", kNul, "\x7f", "\x1b[1m"}});
    check({"paragraphs", check_paragraphs, {"a\n\n\tb"}, {"", "a\rb", kNul}});
    check({"argument", check_argument, {"", "a\nb", "\x01", "--flag=%n $HOME"}, {kNul}});
    check({"plain name",
           check_plain_name,
           {"a", "0-a", std::string(63, 'a')},
           {"", "-a", "A", "a_b", "a/b", std::string(64, 'a'), "a\n"}});
}

TEST_CASE("paths are absolute and normalised") {
    const std::vector<std::string> never{
        "",     "a",     "a/b", "/a/",     "//a",   "/a//b",    "/./a",
        "/a/.", "/a/..", "/..", "/a/../b", "/a\nb", "/" + kNul, "/" + std::string(4095, 'a')};
    check({"path", check_path, {"/a", "/a/b c", "/...", "/a/.b", "/\u00e4:b"}, never});
    check({"path", check_path, {}, {"/"}});
    check({"path of a mount", check_mount_path, {"/a", "/a/b c"}, never});
    check({"path of a mount", check_mount_path, {}, {"/", "/a:b", "/a/b:"}});
    check({"working directory", check_working_directory, {"/", "/srv/app"}, never});
    check({"device",
           check_device,
           {"/dev/video0", "/dev/snd/by-id/usb-x", "/dev/disk/by-label/a b"},
           {"/dev", "/dev/", "/devices/a", "/sys/a", "dev/a", "/dev/../etc/passwd",
            "/dev/serial/by-path/pci-0000:00:14.0", "/dev/a:/dev/b"}});
    check({"tmpfs",
           check_tmpfs,
           {"/tmp", "/tmp:size=64M", "/run/x:rw,noexec,nosuid,nodev,size=50%,mode=1777"},
           {"", "tmp", "/", "/tmp:", "/tmp:size=1M,", "/tmp:a b", "/tmp:size=1M:ro", "/tmp/"}});
}

TEST_CASE("image references follow the grammar of registries") {
    check({"image",
           check_image_reference,
           {"a", "mosquitto:2", "localhost/ready:1.0.0", "docker.io/library/debian",
            "registry.example.com:5000/team/name:v1.0_x-1", "Registry.Example.com/a", "a/b/c/d",
            "a__b/c---d/e.f_g", "a@" + kDigest, "example.com/a:1@" + kDigest,
            "a:" + std::string(128, 'x')},
           {"",
            ":1",
            "a:",
            "A",
            "a/B",
            "/a",
            "a/",
            "a//b",
            "a b",
            "a\n",
            "-a",
            "a-",
            "a..b",
            "a___b",
            "a._b",
            "a:.x",
            "a:-x",
            "a:x/y:",
            "docker://a",
            "oci:/x",
            "a@sha256:12",
            "a@md5:" + std::string(32, '0'),
            "a@" + kDigest + "@" + kDigest,
            "exa mple.com/a",
            "-x.com/a",
            "x.com:99999/a",
            "a:" + std::string(129, 'x'),
            std::string(256, 'a'),
            "a:x\u00e4"}});
}

TEST_CASE("users, groups, capabilities, signals and ids are those of podman-create(1)") {
    check({"user",
           check_user,
           {"0", "root", "1000", "1000:1000", "app:video", "_apt", "A.b-c", "machine$", "0:0",
            "4294967294"},
           {"", ":", "a:", ":a", "a:b:c", "4294967295", "-1", "1a", "a b", "a/b", "a\nb", ".a",
            std::string(33, 'a')}});
    check({"group", check_group, {"video", "44", "0"}, {"", "keep-groups", "a:b", "a,b", "-1"}});
    check({"capability",
           check_capability,
           {"NET_ADMIN", "CAP_NET_ADMIN", "cap_net_admin", "sys_nice", "ALL", "all"},
           {"", "CAP_", "CAP_ALL", "NET-ADMIN", "CAP_CAP_NET_ADMIN", "NET_ADMIN ", "ROOT"}});
    check({"signal",
           check_signal,
           {"SIGTERM", "TERM", "sigint", "15", "1", "64", "SIGRTMIN", "RTMIN+3", "SIGRTMAX-14",
            "SIGRTMIN+15", "RTMAX"},
           {"", "0", "65", "-9", "SIG", "SIGFOO", "SIGRTMIN+0", "SIGRTMIN+16", "SIGRTMAX-15",
            "SIGRTMIN-1", "SIGTERM "}});
    check({"environment variable",
           check_env_name,
           {"A", "_a1", "PATH", "discovery.type", "a-b"},
           {"", "1A", "A=B", "A B", "A\n", "A*", "NOTIFY_SOCKET", "\u00c4"}});
    check({"id map",
           check_id_map,
           {"0:100000:65536", "0:0:1", "4294967294:0:1", "0:0:4294967296"},
           {"", "0", "0:0", "0:0:0", "0:0:1:1", "a:0:1", "0:-1:1", "4294967295:0:1",
            "1:0:4294967296", "0:0:4294967297", "0:0:1 "}});
    check({"secret",
           check_secret_name,
           {"a", "tls.key_1-x"},
           {"", ".a", "a/b", "a,b", "a=b", "a b"}});
    check({"secret target",
           check_secret_target,
           {"a", "/run/x"},
           {"", "a,b", "/run/a,b", "a/b", "/run/../x"}});
    check({"propagation",
           check_propagation,
           {"private", "rshared", "slave", "runbindable"},
           {"", "rprivat", "Shared", "z"}});
}

TEST_CASE("networks, ports, hosts and name servers are those of podman-create(1)") {
    check({"network",
           check_network,
           {"host", "none", "bridge", "private", "robot-net", "bridge:ip=10.88.0.10",
            "robot.net_1:ip=10.1.2.3,mac=92:d0:c6:0a:29:33", "slirp4netns:mtu=1500"},
           {"", "container:abc", "container:", "ns:/proc/1/ns/net", "a b", "-a", "a,b", "host:x",
            "none:x", "bridge:", "bridge:a b", "a\n"}});
    check({"port",
           check_port,
           {"80", "8080:80", "8080:80/tcp", "8080:80/udp", "53:53/sctp", ":80", "127.0.0.1:8080:80",
            "127.0.0.1::80", "[::1]:8080:80", "[::]::80", "5000-5010:6000-6010/udp", "5000-5010",
            "65535"},
           {"", "0", "65536", "a", "80:", "1:2:3:4", "80/icmp", "80/", "::80:", "5000-5010:6000",
            "5010-5000", "1-2-3", "localhost:1:2", "::1:80:80", "[::1]80:80", "[x]:1:2", " 80",
            "80:80\n"}});
    check({"host",
           check_add_host,
           {"broker:192.0.2.7", "a.b-c_d:::1", "a:2001:db8::1"},
           {"", "broker", "broker:", ":192.0.2.7", "a b:192.0.2.7", "a:b", "a:192.0.2.256",
            "a:192.0.2.7\n", "a:host-gateway"}});
    check({"name server",
           check_dns,
           {"192.0.2.53", "2001:db8::53", "none"},
           {"", "192.0.2", "dns.example.com", "None", "192.0.2.53 ", std::string("1.1.1.1\0", 8)}});
}

TEST_CASE("architectures, packages, groups and units are those of the host") {
    check({"architecture",
           check_architecture,
           {"amd64", "arm64", "armhf", "riscv64"},
           {"", "x86_64", "aarch64", "AMD64", "any", "all"}});
    check({"package",
           check_package_name,
           {"libc6", "g++", "0ad", "a.b-c"},
           {"", "a", "A1", "-ab", "a_b", "a b", "libc6:amd64"}});
    check({"package version",
           check_package_version,
           {"1", "1.2-3", "1:2.3~rc1-4+deb12u1", "2:1:2-3", "1-2-3"},
           {"", "a1", ":1", "a:1", "1-", "-1", "1 2", "1_2", "1\n"}});
    check({"group name",
           check_group_name,
           {"video", "_ssh", "a-b_1", std::string(32, 'a')},
           {"", "1a", "-a", "A", "a.b", std::string(33, 'a')}});
    check({"restart",
           check_restart,
           {"no", "always", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort"},
           {"", "never", "Always", "unless-stopped"}});
    check({"unit",
           check_host_unit,
           {"dbus.service", "opt.mount", "getty@tty1.service", R"(dev-a\x2db.device)"},
           {"", "dbus", "a b.service", "getty@.service", "a.conf", "%n.service"}});
}

TEST_CASE("root is known by name and by number, as user and as group") {
    for (const auto* user : {"root", "0", "00", "0:1000", "root:app", "1000:0", "app:root", ":0"}) {
        INFO(user);
        CHECK(is_root(user));
    }
    for (const auto* user : {"", "1", "10", "rooty", "1000:1000", "app"}) {
        INFO(user);
        CHECK_FALSE(is_root(user));
    }
}

TEST_CASE("a capability has one full name") {
    CHECK(full_capability_name("net_admin") == "CAP_NET_ADMIN");
    CHECK(full_capability_name("CAP_NET_ADMIN") == "CAP_NET_ADMIN");
    CHECK(full_capability_name("all") == "ALL");
}

TEST_CASE("an architecture of another naming is translated") {
    CHECK(check_architecture("x86_64")->hint == "Debian calls it amd64");
    CHECK(check_architecture("aarch64")->hint == "Debian calls it arm64");
}

TEST_CASE("joining another's network is refused with the reason") {
    CHECK(check_network("container:abc")->message.find("systemd does not see it") !=
          std::string::npos);
}
