// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that a plan is refused for.
#include <functional>

#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

namespace {

using namespace example;
using agent::planning::MachineFacts;
using agent::planning::make_plan;
using agent::planning::Request;
using model::ErrorCode;
using model::Problems;

Problems refused(const model::InstalledSet& set, const Request& request,
                 const MachineFacts& machine = facts()) {
    const auto plan = make_plan(set, request, machine);
    return plan ? Problems{} : plan.error();
}

model::Description requiring(std::string_view bundle_id, std::string_view other,
                             std::string_view range) {
    auto description = described(bundle_id);
    description.requires_bundles = {requirement(other, range)};
    return description;
}

model::Description base(std::string_view bundle_id, std::string_view bundle_version = "1.0.0") {
    auto description = described(bundle_id, bundle_version);
    description.type = model::BundleType::base;
    return description;
}

/// As another trust anchor's; unsigned for NUL.
planning::Candidate signed_by(char anchor, model::Description description) {
    auto made = candidate(std::move(description), 'b');
    made.anchor = anchor == '\0' ? std::string() : std::string(64, anchor);
    return made;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A bundle is refused for one reason, and the text says which and what is there") {
    struct Case {
        const char* what;
        model::InstalledSet installed;
        Request request;
        ErrorCode code;
        std::vector<std::string> says;
    };
    const auto container_bundle = [](const char* bundle_id) {
        return candidate(described(bundle_id, "1.0.0", {"broker"}));
    };
    auto self = requiring("self", "self", "*");
    const std::vector<Case> cases = {
        {"same version, other content",
         installed_from({candidate(described("base", "1.0.0"), 'a')}),
         {.add = {candidate(described("base", "1.0.0"), 'b')}, .remove = {}},
         ErrorCode::conflict,
         {"base 1.0.0", "other content", "aaaaaaaaaaaa", "bbbbbbbbbbbb", "new version"}},
        {"build metadata makes no other version",
         installed_from({candidate(described("base", "1.0.0+a"), 'a')}),
         {.add = {candidate(described("base", "1.0.0+b"), 'b')}, .remove = {}},
         ErrorCode::conflict,
         {"base 1.0.0+b", "other content"}},
        {"a version that is lower than one that ran here",
         installed_from({candidate(described("old", "1.0.0"), 'a')}),
         {.add = {candidate(described("old", "1.2.9"), 'b')}, .remove = {}},
         ErrorCode::untrusted,
         {"old 1.2.9", "lower than 1.3.0", "--allow-downgrade"}},
        {"the same where nothing is installed",
         {},
         {.add = {candidate(described("old", "1.3.0-rc.1"))}, .remove = {}},
         ErrorCode::untrusted,
         {"old 1.3.0-rc.1", "lower than 1.3.0"}},
        {"a version from another signer",
         installed_from({candidate(described("base", "1.0.0"), 'a')}),
         {.add = {signed_by('e', described("base", "1.1.0"))}, .remove = {}},
         ErrorCode::untrusted,
         {"base 1.1.0", "another trust anchor (eeeeeeeeeeee)", "1.0.0 (ffffffffffff)",
          "--allow-signer-change"}},
        {"an unsigned version, whatever is allowed",
         installed_from({candidate(described("base", "1.0.0"), 'a')}),
         {.add = {signed_by('\0', described("base", "1.1.0"))},
          .remove = {},
          .allow_signer_change = true},
         ErrorCode::untrusted,
         {"base 1.1.0", "not signed", "1.0.0 is"}},
        {"a version that what stays does not want",
         installed_from({candidate(base("base")), candidate(requiring("view", "base", "^1.0"))}),
         {.add = {candidate(base("base", "2.0.0"), 'b')}, .remove = {}},
         ErrorCode::conflict,
         {"view 1.0.0", "requires base ^1.0", "2.0.0 is there"}},
        {"the same bundle twice",
         {},
         {.add = {candidate(described("base")), candidate(described("base"))}, .remove = {}},
         ErrorCode::conflict,
         {"/media/base.bundle", "base", "twice"}},
        {"a requirement that is not there",
         {},
         {.add = {candidate(requiring("view", "base", "^1.2"))}, .remove = {}},
         ErrorCode::conflict,
         {"view 1.0.0", "requires base ^1.2", "base is not installed"}},
        {"a requirement in another version",
         installed_from({candidate(described("base", "1.1.0"))}),
         {.add = {candidate(requiring("view", "base", "^1.2"))}, .remove = {}},
         ErrorCode::conflict,
         {"view 1.0.0", "requires base ^1.2", "1.1.0 is there"}},
        {"a requirement beside it in another version",
         {},
         {.add = {candidate(described("base", "2.0.0")),
                  candidate(requiring("view", "base", "^1.2"))},
          .remove = {}},
         ErrorCode::conflict,
         {"view 1.0.0", "requires base ^1.2", "2.0.0 is there"}},
        {"a prerelease that the range does not admit",
         installed_from({candidate(described("base", "1.3.0-rc.1"))}),
         {.add = {candidate(requiring("view", "base", "^1.2"))}, .remove = {}},
         ErrorCode::conflict,
         {"1.3.0-rc.1 is there"}},
        {"a second base",
         installed_from({candidate(base("base"))}),
         {.add = {candidate(base("bottom", "2.0.0"))}, .remove = {}},
         ErrorCode::conflict,
         {"one base", "base 1.0.0", "bottom 2.0.0"}},
        {"two bases at once",
         {},
         {.add = {candidate(base("one")), candidate(base("two"))}, .remove = {}},
         ErrorCode::conflict,
         {"one base", "one 1.0.0, two 1.0.0"}},
        {"a circle of two",
         {},
         {.add = {candidate(requiring("hen", "egg", "*")), candidate(requiring("egg", "hen", "*"))},
          .remove = {}},
         ErrorCode::conflict,
         {"circle", "egg, hen"}},
        {"a bundle that requires itself",
         {},
         {.add = {candidate(self)}, .remove = {}},
         ErrorCode::conflict,
         {"circle", "self"}},
        {"a container of an installed bundle",
         installed_from({container_bundle("base")}),
         {.add = {container_bundle("view")}, .remove = {}},
         ErrorCode::conflict,
         {"view 1.0.0", "container name 'broker'", "taken by the bundle base"}},
        {"an id that is not installed",
         {},
         {.add = {}, .remove = {id("ghost")}},
         ErrorCode::not_found,
         {"ghost", "not installed", "update-agent list"}},
        {"a removal that something else needs",
         installed_from({candidate(described("base")), candidate(requiring("view", "base", "*"))}),
         {.add = {}, .remove = {id("base")}},
         ErrorCode::conflict,
         {"base", "required by view", "remove view too"}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        const auto problems = refused(each.installed, each.request);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].code == each.code);
        const auto text = model::to_string(problems[0]);
        for (const auto& part : each.says) {
            INFO(text);
            CHECK(has(text, part));
        }
    }
}

