// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/description.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/model/description_text.hpp"
#include "tests/unit/model/problem_rows.hpp"

using description_text::addon;
using description_text::base;
using description_text::container;
using problem_rows::check;
using problem_rows::problems_of;
using problem_rows::Row;

namespace {

/// `key = value` in a base bundle with one container; it stands on line 7.
Row top(const std::string& setting, const std::string& key, const std::string& part,
        unsigned column = 1) {
    return {base(setting + "\n" + container("a")), 7, column, key, part};
}

/// `key = value` in the container of a base bundle; it stands on line 10.
Row in_container(const std::string& setting, const std::string& key, const std::string& part,
                 unsigned column = 1) {
    return {base(container("a", setting + "\n")), 10, column, "containers[0]." + key, part};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    return text;
}

}  // namespace

TEST_CASE("the keys that a description cannot do without are asked for") {
    const auto text = base(container("a"));
    check({replaced(text, "format = 1", ""), 1, 1, "format", "is missing"});
    check({replaced(text, "id = \"robot-base\"", ""), 1, 1, "id", "is missing"});
    check({replaced(text, "version = \"1.0.0\"", ""), 1, 1, "version", "is missing"});
    check({replaced(text, "type = \"base\"", ""), 1, 1, "type", "\"base\" or \"addon\""});
    check({replaced(text, "os = \">= 12\"", ""), 1, 1, "os", "is missing"});
    check({base(), 1, 1, "containers", "[[containers]]"});
    check({base("containers = []\n"), 7, 1, "containers", "[[containers]]"});
    check({addon(), 1, 1, "containers", "[[containers]]"});
    check({replaced(text, "name = \"a\"", ""), 7, 1, "containers[0].name", "is missing"});
    check({replaced(text, "image = \"example.com/a:1\"", ""), 7, 1, "containers[0].image",
           "is missing"});
}

TEST_CASE("an empty text lacks every mandatory key") {
    std::vector<std::string> keys;
    for (const auto& problem : problems_of(""))
        keys.push_back(problem.key);
    CHECK(keys == std::vector<std::string>{"format", "type", "id", "version", "containers"});
}

TEST_CASE("a description of another format is not judged further") {
    check({"format = 2\nnew-key = true\n", 1, 1, "format", "a newer one"});
    check({"format = 0\n", 1, 1, "format", "format 0"});
    check({replaced(base(container("a")), "format = 1", "format = \"1\""), 1, 1, "format",
           "must be an integer"});
}

TEST_CASE("what is not TOML is told with its place") {
    check({"format = 1\nformat = 1\n", 2, 10, "", "redefine"});
    check({base(container("a")) + "[containers.env\n", 10, 16, "", ""});
}

