// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "agent/model/description.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/model/description_text.hpp"
#include "tests/unit/model/problem_rows.hpp"

using description_text::addon;
using description_text::base;
using description_text::container;
using problem_rows::check;
using problem_rows::problems_of;

TEST_CASE("no two containers have one name, init containers included") {
    check({base(container("a") + container("a")), 11, 1, "containers[1].name", "two containers"});
    check({base(container("a") + "[[init-containers]]\nname = \"a\"\nimage = \"i\"\n"), 11, 1,
           "init-containers[0].name", "two containers"});
}

TEST_CASE("a container requires containers of its bundle") {
    check({base(container("alpha", "requires = [\"alpa\"]\n") + container("b")), 10, 13,
           "containers[0].requires[0]", "did you mean \"alpha\"?"});
    check({base(container("a", "requires = [\"b\", \"nothing\"]\n") + container("b")), 10, 18,
           "containers[0].requires[1]", "no container of this bundle"});
    check({base(container("a", "requires = [\"b\", \"b\"]\n") + container("b")), 10, 18,
           "containers[0].requires[1]", "twice"});
    check({base(container("a", "requires = [\"i\"]\n") +
                "[[init-containers]]\nname = \"i\"\nimage = \"i\"\n"),
           10, 13, "containers[0].requires[0]", "no container of this bundle"});
    check({base(container("a") + "[[init-containers]]\nname = \"i\"\nimage = \"i\"\n"
                                 "requires = [\"a\"]\n"),
           13, 1, "init-containers[0].requires", "unknown key"});
}

TEST_CASE("containers that require each other in a circle are named") {
    check(
        {base(container("a", "requires = [\"a\"]\n")), 10, 1, "containers[0].requires", "itself"});
    check({base(container("a", "requires = [\"b\"]\n") + container("b", "requires = [\"a\"]\n")),
           10, 1, "containers[0].requires", "a → b → a"});
    // The way to a circle is not part of it.
    check({base(container("x", "requires = [\"a\"]\n") + container("a", "requires = [\"b\"]\n") +
                container("b", "requires = [\"c\"]\n") + container("c", "requires = [\"a\"]\n")),
           14, 1, "containers[1].requires", "a → b → c → a"});
}

TEST_CASE("containers may require the same one") {
    CHECK(problems_of(base(container("a") + container("b", "requires = [\"a\"]\n") +
                           container("c", "requires = [\"a\"]\n") +
                           container("d", "requires = [\"b\", \"c\", \"a\"]\n")))
              .empty());
}

TEST_CASE("two circles are two problems") {
    const auto problems = problems_of(
        base(container("a", "requires = [\"b\"]\n") + container("b", "requires = [\"a\"]\n") +
             container("c", "requires = [\"d\"]\n") + container("d", "requires = [\"c\"]\n")));
    REQUIRE(problems.size() == 2);
    CHECK(problems[1].message.find("c → d → c") != std::string::npos);
}

TEST_CASE("very many containers in a row exhaust no stack, and very many circles no memory") {
    constexpr int kCount = 3000;
    std::string row;
    std::string circles;
    for (int i = 0; i < kCount; ++i) {
        const auto next = "\"c" + std::to_string(i + 1) + "\"";
        row +=
            container("c" + std::to_string(i), i + 1 < kCount ? "requires = [" + next + "]\n" : "");
        circles += container("c" + std::to_string(i),
                             "requires = [" + (i + 1 < kCount ? next : std::string("\"c0\"")) +
                                 (i > 1 && i + 1 < kCount ? ", \"c0\"" : "") + "]\n");
    }
    CHECK(problems_of(base(row)).empty());
    const auto problems = problems_of(base(circles));
    CHECK_FALSE(problems.empty());
    CHECK(problems.size() <= 20);
}

TEST_CASE("ports need a network of their own") {
    const auto ports = [](const std::string& network) {
        return base(container("a", "network = \"" + network + "\"\nports = [\"80:80\"]\n"));
    };
    check({ports("host"), 11, 1, "containers[0].ports", "bridge"});
    check({ports("none"), 11, 1, "containers[0].ports", "bridge"});
    CHECK(problems_of(ports("bridge")).empty());
    CHECK(problems_of(ports("robots")).empty());
    CHECK(problems_of(ports("private")).empty());
}

TEST_CASE("keys that would have no effect are refused") {
    check({base(container("a", "network = \"none\"\ndns = [\"192.0.2.1\"]\n")), 11, 1,
           "containers[0].dns", "no use"});
    check({base(container("a", "realtime = true\nshm-size = \"1M\"\n")), 11, 1,
           "containers[0].shm-size", "/dev/shm"});
    check({base(container("a", "cap-add = [\"KILL\"]\ncap-drop = [\"CAP_KILL\"]\n")), 11, 1,
           "containers[0].cap-drop", "twice"});
}

