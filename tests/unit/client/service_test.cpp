// SPDX-License-Identifier: GPL-3.0-or-later
// A caller and the service, whatever becomes of it.
#include "agent/client/service.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "tests/unit/catch.hpp"
#include "tests/unit/client/fake_service.hpp"

using namespace std::chrono_literals;
using agent::client::Absent;
using agent::client::Ended;
using agent::client::Job;
using agent::client::Request;
using agent::client::Service;
using agent::client::ServiceOptions;
using agent::model::ErrorCode;
using agent::model::Result;
using test::FakeService;
using Texts = std::vector<std::string>;

namespace {

/// Cancels when it reads "cancel", and notes what it is told.
class Notes final : public agent::client::Watcher {
  public:
    void record(const std::string& record) override {
        records.push_back(record);
        if (record == "cancel") ++cancelled;
    }
    void note(const std::string& text) override { notes.push_back(text); }
    [[nodiscard]] unsigned cancellations() const override { return cancelled; }

    Texts records;
    Texts notes;
    unsigned cancelled = 0;
};

ServiceOptions quick() {
    ServiceOptions options;
    options.look = 10ms;
    return options;
}

Request request(const char* method) {
    Request request;
    request.method = method;
    request.action = "org.updateagent.install";
    return request;
}

Service reached() {
    auto service = Service::reach(quick());
    if (!service) FAIL(service.error().why);
    return std::move(*service);
}

/// Begins a job, and follows it.
Result<Ended> run(Notes& notes) {
    auto service = reached();
    const auto answer = service.ask(request("Rollback"), notes);
    if (!answer) return agent::model::fail(answer.error());
    if (const auto* absent = std::get_if<Absent>(&*answer)) FAIL(absent->why);
    CHECK(std::get<Job>(*answer) == 7);
    return service.follow(std::get<Job>(*answer), notes);
}

std::string text_behind(int descriptor) {
    std::array<char, 64> text{};
    const auto count = ::pread(descriptor, text.data(), text.size(), 0);
    return {text.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

/// What an Install was called with, as one text.
std::string install_text(sd_bus_message* call) {
    std::string text = sd_bus_message_get_allow_interactive_authorization(call) > 0 ? "ask " : "";
    const char* name = nullptr;
    int descriptor = -1;
    sd_bus_message_enter_container(call, 'a', "(sh)");
    while (sd_bus_message_read(call, "(sh)", &name, &descriptor) > 0)
        text += std::string(name) + "=" + text_behind(descriptor) + " ";
    sd_bus_message_exit_container(call);
    sd_bus_message_enter_container(call, 'a', "{sv}");
    const char* value = nullptr;
    while (sd_bus_message_enter_container(call, 'e', "sv") > 0) {
        sd_bus_message_read(call, "s", &name);
        text += name;
        if (std::string(name) == "who") {
            sd_bus_message_read(call, "v", "s", &value);
            text += std::string("=") + value;
        } else {
            sd_bus_message_skip(call, "v");
        }
        text += " ";
        sd_bus_message_exit_container(call);
    }
    return text;
}

}  // namespace

TEST_CASE("A job is begun and followed to its end") {
    FakeService service({.begin = [](FakeService& self, sd_bus_message* call) {
        self.begin(call);
        self.progress(call, "of another", "/org/updateagent/job/8");
        self.progress(call, "one");
        self.progress(call, "two");
        return self.ended(call, 5, "{}", "refused\n");
    }});
    Notes notes;
    const auto ended = run(notes);
    REQUIRE(ended);
    CHECK(ended->exit_code == 5);
    CHECK(ended->document == "{}");
    CHECK(ended->text == "refused\n");
    CHECK(notes.records == Texts{"one", "two"});
    CHECK(notes.notes.empty());
    CHECK(service.calls() == Texts{"StartServiceByName", "Rollback"});
}

TEST_CASE("A job that has ended before the call is answered has not been missed") {
    const FakeService service({.begin = [](FakeService& self, sd_bus_message* call) {
        self.progress(call, "one");
        self.ended(call, 0, "{}", "done\n");
        return self.begin(call);
    }});
    Notes notes;
    const auto ended = run(notes);
    REQUIRE(ended);
    CHECK(ended->text == "done\n");
    CHECK(notes.records == Texts{"one"});
}

TEST_CASE("Files go along as descriptors, with the names and options that were given") {
    const test::TemporaryDirectory directory;
    const auto path = directory.path() / "a.bundle";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::write(file, "content", 7) == 7);
    std::string asked;
    const FakeService service({.begin = [&](FakeService& self, sd_bus_message* call) {
        asked = install_text(call);
        return self.begin(call);
    }});
    auto options = quick();
    options.interactive = true;
    auto reached = Service::reach(options);
    REQUIRE(reached);
    auto install = request("Install");
    install.subjects = std::vector<agent::client::File>{{"./\xff.bundle", file}};
    install.flags = {"allow-downgrade", "retry"};
    install.who = "anna (0)";
    Notes notes;
    CHECK(reached->ask(install, notes));
    ::close(file);
    CHECK(asked == "ask ./\xef\xbf\xbd.bundle=content allow-downgrade retry who=anna (0) ");
}

TEST_CASE("A service that is killed in the middle is found again, with its job") {
    int asked = 0;
    FakeService service({.begin =
                             [](FakeService& self, sd_bus_message* call) {
                                 self.begin(call);
                                 self.progress(call, "before");
                                 return self.change_hands(call, "");
                             },
                         .properties =
                             [&](FakeService& self, sd_bus_message* call) {
                                 if (++asked == 1)
                                     return self.refuse(call, "org.freedesktop.DBus.Error.NoReply");
                                 self.change_hands(call, ":1.3");
                                 self.state(call, "running");
                                 self.progress(call, "after");
                                 return self.ended(call, 0, "{}", "done\n");
                             }});
    Notes notes;
    const auto ended = run(notes);
    REQUIRE(ended);
    CHECK(ended->text == "done\n");
    CHECK(notes.records == Texts{"before", "after"});
    CHECK(asked == 2);
}

TEST_CASE("A job that ended while the service was away is read from its properties") {
    const FakeService service({.begin =
                                   [](FakeService& self, sd_bus_message* call) {
                                       self.begin(call);
                                       return self.change_hands(call, ":1.3");
                                   },
                               .properties =
                                   [](FakeService& self, sd_bus_message* call) {
                                       return self.state(call, "ended", 8, "{\"a\":1}", "text");
                                   }});
    Notes notes;
    const auto ended = run(notes);
    REQUIRE(ended);
    CHECK(ended->exit_code == 8);
    CHECK(ended->document == "{\"a\":1}");
    CHECK(ended->text == "text");
}

TEST_CASE("A job that is lost with its service is told, and what to look at") {
    struct Row {
        const char* error;
        const char* says;
    };
    const auto row = GENERATE(values<Row>({
        {"org.freedesktop.DBus.Error.UnknownObject", "does not know job 7 any more"},
        {"org.freedesktop.DBus.Error.ServiceUnknown", "does not come back (no)"},
        {"org.freedesktop.systemd1.UnitMasked", "does not come back (no)"},
    }));
    INFO(row.error);
    const FakeService service(
        {.begin =
             [](FakeService& self, sd_bus_message* call) {
                 self.begin(call);
                 return self.change_hands(call, "");
             },
         .properties = [&](FakeService& self,
                           sd_bus_message* call) { return self.refuse(call, row.error); }});
    auto options = quick();
    options.absence = 50ms;
    auto reached = Service::reach(options);
    REQUIRE(reached);
    Notes notes;
    REQUIRE(reached->ask(request("Rollback"), notes));
    const auto ended = reached->follow(7, notes);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code() == ErrorCode::internal);
    CHECK(ended.error().text().find(row.says) != std::string::npos);
    CHECK(ended.error().text().find("'update-agent history'") != std::string::npos);
    CHECK(ended.error().text().find("'update-agent status'") != std::string::npos);
}