TEST_CASE("keys of the top are checked") {
    for (const auto& row : {
             Row{replaced(base(container("a")), "robot-base", "Robot"), 2, 1, "id", "lower-case"},
             Row{replaced(base(container("a")), "robot-base", "x-restart"), 2, 1, "id", "-restart"},
             Row{replaced(base(container("a")), "robot-base", "update-agent"), 2, 1, "id",
                 "reserved"},
             Row{replaced(base(container("a")), "1.0.0", "1.0"), 3, 1, "version",
                 "MAJOR.MINOR.PATCH"},
             Row{replaced(base(container("a")), "1.0.0", ""), 3, 1, "version", "MAJOR"},
             Row{replaced(base(container("a")), "\"1.0.0\"", "1.0"), 3, 1, "version", "a string"},
             Row{replaced(base(container("a")), "\"base\"", "\"core\""), 4, 1, "type", "neither"},
             Row{replaced(base(container("a")), "\"base\"", "1"), 4, 1, "type", "must be a string"},
             Row{replaced(base(container("a")), ">= 12", ">= twelve"), 5, 1, "os", "column 4"},
             top("name = \"\"", "name", "must not be empty"),
             top("name = \"a\\nb\"", "name", "control character"),
             top("author = \"a\\u0000b\"", "author", "control character"),
             top("license = \"a\\tb\"", "license", "control character"),
             top("short-name = \"\"", "short-name", "must not be empty"),
             top("short-name = \"a\\nb\"", "short-name", "control character"),
             top("name = \"a\\uFFFEb\"", "name", "noncharacter"),
             top("description = \"\\U0003FFFF\"", "description", "noncharacter"),
             top("short-name = \"" + std::string(65, 'x') + "\"", "short-name", "64 bytes"),
             top("width = \"1280\"", "width", "must be an integer"),
             top("width = -1", "width", "65535"),
             top("height = 65536", "height", "65535"),
             top("height = 1.5", "height", "must be an integer"),
             top("description = \"\\u001b[1m\"", "description", "control character"),
             top("architectures = [\"amd64\", \"x86_64\"]", "architectures[1]", "amd64", 27),
             top("architectures = [\"amd64\", \"amd64\"]", "architectures[1]", "twice", 27),
             top("architectures = \"amd64\"", "architectures", "array of strings"),
             top("compatible = [\"\"]", "compatible[0]", "empty", 15),
             top("compatible = [\"a\", \"a\"]", "compatible[1]", "twice", 20),
             top("images = \"web\"", "images", "neither"),
             top("start-timeout = \"infinity\"", "start-timeout", "infinite"),
             top("start-timeout = \"0\"", "start-timeout", "at least"),
             top("start-timeout = 120", "start-timeout", "must be a string"),
             top("start-timeout = \"soon\"", "start-timeout", "not a time span"),
             top("settle-time = \"infinity\"", "settle-time", "infinite"),
             top("scope-definitions = [\"../x\"]", "scope-definitions[0]", "not a name", 22),
             top("colour = \"red\"", "colour", "unknown key"),
             top("Name = \"x\"", "Name", "did you mean \"name\"?"),
             top("containerz = []", "containerz", "did you mean \"containers\"?"),
         })
        check(row);
}

TEST_CASE("requirements are checked") {
    const auto required = [](const std::string& lines) {
        return base("[[requires]]\n" + lines + container("a"));
    };
    check({required("version = \"1\"\n"), 7, 1, "requires[0].id", "is missing"});
    check({required("id = \"b\"\n"), 7, 1, "requires[0].version", "\"*\" for any"});
    check({required("id = \"B\"\nversion = \"1\"\n"), 8, 1, "requires[0].id", "lower-case"});
    check({required("id = \"b\"\nversion = \"one\"\n"), 9, 1, "requires[0].version", "column 1"});
    check({required("id = \"b\"\nversion = 1\n"), 9, 1, "requires[0].version", "a string"});
    check({required("id = \"robot-base\"\nversion = \"1\"\n"), 8, 1, "requires[0].id", "itself"});
    check({required("id = \"b\"\nversion = \"1\"\n[[requires]]\nid = \"b\"\nversion = \"2\"\n"), 11,
           1, "requires[1].id", "required twice"});
    check({required("id = \"b\"\nversion = \"1\"\noptional = true\n"), 10, 1,
           "requires[0].optional", "unknown key"});
}

TEST_CASE("packages of the host are checked") {
    const auto package = [](const std::string& lines) {
        return base("[[host-packages]]\n" + lines + container("a"));
    };
    check({package("version = \">= 1\"\n"), 7, 1, "host-packages[0].name", "is missing"});
    check({package("name = \"A\"\n"), 8, 1, "host-packages[0].name", "lower-case"});
    check({package("name = \"ab\"\nversion = \"1.2\"\n"), 9, 1, "host-packages[0].version",
           "no relation"});
    check({package("name = \"ab\"\nversion = \"> 1.2\"\n"), 9, 1, "host-packages[0].version",
           "no relation"});
    check({package("name = \"ab\"\nversion = \">= \"\n"), 9, 1, "host-packages[0].version",
           "deb-version(7)"});
    check({package("name = \"ab\"\nversion = \">= x\"\n"), 9, 1, "host-packages[0].version",
           "deb-version(7)"});
    check({package("name = \"ab\"\n[[host-packages]]\nname = \"ab\"\n"), 10, 1,
           "host-packages[1].name", "twice"});
    CHECK(problems_of(package("name = \"ab\"\nversion = \">= 1\"\n"
                              "[[host-packages]]\nname = \"ab\"\nversion = \"<< 2\"\n"))
              .empty());
}

