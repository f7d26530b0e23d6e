// SPDX-License-Identifier: GPL-3.0-or-later
// A caller and the service, whatever becomes of it.
#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "tests/unit/client/calling.hpp"

using namespace test;

namespace {

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

TEST_CASE("A job that the service does not know cannot be watched") {
    const FakeService service({.begin = {}});
    Notes notes;
    const auto ended = reached().watch(9, notes);
    REQUIRE_FALSE(ended);
    CHECK(ended.error().code() == ErrorCode::not_found);
    CHECK(ended.error().text() ==
          "the service knows no job 9: 'update-agent history' shows what was done");
}