TEST_CASE("an image of the bundle has no digest, and a pulled one has") {
    const auto digest = "@sha256:" + std::string(64, '0');
    check({base("[[containers]]\nname = \"a\"\nimage = \"a" + digest + "\"\n"), 9, 1,
           "containers[0].image", "image-id"});
    check({base("images = \"registry\"\n[[containers]]\nname = \"a\"\nimage = \"r.example/a:1\"\n"),
           10, 1, "containers[0].image", "must have a digest"});
    for (const auto* name : {"a", "library/a"})
        check({base("images = \"registry\"\n[[containers]]\nname = \"a\"\nimage = \"" +
                    std::string(name) + digest + "\"\n"),
               10, 1, "containers[0].image", "must name its registry"});
    check({base("volumes = [{name = \"v\"}]\n[[file-providers]]\nimage = \"a" + digest +
                "\"\ncopy = []\n"),
           9, 1, "file-providers[0].image", "image-id"});
}

TEST_CASE("a volume of a required bundle is looked up where that is known") {
    const auto mount = container("a", "mounts = [{volume = \"v\", target = \"/v\"}]\n");
    CHECK(problems_of(addon("[[requires]]\nid = \"b\"\nversion = \"1\"\n" + mount)).empty());
    check({addon(mount), 9, 12, "containers[0].mounts[0].volume", "no volume"});
}

TEST_CASE("bundle-group brings the volume default") {
    const auto mount = container("a", "mounts = [{volume = \"default\", target = \"/v\"}]\n");
    CHECK(problems_of(addon("bundle-group = {name = \"g\", gid = 2000}\n" + mount)).empty());
    check({addon(mount), 9, 12, "containers[0].mounts[0].volume", "no volume"});
    check({addon("scope = \"s\"\nbundle-group = {name = \"g\", gid = 2000}\n"
                 "volumes = [{name = \"default\"}]\n" +
                 container("a")),
           8, 13, "volumes[0].name", "bundle-group"});
    check({addon("bundle-group = {name = \"g\"}\n" + container("a")), 6, 16, "bundle-group.gid",
           "is missing"});
}

TEST_CASE("a base has what only a base may have") {
    check({base("bundle-group = {name = \"g\", gid = 2000}\n" + container("a")), 7, 1,
           "bundle-group", "add-ons only"});
    check({base("scope = \"s\"\n" + container("a")), 7, 1, "scope", "add-ons only"});
    std::string scopes = "\"s\"";
    for (int i = 0; i < 64; ++i)
        scopes += ", \"s" + std::to_string(i) + "\"";
    check({base("scope-definitions = [" + scopes + "]\n" + container("a")), 7, 1,
           "scope-definitions", "more than 64"});
    CHECK(problems_of(base(container("a",
                                     "user = \"root\"\nrealtime = true\n"
                                     "cap-add = [\"SYS_NICE\"]\nuid-map = [\"0:0:1\"]\n")))
              .empty());
}

TEST_CASE("an add-on without a scope has nothing that a scope would allow") {
    check({addon("groups = [{name = \"g\", gid = 2000}]\n" + container("a")), 6, 1, "groups",
           "scope"});
    check({addon("volumes = [{name = \"v\"}]\n" + container("a")), 6, 1, "volumes", "scope"});
    check({addon("scope-definitions = [\"s\"]\n" + container("a")), 6, 1, "scope-definitions",
           "base bundles only"});
    check({addon(container("a") + "[[init-containers]]\nname = \"i\"\nimage = \"i\"\n"), 9, 3,
           "init-containers", "scope"});
    const auto refused = [](const std::string& setting, const std::string& key) {
        check({addon(container("a", setting + "\n")), 9, 1, "containers[0]." + key, "add-on"});
    };
    refused("uid-map = [\"0:1:1\"]", "uid-map");
    refused("gid-map = [\"0:1:1\"]", "gid-map");
    refused("cap-add = [\"SYS_NICE\"]", "cap-add");
    refused("realtime = true", "realtime");
    for (const std::string user : {"0", "root", "0:1000", "root:root", "1000:0", "app:root", "00"})
        refused("user = \"" + user + "\"", "user");
    check(
        {addon(container("a", "groups = [\"root\"]\n")), 9, 11, "containers[0].groups[0]", "root"});
    check({addon(container("a", "groups = [\"video\", \"0\"]\n")), 9, 20, "containers[0].groups[1]",
           "root"});
}

TEST_CASE("an add-on may say that it needs none of it") {
    CHECK(problems_of(
              addon("os = \">= 12\"\n" + container("a",
                                                   "realtime = false\ncap-drop = [\"ALL\"]\n"
                                                   "user = \"1000:1000\"\ngroups = [\"video\"]\n")))
              .empty());
}
