// SPDX-License-Identifier: GPL-3.0-or-later
// A service that is not there, or refuses.
#include <cstdlib>

#include "tests/unit/client/calling.hpp"

using namespace test;

TEST_CASE("A call that is refused keeps its exit status, and one that is denied names the right") {
    struct Row {
        const char* name;
        const char* message;
        ErrorCode code;
        const char* text;
    };
    const auto row = GENERATE(values<Row>({
        {"org.updateagent.Error.NotFound", "no such bundle", ErrorCode::not_found,
         "no such bundle"},
        {"org.updateagent.Error.NotPermitted", "not you", ErrorCode::not_permitted,
         "asking the service to Rollback: not you: it takes polkit's org.updateagent.install"},
        {"org.updateagent.Error.NotPermitted", "org.updateagent.install is not yours",
         ErrorCode::not_permitted,
         "asking the service to Rollback: org.updateagent.install is not yours"},
        {"org.freedesktop.DBus.Error.AccessDenied", "no", ErrorCode::not_permitted,
         "asking the service to Rollback: no: it takes polkit's org.updateagent.install"},
        {"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "no",
         ErrorCode::not_permitted,
         "asking the service to Rollback: no: it takes polkit's org.updateagent.install; with "
         "--interactive you are asked for a password"},
        {"org.freedesktop.DBus.Error.NoReply", "it crashed", ErrorCode::internal,
         "asking the service to Rollback: the service did not answer (it crashed): 'update-agent "
         "history' says what was done, and 'update-agent status' what runs"},
    }));
    INFO(row.name);
    const FakeService service({.begin = [&](FakeService& self, sd_bus_message* call) {
        return self.refuse(call, row.name, row.message);
    }});
    Notes notes;
    const auto ended = run(notes);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code() == row.code);
    CHECK(ended.error().text() == row.text);
}

TEST_CASE("A service that nobody has, or that an administrator masked, is not there") {
    struct Row {
        const char* error;
        bool failed;
    };
    const auto row = GENERATE(values<Row>({
        {"org.freedesktop.DBus.Error.ServiceUnknown", false},
        {"org.freedesktop.DBus.Error.NameHasNoOwner", false},
        {"org.freedesktop.systemd1.NoSuchUnit", false},
        {"org.freedesktop.systemd1.UnitMasked", false},
        {"org.freedesktop.DBus.Error.TimedOut", true},
        {"org.freedesktop.DBus.Error.Spawn.ChildExited", true},
    }));
    INFO(row.error);
    const auto refuse = [&](FakeService& self, sd_bus_message* call) {
        return self.refuse(call, row.error);
    };
    SECTION("when it is to be started") {
        const FakeService service({.begin = {}, .start = refuse});
        const auto reached = Service::reach(quick());
        REQUIRE_FALSE(reached);
        CHECK(reached.error().why == "the service is not there: no");
        CHECK(reached.error().failed == row.failed);
    }
    SECTION("when it is called") {
        if (row.failed) return;
        const FakeService service({.begin = refuse});
        Notes notes;
        const auto answer = reached().ask(request("Rollback"), notes);
        REQUIRE(answer);
        REQUIRE(std::holds_alternative<Absent>(*answer));
    }
}

TEST_CASE("Without a bus there is no service, and one that is silent is not waited for") {
    SECTION("no bus") {
        const test::TemporaryDirectory directory;
        ::setenv("DBUS_SYSTEM_BUS_ADDRESS",
                 ("unix:path=" + (directory.path() / "none").string()).c_str(), 1);
        const auto reached = Service::reach(quick());
        ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
        REQUIRE_FALSE(reached);
        CHECK_FALSE(reached.error().failed);
    }
    auto options = quick();
    SECTION("a bus that says nothing") {
        const test::FakeSystemBus bus(nullptr);
        options.connect = 100ms;
        const auto reached = Service::reach(options);
        REQUIRE_FALSE(reached);
        CHECK(reached.error().failed);
    }
    SECTION("a service that does not start") {
        const FakeService service(
            {.begin = {}, .start = [](FakeService&, sd_bus_message*) { return 0; }});
        options.start = 100ms;
        const auto reached = Service::reach(options);
        REQUIRE_FALSE(reached);
        CHECK(reached.error().failed);
    }
    SECTION("a service that does not answer") {
        const FakeService service({.begin = [](FakeService&, sd_bus_message*) { return 0; }});
        options.call = 100ms;
        auto reached = Service::reach(options);
        REQUIRE(reached);
        Notes notes;
        const auto answer = reached->ask(request("Rollback"), notes);
        REQUIRE_FALSE(answer);
        CHECK(answer.error().code() == ErrorCode::internal);
    }
}
