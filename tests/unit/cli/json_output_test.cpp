// SPDX-License-Identifier: GPL-3.0-or-later
// What programs read. docs/json-output.md describes it; a key that changes here changes there.
#include <nlohmann/json.hpp>
#include <set>

#include "agent/cli/json_output.hpp"
#include "agent/documents/documents.hpp"
#include "agent/model/json_format.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/cli/example.hpp"

namespace {

namespace json = agent::cli::json;
using Json = nlohmann::json;
using Keys = std::set<std::string>;

/// One document with the number of its format, and a newline behind it.
Json parsed(const std::string& text) {
    REQUIRE_FALSE(text.empty());
    CHECK(text.back() == '\n');
    auto value = Json::parse(text);
    CHECK(value.at("format") == agent::model::kJsonFormat);
    value.erase("format");
    return value;
}

Keys keys(const Json& value) {
    Keys names;
    for (const auto& [key, member] : value.items())
        names.insert(key);
    return names;
}

const Keys kDescription = {"id",      "version",    "type",  "name",   "description", "author",
                           "license", "short-name", "width", "height", "requires",    "containers"};

Keys with(Keys names, const Keys& more) {
    names.insert(more.begin(), more.end());
    return names;
}

}  // namespace

TEST_CASE("An outcome is a document with the same keys, whatever was done") {
    for (const auto& outcome : {example::outcome_of_adding(true), example::outcome_of_adding(false),
                                example::outcome_of_removing(false), example::outcome_of_nothing()})
        CHECK(keys(parsed(agent::operations::outcome_json(outcome))) ==
              Keys{"dry-run", "generation-before", "generation-after", "restored", "installed",
                   "removed", "unchanged", "host-packages", "stop", "snapshots", "init", "restart",
                   "start", "purge", "bytes", "download", "space", "notes"});

    const auto added = parsed(agent::operations::outcome_json(example::outcome_of_adding(false)));
    CHECK(added["dry-run"] == false);
    CHECK(added["generation-before"] == 1);
    CHECK(added["generation-after"] == 2);
    CHECK(added["installed"] ==
          Json::parse(R"([{"id": "base", "version": "1.2.0", "replaces": null, "digest": ")" +
                      std::string(64, 'a') + R"(", "bytes": 3145728}])"));
    CHECK(added["start"] == Json::parse(R"(["base.target"])"));
    CHECK(added["bytes"] == 3145728);
    CHECK(added["space"] ==
          Json::parse(R"({"kept": 3145728, "engine": 12582912, "snapshots": 0, "packages": 0})"));
    const auto updated =
        parsed(agent::operations::outcome_json(example::outcome_of_updating(true)));
    CHECK(updated["restart"] == Json::parse(R"(["broker.service", "panel.service"])"));
    CHECK(added["notes"] == Json::parse(R"(["base: signed by CN=vendor"])"));

    const auto packages = parsed(agent::operations::outcome_json(example::with_packages(true)));
    CHECK(packages["host-packages"] ==
          Json::parse(R"([{"name": "driver", "architecture": "amd64", "version": "1:2.0-1",
                           "automatic": false},
                          {"name": "firmware", "architecture": "all", "version": "3",
                           "automatic": true}])"));
    CHECK(packages["download"] == 1 << 20);
    CHECK(packages["space"]["packages"] == 3 << 20);

    auto purging = example::outcome_of_removing(true);
    purging.plan.purge = {"/opt/data/view"};
    CHECK(parsed(agent::operations::outcome_json(purging))["purge"] ==
          Json::parse(R"(["/opt/data/view"])"));
    const auto removed =
        parsed(agent::operations::outcome_json(example::outcome_of_removing(false)));
    CHECK(removed["removed"] == Json::parse(R"(["view"])"));
    CHECK(removed["stop"] == Json::parse(R"(["view-restart.target", "view.target", "panel.service",
                         "update-agent-pause@panel:60.service"])"));
    CHECK(parsed(agent::operations::outcome_json(example::outcome_of_nothing()))["unchanged"] ==
          Json::parse(R"(["base"])"));
}

