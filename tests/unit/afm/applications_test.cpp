// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/applications.hpp"

#include "agent/afm/jobs.hpp"
#include "agent/afm/outcome.hpp"
#include "agent/afm/running.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace agent;
using namespace agent::afm;

namespace {

using Names = std::vector<std::string>;
using Pids = std::vector<std::uint32_t>;

model::ContainerName name(const std::string& text) {
    return *model::ContainerName::parse(text);
}

/// Containers with those that they require.
model::Description described(const std::string& id,
                             const std::vector<std::pair<std::string, Names>>& containers) {
    model::Description description;
    description.id = *model::BundleId::parse(id);
    description.version = *model::Version::parse("1.2.0");
    for (const auto& [each, required] : containers) {
        model::Container container;
        container.name = name(each);
        for (const auto& other : required)
            container.requires_containers.push_back(name(other));
        description.containers.push_back(container);
    }
    return description;
}

model::InstalledSet installed() {
    model::InstalledSet set;
    for (const auto* id : {"appli", "radio"}) {
        auto description = described(id, {{std::string(id) + "-main", {}}});
        set.bundles[description.id].description = description;
    }
    return set;
}

ServiceView up(std::uint32_t pid, Pids pids) {
    return {.active = "active", .frozen = false, .main_pid = pid, .pids = std::move(pids)};
}

}  // namespace

TEST_CASE("An application says of itself what its bundle's description says") {
    auto description = described("appli", {{"main", {}}});
    description.name = "Appli";
    description.description = "What it is\nfor.";
    description.short_name = "App";
    description.author = "Someone";
    description.width = 800;
    CHECK(print_json(detail(description)) ==
          R"({"id":"appli@1.2.0","version":"1.2.0","width":800,"height":0,"name":"Appli",)"
          R"("description":"What it is\nfor.","shortname":"App","author":"Someone"})");
    const auto list = runnables(installed());
    REQUIRE(list.size() == 2);
    CHECK(list[0]["id"] == "appli@1.2.0");
    CHECK(list[1]["id"] == "radio@1.2.0");
    CHECK(print_json(runnables({})) == "[]");
}

TEST_CASE("An application is found by its id and version, and no other way") {
    const auto set = installed();
    CHECK((*find_application(set, "radio@1.2.0"))->id.value() == "radio");
    for (const auto* id : {"radio", "radio@1.2", "radio@1.2.1", "radio@1.2.0@", "@1.2.0", "",
                           "nobody@1.2.0", "radio@1.2.0\n"}) {
        INFO(id);
        const auto found = find_application(set, id);
        REQUIRE_FALSE(found);
        CHECK(found.error().code() == model::ErrorCode::not_found);
    }
}

TEST_CASE("The leader is the first container that no other one requires") {
    struct Row {
        std::vector<std::pair<std::string, Names>> containers;
        Names services;
    };
    for (const auto& row : {
             Row{{}, {}},
             Row{{{"a", {}}}, {"a.service"}},
             Row{{{"a", {}}, {"b", {}}}, {"a.service", "b.service"}},
             Row{{{"store", {}}, {"app", {"store"}}}, {"app.service", "store.service"}},
             Row{{{"store", {}}, {"cache", {"store"}}, {"app", {"cache"}}, {"log", {}}},
                 {"app.service", "store.service", "cache.service", "log.service"}},
         })
        CHECK(services_of(described("appli", row.containers)) == row.services);
}

TEST_CASE("An application runs while its leader does") {
    const auto description = described("appli", {{"store", {}}, {"app", {"store"}}});
    const auto runner = runner_of(description, {up(435, {430, 435, 436}), up(500, {500, 501})});
    REQUIRE(runner);
    CHECK(print_json(state_of(*runner)) ==
          R"({"runid":435,"pids":[435,430,436,500,501],"state":"running","id":"appli@1.2.0"})");
    CHECK(runner->bundle.value() == "appli");

    struct Row {
        std::string leader;
        bool frozen;
        std::uint32_t pid;
        std::string other;
        std::string state;
    };
    for (const auto& row : {
             Row{"active", false, 1, "active", "running"},
             Row{"active", false, 1, "inactive", "running"},
             Row{"active", true, 1, "active", "paused"},
             Row{"activating", false, 1, "active", "starting"},
             Row{"active", false, 1, "activating", "starting"},
             Row{"reloading", false, 1, "active", "running"},
             Row{"activating", false, 0, "active", ""},
             Row{"deactivating", false, 1, "active", ""},
             Row{"inactive", false, 0, "active", ""},
             Row{"failed", false, 0, "active", ""},
         }) {
        INFO(row.leader << " " << row.pid << " " << row.other);
        const auto seen = runner_of(
            description,
            {{.active = row.leader, .frozen = row.frozen, .main_pid = row.pid, .pids = {}},
             {.active = row.other, .frozen = false, .main_pid = 2, .pids = {2}}});
        CHECK((seen ? seen->state : "") == row.state);
    }
    CHECK_FALSE(runner_of(described("appli", {}), {}));
}

TEST_CASE("All processes of a control group are found, and of those below it") {
    const test::TemporaryDirectory directory;
    const auto group = directory.path() / "app.service";
    test::write_text(group / "cgroup.procs", "12\n");
    test::write_text(group / "libpod-payload" / "cgroup.procs", "9\n300\n");
    test::write_text(group / "libpod-payload" / "cgroup.events", "frozen 0\n");
    CHECK(processes_below(group) == Pids{9, 12, 300});
    CHECK(processes_below(directory.path() / "gone").empty());
}

TEST_CASE("What was added is what the installation says, in the version that is installed") {
    const auto set = installed();
    const std::string installs = R"({"installed": [{"id": "radio", "version": "1.2.0"}],
                                     "unchanged": []})";
    const std::string unchanged = R"({"installed": [], "unchanged": ["appli"]})";
    CHECK(added_application(installs, set, false).value() == "radio@1.2.0");
    CHECK(added_application(unchanged, set, true).value() == "appli@1.2.0");
    const auto again = added_application(unchanged, set, false);
    REQUIRE_FALSE(again);
    CHECK(again.error().code() == model::ErrorCode::conflict);
    CHECK(again.error().text().find("appli@1.2.0 is installed already") == 0);
    for (const auto* text : {"", "[]", "{}", R"({"installed": [{}]})", R"({"installed": 1})",
                             R"({"installed": [{"id": "gone"}]})"}) {
        INFO(text);
        CHECK(added_application(text, set, true).error().code() == model::ErrorCode::internal);
    }
    CHECK(change_text("install", "radio@1.2.0") ==
          R"({"operation":"install","data":"radio@1.2.0"})");
}

TEST_CASE("A job that ended badly is the error of its exit status, with its text") {
    CHECK(result_of({.exit_code = 0, .document = "{}", .text = ""}).value().document == "{}");
    const auto refused =
        result_of({.exit_code = 4, .document = "", .text = "update-agent: not trusted\n"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == model::ErrorCode::untrusted);
    CHECK(refused.error().text() == "not trusted");
    CHECK(result_of({.exit_code = 99, .document = "", .text = ""}).error().text() ==
          "ended with the exit status 99");
}