TEST_CASE("A name that two new bundles want is told of both") {
    const auto problems = refused({}, {.add = {candidate(described("one", "1.0.0", {"broker"})),
                                               candidate(described("two", "1.0.0", {"broker"}))},
                                       .remove = {}});
    REQUIRE(problems.size() == 2);
    CHECK(has(to_string(problems[0]), "taken by the bundle two"));
    CHECK(has(to_string(problems[1]), "taken by the bundle one"));
}

TEST_CASE("A name that a unit of the host has is refused") {
    for (const auto* unit : {"ssh.service", "terminal.target", "terminal-restart.target"}) {
        INFO(unit);
        auto machine = facts();
        machine.foreign_units[unit] = std::string("/lib/systemd/system/") + unit;
        const auto problems =
            refused({}, {.add = {candidate(described("terminal", "1.0.0", {"ssh"}))}, .remove = {}},
                    machine);
        REQUIRE(problems.size() == 1);
        CHECK(problems[0].code == ErrorCode::conflict);
        CHECK(has(problems[0].message, unit));
        CHECK(has(problems[0].message, "/lib/systemd/system/"));
    }
}

TEST_CASE("A bundle is refused on a machine that it is not made for") {
    using Change = std::function<void(model::Description&, MachineFacts&)>;
    struct Case {
        const char* what;
        Change change;
        /// Empty where it may be installed.
        std::string says;
    };
    const std::vector<Case> cases = {
        {"any machine", [](auto&, auto&) {}, ""},
        {"its release",
         [](auto& d, auto&) { d.os = model::VersionRange::parse(">=12, <13").value(); }, ""},
        {"another release", [](auto& d, auto&) { d.os = model::VersionRange::parse("13").value(); },
         "needs an operating system in 13, and this one is 12.0.0"},
        {"a machine without a release",
         [](auto& d, auto& m) {
             d.os = model::VersionRange::parse("*").value();
             m.os_version.reset();
         },
         "this one tells no version"},
        {"no release needed on a machine without one", [](auto&, auto& m) { m.os_version.reset(); },
         ""},
        {"its architecture",
         [](auto& d, auto&) {
             d.architectures = {"arm64", "amd64"};
         },
         ""},
        {"another architecture",
         [](auto& d, auto&) {
             d.architectures = {"arm64", "armhf"};
         },
         "is made for arm64, armhf, and this machine is amd64"},
        {"its kind of machine", [](auto& d, auto&) { d.compatible = {"gripper"}; }, ""},
        {"another kind of machine",
         [](auto& d, auto&) {
             d.compatible = {"welder", "rover"};
         },
         "is made for the machines welder, rover, and this one is 'gripper'"},
        {"a machine without a name",
         [](auto& d, auto& m) {
             d.compatible = {"welder"};
             m.machine.clear();
         },
         "this one is not named"},
        {"devices that are there",
         [](auto& d, auto& m) {
             d.containers.push_back(container("lidar"));
             d.containers.back().devices = {"/dev/lidar"};
             m.unusable_devices = {{"/dev/other", "/dev/other is missing"}};
         },
         ""},
        {"a device that is not there",
         [](auto& d, auto& m) {
             d.containers.push_back(container("lidar"));
             d.containers.back().devices = {"/dev/a", "/dev/lidar"};
             m.unusable_devices = {{"/dev/lidar", "/dev/lidar is missing"}};
         },
         "/dev/lidar is missing"},
        {"a package that is there",
         [](auto& d, auto& m) {
             d.host_packages = {{.name = "can-utils", .relation = {}, .version = {}}};
             m.missing_packages = {{"can-utils (>= 2)", "1"}};
         },
         ""},
        {"a package that is not there",
         [](auto& d, auto& m) {
             d.host_packages = {{.name = "can-utils", .relation = {}, .version = {}}};
             m.missing_packages = {{"can-utils", ""}};
         },
         "needs the Debian package can-utils, which is not installed"},
        {"a package that is too old",
         [](auto& d, auto& m) {
             d.host_packages = {{.name = "can-utils", .relation = ">=", .version = "2"}};
             m.missing_packages = {{"can-utils (>= 2)", "1"}};
         },
         "needs the Debian package can-utils (>= 2), and 1 is installed"},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        auto description = described("base");
        auto machine = facts();
        each.change(description, machine);
        const auto problems = refused({}, {.add = {candidate(description)}, .remove = {}}, machine);
        REQUIRE(problems.size() == (each.says.empty() ? 0 : 1));
        if (each.says.empty()) continue;
        CHECK(problems[0].code == ErrorCode::conflict);
        INFO(problems[0].message);
        CHECK(has(problems[0].message, each.says));
    }
}