TEST_CASE("The generation that was put back is a number, and null where none was") {
    CHECK(parsed(agent::operations::outcome_json(example::outcome_of_adding(false)))["restored"]
              .is_null());
    for (const bool dry_run : {false, true}) {
        const auto value =
            parsed(agent::operations::outcome_json(example::outcome_of_putting_back(dry_run)));
        CHECK(value["restored"].is_number_unsigned());
        CHECK(value["restored"] == 7);
        CHECK(value["installed"][0]["bytes"] == 0);
    }
}

TEST_CASE("What was settled has its operation, what became of it, and why it was undone") {
    using How = agent::operations::Settled::How;
    CHECK(parsed(json::settled(std::nullopt)) == Json::parse(R"({"interrupted": null})"));
    for (const auto& [how, word] : {std::pair(How::undone, "undone"),
                                    {How::finished, "finished"},
                                    {How::to_be_confirmed, "to-be-confirmed"}}) {
        INFO(word);
        const auto value = parsed(json::settled(example::settled(how)));
        CHECK(keys(value) == Keys{"interrupted"});
        const auto& interrupted = value["interrupted"];
        CHECK(keys(interrupted) ==
              Keys{"transaction", "operation", "bundles", "settled", "reason"});
        CHECK(interrupted["transaction"] == "t-1");
        CHECK(interrupted["operation"] == "install");
        CHECK(interrupted["bundles"] == Json::parse(R"(["base 1.2.0", "view 2.0.0"])"));
        CHECK(interrupted["settled"] == word);
        CHECK(interrupted["reason"] ==
              (how == How::undone ? Json("it was interrupted\nundone") : Json()));
    }
}

TEST_CASE("A list has every bundle, without its containers") {
    const auto value = parsed(json::list(example::status()));
    CHECK(keys(value) == Keys{"generation", "bundles"});
    CHECK(value["generation"] == 3);
    REQUIRE(value["bundles"].size() == 2);
    auto expected = with(kDescription, {"digest", "anchor", "required-by", "state", "shadowed-by",
                                        "images-mounted", "images-damaged"});
    expected.erase("containers");
    for (const auto& bundle : value["bundles"])
        CHECK(keys(bundle) == expected);
    CHECK(value["bundles"][1]["requires"] == Json::parse(R"([{"id": "base", "version": "^1.0"}])"));
    CHECK(value["bundles"][1]["state"] == "crashing");
    CHECK(parsed(json::list({}))["bundles"] == Json::array());
}

TEST_CASE("Status has every container with its unit") {
    const auto value = parsed(json::status(example::status()));
    CHECK(keys(value) == Keys{"generation", "confirmed", "unsettled", "bundles"});
    CHECK(value["confirmed"] == true);
    CHECK(value["unsettled"] == false);
    auto unsettled = example::status();
    unsettled.unsettled = true;
    CHECK(parsed(json::status(unsettled))["unsettled"] == true);
    CHECK(value["bundles"][0]["images-mounted"].is_null());
    CHECK(value["bundles"][0]["images-damaged"].is_null());
    auto damaged = example::status();
    damaged.bundles[0].images_mounted = false;
    CHECK(parsed(json::status(damaged))["bundles"][0]["images-mounted"] == false);
    damaged.bundles[0].images_damaged = true;
    CHECK(parsed(json::status(damaged))["bundles"][0]["images-damaged"] == true);
    CHECK(keys(value["bundles"][0]) ==
          with(kDescription, {"digest", "anchor", "required-by", "state", "shadowed-by",
                              "images-mounted", "images-damaged"}));
    const auto& container = value["bundles"][0]["containers"][0];
    CHECK(keys(container) == Keys{"name", "podman-name", "state", "devices", "unit"});
    CHECK(container["podman-name"] == "broker-12345678");
    CHECK(keys(container["unit"]) == Keys{"name", "load", "active", "sub", "result",
                                          "invocation-id", "main-pid", "restarts", "since-us",
                                          "memory-bytes"});
    CHECK(container["unit"]["memory-bytes"] == 10485760);
    CHECK(container["unit"]["main-pid"] == 4711);
    CHECK(value["bundles"][1]["containers"][0]["unit"]["memory-bytes"].is_null());
}