TEST_CASE("groups and volumes are checked") {
    const auto with = [](const std::string& lines) { return base(lines + container("a")); };
    check({with("[[groups]]\ngid = 2000\n"), 7, 1, "groups[0].name", "is missing"});
    check({with("[[groups]]\nname = \"g\"\n"), 7, 1, "groups[0].gid", "2000 to 2999"});
    check({with("[[groups]]\nname = \"g\"\ngid = 1999\n"), 9, 1, "groups[0].gid", "2000 to 2999"});
    check({with("[[groups]]\nname = \"g\"\ngid = 3000\n"), 9, 1, "groups[0].gid", "2000 to 2999"});
    check({with("[[groups]]\nname = \"g\"\ngid = -1\n"), 9, 1, "groups[0].gid", "out of range"});
    check({with("[[groups]]\nname = \"G\"\ngid = 2000\n"), 8, 1, "groups[0].name", "a group"});
    check({with("groups = [{name = \"g\", gid = 2000}, {name = \"g\", gid = 2001}]\n"), 7, 38,
           "groups[1].name", "twice"});
    check({with("groups = [{name = \"g\", gid = 2000}, {name = \"h\", gid = 2000}]\n"), 7, 50,
           "groups[1].gid", "twice"});
    check({with("[[volumes]]\n"), 7, 1, "volumes[0].name", "is missing"});
    check({with("[[volumes]]\nname = \"v\"\nhost-path = \"v\"\n"), 9, 1, "volumes[0].host-path",
           "absolute"});
    check({with("[[volumes]]\nname = \"v\"\nshared = \"yes\"\n"), 9, 1, "volumes[0].shared",
           "true or false"});
    check({with("[[volumes]]\nname = \"v\"\nread-only-groups = [\"g\"]\n"), 9, 21,
           "volumes[0].read-only-groups[0]", "no group of this bundle"});
    check({with("groups = [{name = \"g\", gid = 2000}]\n[[volumes]]\nname = \"v\"\n"
                "read-only-groups = [\"g\"]\nread-write-groups = [\"g\"]\n"),
           11, 22, "volumes[0].read-write-groups[0]", "read-only-groups"});
    check(
        {with("volumes = [{name = \"v\"}, {name = \"v\"}]\n"), 7, 27, "volumes[1].name", "twice"});
}

TEST_CASE("file providers are checked") {
    const auto provider = [](const std::string& lines) {
        return base("volumes = [{name = \"v\"}]\n[[file-providers]]\n" + lines);
    };
    check({provider("image = \"i\"\n"), 8, 1, "file-providers[0].copy", "is missing"});
    check({provider("copy = []\n"), 8, 1, "file-providers[0].image", "is missing"});
    check({provider("image = \"i\"\ncopy = [{volume = \"v\", to = \"/\"}]\n"), 10, 9,
           "file-providers[0].copy[0].from", "is missing"});
    check({provider("image = \"i\"\ncopy = [{from = \"a\", volume = \"v\", to = \"/\"}]\n"), 10, 10,
           "file-providers[0].copy[0].from", "absolute"});
    check({provider("image = \"i\"\ncopy = [{from = \"/\", volume = \"w\", to = \"/\"}]\n"), 10, 22,
           "file-providers[0].copy[0].volume", "no volume of this bundle"});
    check({provider("image = \"i\"\nimage-id = \"x\"\ncopy = []\n"), 10, 1,
           "file-providers[0].image-id", "podman images --no-trunc"});
}

