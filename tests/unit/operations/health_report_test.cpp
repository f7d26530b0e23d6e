// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/health_report.hpp"

#include "tests/unit/operations/scene.hpp"

using namespace test;
using operations::health_report;
using operations::LogLines;
using operations::Unhealthy;
using Lines = std::vector<std::string>;

namespace {

/// A machine where a container's runs wrote something, or nobody can read what.
class Journal {
  public:
    /// Starts it anew; returns the run.
    std::string run(const std::string& service, const Lines& lines) {
        services.loaded[service] = "ExecStart=podman start any";
        engine.made["any"].state = "exited";
        services.writes[service] = lines;
        must(services.restart({service}, {}));
        return services.units[service].invocation;
    }
    LogLines lines_of(const std::vector<Unhealthy>& containers) {
        return operations::last_log_lines({engine, services, packages, installer, machine, devices,
                                           events, hooks, image_mounts, store_maker},
                                          containers);
    }

    TemporaryDirectory directory;
    CallFaults faults;
    FakeEngine engine{faults, directory.path()};
    FakeServices services{faults, engine, directory.path() / "none"};
    FakePackages packages;
    FakeInstaller installer{faults, packages};
    FakeMachine machine{faults};
    FakeDevices devices;
    RecordedEvents events;
    FakeHooks hooks;
    FakeMounts image_mounts{faults};
    FakeStoreMaker store_maker{faults};
};

}  // namespace

TEST_CASE("A report has a line for each container, and what it wrote below it") {
    const std::vector<Unhealthy> unhealthy = {{"a.service", "a.service: failed (failed)", {"1"}},
                                              {"b.service", "b.service: inactive (dead)", {}},
                                              {"c.service", "c.service: failed (failed)", {"2"}}};
    CHECK(health_report(unhealthy, {{"a.service", {"no port", "ends"}}, {"c.service", {}}}) ==
          "\n  a.service: failed (failed)\n    | no port\n    | ends"
          "\n  b.service: inactive (dead)\n  c.service: failed (failed)");
    CHECK(health_report({}, {}).empty());
}

TEST_CASE(
    "Five lines of the newest run are enough, and what is missing comes from the one before") {
    struct Row {
        Lines before;
        Lines newest;
        Lines shown;
    };
    const auto row = GENERATE(values<Row>({
        {{"old"}, {"1", "2", "3", "4", "5", "6"}, {"2", "3", "4", "5", "6"}},
        {{"crash"}, {}, {"crash"}},
        {{"begins", "crash"}, {"begins"}, {"begins", "crash", "begins"}},
        {{"1", "2", "3", "4", "5", "6"}, {"7", "8"}, {"4", "5", "6", "7", "8"}},
        {{}, {}, {}},
    }));
    Journal journal;
    const auto before = journal.run("a.service", row.before);
    const auto newest = journal.run("a.service", row.newest);
    REQUIRE(before != newest);
    CHECK(journal.lines_of({{"a.service", "a", {newest, before}}}).at("a.service") == row.shown);
}

TEST_CASE("A container that never ran is not asked for, and one that cannot be read has no lines") {
    Journal journal;
    const auto first = journal.run("a.service", {"a writes"});
    const auto second = journal.run("b.service", {"b writes"});
    journal.faults.forget_calls();
    journal.faults.fail_at(1, CallFaults::Kind::before);
    const auto lines = journal.lines_of(
        {{"a.service", "a", {first}}, {"b.service", "b", {second}}, {"c.service", "c", {}}});
    CHECK(lines == LogLines{{"a.service", {}}, {"b.service", {"b writes"}}, {"c.service", {}}});
    CHECK(journal.faults.calls().size() == 2);
}

TEST_CASE("Of a start that was refused, what the runs before it wrote is shown") {
    Journal journal;
    const auto run = journal.run("a.service", {"no such program"});
    const auto shown = [&](const Lines& invocations) {
        return journal.lines_of({{"a.service", "a.service: failed", invocations}}).at("a.service");
    };
    CHECK(shown({"refused"}).empty());
    CHECK(shown({"refused", ""}) == Lines{"no such program"});
    CHECK(shown({run, ""}) == Lines{"no such program"});
}