TEST_CASE("Others on the bus do not end a job with their signals") {
    const FakeService service({.begin = [](FakeService& self, sd_bus_message* call) {
        self.begin(call);
        self.speaker = ":1.66";
        self.progress(call, "forged");
        self.ended(call, 0, "{}", "forged\n");
        self.speaker = ":1.2";
        return self.ended(call, 8, "{}", "real\n");
    }});
    Notes notes;
    const auto ended = run(notes);
    REQUIRE(ended);
    CHECK(ended->text == "real\n");
    CHECK(notes.records.empty());
}

TEST_CASE("The first cancelling is asked of the job, once") {
    FakeService service({.begin =
                             [](FakeService& self, sd_bus_message* call) {
                                 self.begin(call);
                                 return self.progress(call, "cancel");
                             },
                         .cancel =
                             [](FakeService& self, sd_bus_message* call) {
                                 self.reply(call);
                                 self.progress(call, "undoing");
                                 self.progress(call, "undone");
                                 return self.ended(call, 7, "", "update-agent: cancelled\n");
                             }});
    Notes notes;
    const auto ended = run(notes);
    REQUIRE(ended);
    CHECK(ended->exit_code == 7);
    CHECK(notes.records == Texts{"cancel", "undoing", "undone"});
    REQUIRE(notes.notes.size() == 1);
    CHECK(notes.notes.front().find("job 7 is asked to cancel") == 0);
    CHECK(service.calls() == Texts{"StartServiceByName", "Rollback", "Cancel"});
}

