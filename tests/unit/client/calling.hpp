// SPDX-License-Identifier: GPL-3.0-or-later
// A caller of the service, for tests.
#pragma once

#include "agent/client/service.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/client/fake_service.hpp"

namespace test {

using namespace std::chrono_literals;
using agent::client::Absent;
using agent::client::Ended;
using agent::client::Job;
using agent::client::Request;
using agent::client::Service;
using agent::client::ServiceOptions;
using agent::model::ErrorCode;
using agent::model::Result;
using Texts = std::vector<std::string>;

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

inline ServiceOptions quick() {
    ServiceOptions options;
    options.look = 10ms;
    return options;
}

inline Request request(const char* method) {
    Request request;
    request.method = method;
    request.action = "org.updateagent.install";
    return request;
}

inline Service reached() {
    auto service = Service::reach(quick());
    if (!service) FAIL(service.error().why);
    return std::move(*service);
}

/// Begins a job, and follows it.
inline Result<Ended> run(Notes& notes) {
    auto service = reached();
    const auto answer = service.ask(request("Rollback"), notes);
    if (!answer) return agent::model::fail(answer.error());
    if (const auto* absent = std::get_if<Absent>(&*answer)) FAIL(absent->why);
    CHECK(std::get<Job>(*answer) == 7);
    return service.follow(std::get<Job>(*answer), notes);
}

}  // namespace test
