// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/journal_events.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/catch.hpp"

using agent::host::Event;
using agent::host::Happening;
using agent::systemd::journal_fields;
using Fields = std::vector<std::string>;

namespace {

constexpr Happening kAll[] = {Happening::begun,      Happening::resumed, Happening::done,
                              Happening::going_back, Happening::undone,  Happening::stuck};

Event update() {
    return {.what = Happening::undone,
            .transaction = "0123",
            .operation = "install",
            .bundles = {"base 1.1.0", "view 2.0.0"},
            .generation_before = 4,
            .generation_now = 4,
            .who = "root (0)",
            .phase = "verify",
            .exit_code = 8,
            .reason = "broker.service: failed\n  no route"};
}

bool has(const Fields& fields, const std::string& field) {
    return std::find(fields.begin(), fields.end(), field) != fields.end();
}

std::string value(const Fields& fields, const std::string& name) {
    for (const auto& field : fields)
        if (field.starts_with(name + "=")) return field.substr(name.size() + 1);
    return {};
}

std::string catalog() {
    std::ostringstream text;
    text << std::ifstream(SOURCE_DIR "/config/update-agent.catalog").rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("An entry has what it is about, and can be searched by it") {
    const auto fields = journal_fields(update());
    for (const auto* field :
         {"MESSAGE=install of base 1.1.0, view 2.0.0 failed: broker.service: failed\n  no route",
          "PRIORITY=3", "SYSLOG_IDENTIFIER=update-agent", "UPDATE_AGENT_TRANSACTION=0123",
          "UPDATE_AGENT_OPERATION=install", "UPDATE_AGENT_BUNDLES=base 1.1.0, view 2.0.0",
          "UPDATE_AGENT_BUNDLE=base", "UPDATE_AGENT_BUNDLE=view", "UPDATE_AGENT_VERSION=1.1.0",
          "UPDATE_AGENT_VERSION=2.0.0", "UPDATE_AGENT_CALLER=root (0)",
          "UPDATE_AGENT_GENERATION_BEFORE=4", "UPDATE_AGENT_GENERATION=4",
          "UPDATE_AGENT_PHASE=verify", "UPDATE_AGENT_EXIT_CODE=8",
          "UPDATE_AGENT_REASON=broker.service: failed\n  no route"}) {
        INFO(field);
        CHECK(has(fields, field));
    }
}

TEST_CASE("A long reason and bytes that are no UTF-8 can be read all the same") {
    auto event = update();
    event.reason = "first\xff\n";
    for (int i = 0; i < 1000; ++i)
        event.reason += "another line\n";
    const auto fields = journal_fields(event);
    for (const auto* name : {"MESSAGE", "UPDATE_AGENT_REASON"}) {
        const auto text = value(fields, name);
        CHECK(text.size() < 4000);
        CHECK(text.find("\nanother line\nanother line\n") != std::string::npos);
        CHECK(text.find('\xff') == std::string::npos);
        CHECK(text.ends_with("\n..."));
    }
}

TEST_CASE("What there is nothing to say of is left out") {
    auto event = update();
    event.what = Happening::begun;
    event.bundles = {};
    event.phase = event.reason = "";
    const auto fields = journal_fields(event);
    CHECK(value(fields, "MESSAGE") == "install has begun");
    CHECK(value(fields, "PRIORITY") == "6");
    for (const auto& field : fields) {
        CHECK_FALSE(field.starts_with("UPDATE_AGENT_PHASE="));
        CHECK_FALSE(field.starts_with("UPDATE_AGENT_REASON="));
        CHECK_FALSE(field.starts_with("UPDATE_AGENT_BUNDLE="));
    }
}

TEST_CASE("Every kind of entry is explained in the catalogue, with fields that it has") {
    const auto text = catalog();
    std::set<std::string> ids;
    for (const auto what : kAll) {
        auto event = update();
        event.what = what;
        if (what == Happening::begun || what == Happening::resumed) event.phase = event.reason = "";
        if (what == Happening::going_back) event.phase = "";
        const auto fields = journal_fields(event);
        const auto id = value(fields, "MESSAGE_ID");
        INFO(id);
        CHECK(id.size() == 32);
        CHECK(ids.insert(id).second);
        const auto begin = text.find("-- " + id + "\n");
        REQUIRE(begin != std::string::npos);
        auto entry = text.substr(begin, text.find("\n-- ", begin) - begin);
        for (auto at = entry.find('@'); at != std::string::npos; at = entry.find('@', at + 1)) {
            const auto end = entry.find('@', at + 1);
            REQUIRE(end != std::string::npos);
            INFO(entry.substr(at, end - at));
            CHECK_FALSE(value(fields, entry.substr(at + 1, end - at - 1)).empty());
            at = end;
        }
    }
}