TEST_CASE("All reasons are told together, and not found decides over conflict") {
    auto description = described("view", "1.0.0", {"broker", "ssh"});
    description.os = model::VersionRange::parse("11").value();
    description.architectures = {"riscv64"};
    description.compatible = {"welder"};
    description.requires_bundles = {requirement("base", ">=2"), requirement("maps", "*")};
    auto machine = facts();
    machine.foreign_units["ssh.service"] = "/lib/systemd/system/ssh.service";
    const auto set = installed_from({candidate(described("base", "1.0.0", {"broker"}))});

    const auto problems =
        refused(set, {.add = {candidate(description)}, .remove = {id("ghost")}}, machine);
    CHECK(problems.size() == 8);
    const auto error = model::to_error(problems);
    CHECK(error.code() == ErrorCode::not_found);
    for (const auto* part : {"ghost", "system in 11", "riscv64", "welder", "base >=2", "maps *",
                             "'broker' is taken", "'ssh.service' is taken"}) {
        INFO(error.text());
        CHECK(has(error.text(), part));
    }
}

TEST_CASE("A removal is refused for every bundle that stays and needs it") {
    const auto set =
        installed_from({candidate(described("base")), candidate(requiring("log", "base", "*")),
                        candidate(requiring("view", "base", "*"))});
    const auto problems = refused(set, {.add = {}, .remove = {id("base")}});
    REQUIRE(problems.size() == 2);
    CHECK(has(problems[0].message, "log"));
    CHECK(has(problems[1].message, "view"));

    const auto one_named = refused(set, {.add = {}, .remove = {id("base"), id("log")}});
    REQUIRE(one_named.size() == 1);
    CHECK(has(one_named[0].message, "view"));
    CHECK(refused(set, {.add = {}, .remove = {id("view"), id("base"), id("log")}}).empty());
}