TEST_CASE("keys of a container are checked") {
    for (const auto& row : {
             in_container("image-id = \"12\"", "image-id", "64 lower-case"),
             in_container("requires = [\"A\"]", "requires[0]", "lower-case", 13),
             in_container("start-timeout = \"infinity\"", "start-timeout", "infinite"),
             in_container("start-timeout = \"0s\"", "start-timeout", "at least"),
             in_container("stop-timeout = \"2s\"", "stop-timeout", "longer than 2s"),
             in_container("stop-timeout = \"0\"", "stop-timeout", "longer than 2s"),
             in_container("stop-timeout = \"infinity\"", "stop-timeout", "infinite"),
             in_container("restart = \"never\"", "restart", "on-failure"),
             in_container("restart-sec = \"infinity\"", "restart-sec", "infinite"),
             in_container("start-limit-burst = -1", "start-limit-burst", "out of range"),
             in_container("start-limit-burst = 4294967296", "start-limit-burst", "out of range"),
             in_container("start-limit-interval = \"x\"", "start-limit-interval", "time span"),
             in_container("sdnotify = \"ignore\"", "sdnotify", "READY=1"),
             in_container("sdnotify = \"healthy\"", "sdnotify", "neither"),
             in_container("user = \"a:b:c\"", "user", "USER:GROUP"),
             in_container("user = \"\"", "user", "USER:GROUP"),
             in_container("groups = [\"a\", \"keep-groups\"]", "groups[1]", "agent", 16),
             in_container("devices = [\"/dev/a:b\"]", "devices[0]", "colon", 12),
             in_container("devices = [\"/etc/a\"]", "devices[0]", "below /dev", 12),
             in_container("devices = [\"/dev/a\", \"/dev/a\"]", "devices[1]", "twice", 22),
             in_container("env = {\"A=B\" = \"\"}", "env.A=B", "environment", 8),
             in_container("env = {NOTIFY_SOCKET = \"x\"}", "env.NOTIFY_SOCKET", "sdnotify", 8),
             in_container("env = {A = \"a\\u0000b\"}", "env.A", "NUL", 8),
             in_container("env = {A = 1}", "env.A", "must be a string", 8),
             in_container("command = [\"a\", \"\\u0000\"]", "command[1]", "NUL", 17),
             in_container("command = \"a b\"", "command", "array of strings"),
             in_container("entrypoint = [\"\"]", "entrypoint[0]", "empty", 15),
             in_container("workdir = \"srv\"", "workdir", "absolute"),
             in_container("cap-add = [\"NET-ADMIN\"]", "cap-add[0]", "capabilities(7)", 12),
             in_container("cap-add = [\"CAP_KILL\", \"kill\"]", "cap-add", "twice"),
             in_container("uid-map = [\"0:0\"]", "uid-map[0]", "LENGTH", 12),
             in_container("gid-map = [\"0:0:0\"]", "gid-map[0]", "LENGTH", 12),
             in_container("add-hosts = [\"a\"]", "add-hosts[0]", "192.0.2.7", 14),
             in_container("dns = [\"x\"]", "dns[0]", "IP address", 8),
             in_container("dns = [\"192.0.2.1\", \"none\"]", "dns[1]", "alone", 21),
             in_container("network = \"container:x\"", "network", "systemd does not see"),
             in_container("ports = [\"80:80\"]", "ports", "network \"host\""),
             in_container("realtime = 1", "realtime", "true or false"),
             in_container("memory-max = \"0\"", "memory-max", "too small"),
             in_container("memory-max = 512", "memory-max", "must be a string"),
             in_container("memory-max = \"half\"", "memory-max", "512M"),
             in_container("cpus = 0", "cpus", "1.5"),
             in_container("cpus = -1.5", "cpus", "1.5"),
             in_container("cpus = nan", "cpus", "1.5"),
             in_container("cpus = inf", "cpus", "1.5"),
             in_container("pids-limit = 0", "pids-limit", "out of range"),
             in_container("shm-size = \"1 MB 1\"", "shm-size", "not a size"),
             in_container("tmpfs = [\"tmp\"]", "tmpfs[0]", "absolute", 10),
             in_container("tmpfs = [\"/tmp\", \"/tmp:size=1M\"]", "tmpfs", "mounted twice"),
             in_container("read-only = \"true\"", "read-only", "true or false"),
             in_container("stop-signal = \"SIGFOO\"", "stop-signal", "signal(7)"),
             in_container("max-wait = \"1min\"", "max-wait", "unknown key"),
             in_container("memory_max = \"1G\"", "memory_max", "did you mean \"memory-max\"?"),
             in_container("mounts = [{volume = \"v\", target = \"/v\"}]", "mounts[0].volume",
                          "no volume of this bundle", 12),
             in_container("mounts = [\"v:/v\"]", "mounts[0]", "must be a table", 11),
             in_container("secrets = [\"a\"]", "secrets[0]", "must be a table", 12),
             in_container("secrets = [{name = \"a,b\"}]", "secrets[0].name", "a secret", 13),
             in_container("secrets = [{name = \"a\", target = \"b,c\"}]", "secrets[0].target",
                          "comma", 25),
             in_container("secrets = [{name = \"a\"}, {name = \"b\", target = \"a\"}]",
                          "secrets[1].target", "another secret", 39),
             in_container("health = {}", "health.cmd", "is missing", 10),
             in_container("health = {cmd = []}", "health.cmd", "no program", 11),
             in_container("health = {cmd = \"\"}", "health.cmd", "empty", 11),
             in_container("health = {cmd = 1}", "health.cmd", "must be a string", 11),
             in_container("health = {cmd = [\"CMD\", \"a\"]}", "health.cmd", "leave it out", 11),
             in_container("health = {cmd = \"a\", timeout = \"500ms\"}", "health.timeout", "1s",
                          22),
             in_container("health = {cmd = \"a\", retries = 0}", "health.retries", "range", 22),
             in_container("health = {cmd = \"a\", interval = \"0\"}", "health.interval", "short",
                          22),
             in_container("health = {cmd = \"a\", start-period = \"infinity\"}",
                          "health.start-period", "infinite", 22),
             in_container("unit = {after = [\"dbus\"]}", "unit.after[0]", "dbus", 18),
             in_container("unit = {after = [\"getty@.service\"]}", "unit.after[0]", "template", 18),
             in_container("unit = {after = [\"a.service\"]}", "unit.after[0]", "of this bundle",
                          18),
             in_container("unit = {upholds = [\"a.service\"]}", "unit.upholds", "unknown key", 9),
         })
        check(row);
}