TEST_CASE("Offline there is no unit") {
    auto status = example::status();
    status.bundles[0].containers[0].unit.reset();
    const auto value = parsed(json::status(status));
    CHECK(keys(value["bundles"][0]["containers"][0]) ==
          Keys{"name", "podman-name", "state", "devices"});
}

TEST_CASE("Recreation has what was created again and why, and what is missing") {
    const auto none = parsed(json::recreated({}));
    CHECK(none == Json{{"recreated", Json::array()}, {"missing", Json::array()}});
    const auto value = parsed(json::recreated(example::recreation()));
    CHECK(value["recreated"] ==
          Json::array({{{"name", "broker"},
                        {"podman-name", "broker-12345678"},
                        {"reasons", {"/dev/lidar was 188.0 and is 188.1"}}}}));
    CHECK(value["missing"] == Json::array({{{"container", "panel"}, {"device", "/dev/camera"}}}));
}

TEST_CASE("A device has two numbers, or null") {
    auto status = example::status();
    status.bundles[0].containers[0].devices = example::device_status();
    const auto containers = parsed(json::status(status))["bundles"][0]["containers"];
    CHECK(containers[0]["devices"] ==
          Json::array({{{"path", "/dev/lidar"}, {"created", "188.0"}, {"now", "188.1"}},
                       {{"path", "/dev/camera"}, {"created", "81.0"}, {"now", nullptr}},
                       {{"path", "/dev/imu"}, {"created", nullptr}, {"now", "1.3"}}}));
    const auto panel = parsed(json::status(status))["bundles"][1]["containers"][0];
    CHECK(panel["devices"] == Json::array());
}

TEST_CASE("A bundle that is shown is as in status") {
    const auto value = parsed(json::show(example::status().bundles[0]));
    CHECK(keys(value) == Keys{"bundle"});
    CHECK(value["bundle"] == parsed(json::status(example::status()))["bundles"][0]);
}

TEST_CASE("Every operation of the history has the same keys") {
    const auto done = example::done_operation();
    const auto value = parsed(agent::documents::history({done, example::failed_operation()}));
    CHECK(keys(value) == Keys{"operations"});
    REQUIRE(value["operations"].size() == 2);
    for (const auto& operation : value["operations"])
        CHECK(keys(operation) == Keys{"time", "operation", "bundles", "who", "generation-before",
                                      "generation-after", "outcome", "exit-code", "duration-ms",
                                      "notes", "transaction", "plan", "phases"});
    CHECK(value["operations"][0]["time"] == "2027-01-15T08:00:00Z");
    CHECK(value["operations"][0]["bundles"] == Json(done.bundles));
    CHECK(value["operations"][0]["phases"] == Json{{"switch", 300}, {"acquire", 12}});
    CHECK(value["operations"][0]["plan"] == done.plan);
    CHECK(value["operations"][1]["generation-after"] == 12);
    CHECK(value["operations"][1]["exit-code"] == 8);
    CHECK(value["operations"][1]["outcome"] == example::failed_operation().outcome);
    CHECK(value["operations"][1]["phases"] == Json::object());
    auto many = done;
    many.bundles.resize(11, "clock 0.1.0");
    CHECK(parsed(agent::documents::history({many}))["operations"][0]["bundles"].size() == 11);
    CHECK(parsed(agent::documents::history({}))["operations"] == Json::array());
}

TEST_CASE("The doctor's findings are ok, warning or failure") {
    const auto value = parsed(json::doctor(example::checks()));
    CHECK(keys(value) == Keys{"checks"});
    REQUIRE(value["checks"].size() == 3);
    std::vector<std::string> findings;
    for (const auto& check : value["checks"]) {
        CHECK(keys(check) == Keys{"name", "finding", "text", "advice"});
        findings.push_back(check["finding"]);
    }
    CHECK(findings == std::vector<std::string>{"ok", "warning", "failure"});
}

