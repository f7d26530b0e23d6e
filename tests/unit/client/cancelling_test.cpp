// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs that a caller cancels, or leaves.
#include "tests/unit/client/calling.hpp"

using namespace test;

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