TEST_CASE("mounts of a container are checked") {
    const auto mounted = [](const std::string& mounts) {
        return base("volumes = [{name = \"v\"}]\n" + container("a", "mounts = [" + mounts + "]\n"));
    };
    const auto row = [&](const std::string& mounts, unsigned column, const std::string& key,
                         const std::string& part) {
        check({mounted(mounts), 11, column, "containers[0].mounts[" + key, part});
    };
    row("{target = \"/v\"}", 11, "0].volume", "is missing");
    row("{volume = \"v\"}", 11, "0].target", "is missing");
    row("{volume = \"v\", target = \"/\"}", 26, "0].target", "below it");
    row("{volume = \"v\", target = \"/a/../b\"}", 26, "0].target", "not normalised");
    row("{volume = \"v\", target = \"/a\", propagation = \"x\"}", 41, "0].propagation",
        "not a propagation");
    row("{volume = \"v\", target = \"/a\"}, {volume = \"v\", target = \"/a\"}", 57, "1].target",
        "mounted twice");
}

TEST_CASE("a type error hides no other problem") {
    const auto problems =
        problems_of(base(container("a", "user = 1\nworkdir = \"x\"\nnope = 1\n")));
    REQUIRE(problems.size() == 3);
    CHECK(problems[0].key == "containers[0].user");
    CHECK(problems[1].key == "containers[0].workdir");
    CHECK(problems[2].key == "containers[0].nope");
}

TEST_CASE("ten errors are ten problems, in the order of the text") {
    const auto problems = problems_of(
        "format = 1\n"
        "id = \"Robot\"\n"
        "version = \"1\"\n"
        "type = \"base\"\n"
        "settle-time = \"x\"\n"
        "licence = \"MIT\"\n"
        "[[containers]]\n"
        "name = \"a\"\n"
        "image = \"A\"\n"
        "requires = [\"b\"]\n"
        "stop-timeout = \"1s\"\n"
        "[containers.env]\n"
        "\"1\" = \"x\"\n"
        "[[containers]]\n"
        "name = \"a\"\n"
        "image = \"a\"\n");
    std::vector<std::string> places;
    for (const auto& problem : problems)
        places.push_back(std::to_string(problem.line) + " " + problem.key);
    CHECK(places == std::vector<std::string>{"1 os", "2 id", "3 version", "5 settle-time",
                                             "6 licence", "9 containers[0].image",
                                             "10 containers[0].requires[0]",
                                             "11 containers[0].stop-timeout",
                                             "13 containers[0].env.1", "15 containers[1].name"});
}

TEST_CASE("problems that were there before stay first") {
    agent::model::Problems problems{{agent::model::ErrorCode::conflict, "x", 9, 9, "", "old", ""}};
    static_cast<void>(agent::model::parse_description("format = 2\n", "bundle.toml", problems));
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].message == "old");
}