TEST_CASE("Who may not cancel is told, and goes on following") {
    const FakeService service({.begin =
                                   [](FakeService& self, sd_bus_message* call) {
                                       self.begin(call);
                                       return self.progress(call, "cancel");
                                   },
                               .cancel =
                                   [](FakeService& self, sd_bus_message* call) {
                                       self.refuse(call, "org.updateagent.Error.NotPermitted",
                                                   "not yours");
                                       return self.ended(call, 0, "{}", "done\n");
                                   }});
    Notes notes;
    const auto ended = run(notes);
    REQUIRE(ended);
    CHECK(ended->text == "done\n");
    REQUIRE(notes.notes.size() == 2);
    CHECK(notes.notes.back() == "it cannot be cancelled: not yours");
}

TEST_CASE("The second cancelling leaves the job to itself, and says how to follow it") {
    const FakeService service(
        {.begin =
             [](FakeService& self, sd_bus_message* call) {
                 self.begin(call);
                 return self.progress(call, "cancel");
             },
         .cancel = [](FakeService& self,
                      sd_bus_message* call) { return self.progress(call, "cancel"); }});
    Notes notes;
    const auto ended = run(notes);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code() == ErrorCode::busy);
    CHECK(ended.error().text() == "job 7 goes on; follow it with: update-agent watch 7");
}

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

TEST_CASE("Any job can be watched: one that runs, and one that has ended") {
    const char* state = GENERATE("running", "ended");
    INFO(state);
    FakeService service({.begin = {}, .properties = [&](FakeService& self, sd_bus_message* call) {
                             self.state(call, state, 3, "{}", "text\n");
                             self.progress(call, "later");
                             return self.ended(call, 3, "{}", "text\n");
                         }});
    Notes notes;
    const auto ended = reached().watch(7, notes);
    REQUIRE(ended);
    CHECK(ended->exit_code == 3);
    CHECK(ended->text == "text\n");
    CHECK(service.calls() == Texts{"StartServiceByName", "GetAll"});
}

TEST_CASE("Who only watches leaves without cancelling") {
    FakeService service({.begin = {}, .properties = [&](FakeService& self, sd_bus_message* call) {
                             self.state(call, "running");
                             return self.progress(call, "cancel");
                         }});
    Notes notes;
    const auto ended = reached().watch(7, notes);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().text() == "job 7 goes on; follow it with: update-agent watch 7");
    CHECK(service.calls() == Texts{"StartServiceByName", "GetAll"});
}

TEST_CASE("A job that the service does not know cannot be watched") {
    const FakeService service({.begin = {}});
    Notes notes;
    const auto ended = reached().watch(9, notes);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code() == ErrorCode::not_found);
    CHECK(ended.error().text() ==
          "the service knows no job 9: 'update-agent history' shows what was done");
}