TEST_CASE("A created bundle has the ids of its images") {
    const auto value = parsed(json::created(example::created()));
    CHECK(keys(value) ==
          Keys{"file", "id", "version", "digest", "size", "images", "images-kind", "delta"});
    CHECK(value["size"] == 1536);
    CHECK(value["images"]["localhost/broker:1"] == std::string(64, 'c'));
    CHECK(value["images-kind"] == "oci");
    auto mounted = example::created();
    mounted.images_kind = agent::operations::ImagesKind::store;
    CHECK(parsed(json::created(mounted))["images-kind"] == "store");
    CHECK(value["delta"].is_null());
    mounted.delta = {.file = "clock-from-1.0.0.bundle",
                     .from = *agent::model::Version::parse("1.0.0"),
                     .size = 7};
    CHECK(parsed(json::created(mounted))["delta"] ==
          Json::parse(R"({"file": "clock-from-1.0.0.bundle", "from": "1.0.0", "size": 7})"));
}

TEST_CASE("An inspected bundle says whether it is signed and trusted") {
    auto bundle = example::inspected();
    const auto trusted = parsed(json::inspected(bundle));
    CHECK(keys(trusted) == Keys{"digest", "size", "members", "signed", "trusted", "signer",
                                "anchor", "distrust", "delta-from", "bundle"});
    CHECK(trusted["trusted"] == true);
    CHECK(trusted["signer"] == "CN=vendor");
    CHECK(trusted["anchor"] == "vendor-root");
    CHECK(keys(trusted["bundle"]) == kDescription);

    bundle.signer.reset();
    bundle.distrust = "expired";
    const auto distrusted = parsed(json::inspected(bundle));
    CHECK(keys(distrusted) == keys(trusted));
    CHECK(distrusted["trusted"] == false);
    CHECK(distrusted["signer"].is_null());
    CHECK(distrusted["distrust"] == "expired");
}

TEST_CASE("Short answers are documents, too") {
    CHECK(keys(parsed(json::validated(example::base_description()))) == Keys{"bundle"});
    CHECK(parsed(json::matched(true)) == Json::parse(R"({"matches": true})"));
    CHECK(parsed(json::matched(false)) == Json::parse(R"({"matches": false})"));
    CHECK(parsed(json::compared("lt")) == Json::parse(R"({"order": "lt"})"));
    CHECK(parsed(json::done()).empty());
    const agent::model::Error error(agent::model::ErrorCode::conflict, "no");
    CHECK(parsed(json::error(error.with_context("base"))) ==
          Json::parse(R"({"error": {"exit-code": 5, "message": "base: no"}})"));
}

TEST_CASE("Text that is not UTF-8 is printed all the same") {
    const agent::model::Error error(agent::model::ErrorCode::invalid, "bad \xff byte");
    CHECK(parsed(json::error(error))["error"]["message"] == "bad \xEF\xBF\xBD byte");
}

TEST_CASE("What was verified has every finding with the same keys, and how many are left") {
    const auto value = parsed(json::verified(example::verification()));
    CHECK(keys(value) == Keys{"generation", "left", "findings"});
    CHECK(value["generation"] == 3);
    CHECK(value["left"] == 1);
    REQUIRE(value["findings"].size() == 2);
    CHECK(value["findings"][0] == Json::parse(R"({"kind": "unit", "subject": "broker.service",
        "text": "is missing", "repairable": true, "repaired": true, "advice": ""})"));
    CHECK(value["findings"][1] ==
          Json::parse(R"({"kind": "bundle", "subject": "base_1.2.0/images/blobs/sha256/a",
        "text": "has 1 bytes", "repairable": false, "repaired": false, "advice": "tar"})"));
    CHECK(parsed(json::verified({}))["findings"] == Json::array());
}
