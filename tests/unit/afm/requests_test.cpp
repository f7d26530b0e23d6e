// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/requests.hpp"

#include "agent/afm/failure.hpp"
#include "tests/unit/catch.hpp"

using namespace agent::afm;
using agent::model::ErrorCode;

namespace {

Json json(const std::string& text) {
    return parse_json(text).value();
}

/// The text of the failure that the function ends with.
template <typename Function>
std::string refused(Function function, const std::string& text) {
    const auto result = function(json(text));
    if (result) return "accepted";
    CHECK(result.error().code() == ErrorCode::usage);
    return failure_message(result.error(), Doing::something);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("An installation is a path or an object") {
    struct Row {
        std::string text;
        InstallRequest request;
    };
    for (const auto& row : {
             Row{R"("/tmp/appli.wgt")", {"/tmp/appli.wgt", false}},
             Row{R"({"wgt": "/a"})", {"/a", false}},
             Row{R"({"wgt": "/a", "force": true})", {"/a", true}},
             Row{R"({"wgt": "/a", "force": false, "root": "/"})", {"/a", false}},
             Row{R"({"wgt": "/a", "reload": true, "anything": [1]})", {"/a", false}},
         }) {
        INFO(row.text);
        CHECK(install_request(json(row.text)).value() == row.request);
    }
}

TEST_CASE("What is no installation is a bad request") {
    struct Row {
        std::string text;
        std::string says;
    };
    for (const auto& row : {
             Row{"null", R"(write a string, or an object with "wgt")"},
             Row{"true", "write a string"},
             Row{"12", "write a string"},
             Row{R"(["/a"])", "write a string"},
             Row{"{}", R"(the object has no "wgt")"},
             Row{R"({"wgt": 1})", "wgt must be a string"},
             Row{R"({"wgt": null})", "wgt must be a string"},
             Row{R"("a.wgt")", "wgt must be an absolute path"},
             Row{R"("")", "wgt must be an absolute path"},
             Row{R"("/a\u0000b")", "wgt is not a path"},
             Row{"\"/" + std::string(5000, 'x') + "\"", "wgt is not a path"},
             Row{R"({"wgt": "/a", "force": "yes"})", "force must be true or false"},
             Row{R"({"wgt": "/a", "force": null})", "force must be true or false"},
             Row{R"({"wgt": "/a", "root": "b"})", "root must be an absolute path"},
             Row{R"({"wgt": "/a", "root": 1})", "root must be a string"},
             Row{R"({"wgt": "/a", "root": "/b"})", "nothing is installed below /b"},
         }) {
        INFO(row.text.substr(0, 60));
        const auto text = refused(install_request, row.text);
        CHECK(text.rfind("bad request: ", 0) == 0);
        CHECK(has(text, row.says));
    }
}

TEST_CASE("An application is named by a string or by an object") {
    for (const auto function : {application_request, start_request, uninstall_request}) {
        CHECK(function(json(R"("appli@1.0.0")")).value() == "appli@1.0.0");
        CHECK(function(json(R"({"id": "appli@1.0.0", "x": 1})")).value() == "appli@1.0.0");
        CHECK(has(refused(function, "null"), "write a string"));
        CHECK(has(refused(function, "1"), "write a string"));
        CHECK(has(refused(function, "\"\""), "id must not be empty"));
        CHECK(has(refused(function, "{}"), R"(has no "id")"));
        CHECK(has(refused(function, R"({"id": 1})"), "id must be a string"));
    }
    CHECK(start_request(json(R"({"id": "a@1", "mode": "local"})")).value() == "a@1");
    CHECK(start_request(json(R"({"id": "a@1", "mode": "remote"})")).value() == "a@1");
    CHECK(
        has(refused(start_request, R"({"id": "a@1", "mode": "far"})"), "\"local\" or \"remote\""));
    CHECK(has(refused(start_request, R"({"id": "a@1", "mode": 1})"), "mode must be a string"));
    CHECK(uninstall_request(json(R"({"id": "a@1", "root": "/"})")).value() == "a@1");
    CHECK(has(refused(uninstall_request, R"({"id": "a@1", "root": "/b"})"), "below /b"));
}

TEST_CASE("A runid is a number that a process can have") {
    CHECK(runid_request(json("435")).value() == 435);
    CHECK(runid_request(json("2147483647")).value() == 2147483647);
    CHECK(runid_request(json(R"({"runid": 435})")).value() == 435);
    for (const auto* text : {"null", "\"435\"", "4.35", "true", "[1]", R"({"runid": "1"})"}) {
        INFO(text);
        CHECK(has(refused(runid_request, text), "must be an integer"));
    }
    for (const auto* text : {"0", "-1", "2147483648", "18446744073709551615"}) {
        INFO(text);
        CHECK(has(refused(runid_request, text), "no application can have"));
    }
    CHECK(has(refused(runid_request, "{}"), R"(has no "runid")"));
}

TEST_CASE("Anything is anything but null") {
    for (const auto* text : {"true", "false", "0", "\"\"", "{}", "[]"})
        CHECK(any_request(json(text)));
    CHECK(has(refused(any_request, "null"), "anything but null"));
}

TEST_CASE("A failure is called by what its caller can do about it") {
    struct Row {
        ErrorCode code;
        Doing doing;
        std::string text;
    };
    for (const auto& row : {
             Row{ErrorCode::usage, Doing::something, "bad request: x"},
             Row{ErrorCode::usage, Doing::starting, "bad request: x"},
             Row{ErrorCode::not_found, Doing::starting, "not found: x"},
             Row{ErrorCode::not_permitted, Doing::starting, "forbidden: x"},
             Row{ErrorCode::unhealthy, Doing::starting, "can't start: x"},
             Row{ErrorCode::internal, Doing::starting, "can't start: x"},
             Row{ErrorCode::unhealthy, Doing::something, "system error: x"},
             Row{ErrorCode::untrusted, Doing::something, "system error: x"},
             Row{ErrorCode::invalid, Doing::something, "system error: x"},
         })
        CHECK(failure_message({row.code, "x"}, row.doing) == row.text);
}
