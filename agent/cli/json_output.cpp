// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/json_output.hpp"

#include <nlohmann/json.hpp>

#include "agent/documents/documents.hpp"
#include "agent/model/exit_code.hpp"
#include "agent/model/json_format.hpp"

namespace agent::cli::json {

namespace {

using Json = nlohmann::ordered_json;
using documents::print;

Json document() {
    return Json{{"format", model::kJsonFormat}};
}

std::string print_record(const char* event, const Json& rest) {
    constexpr int kOneLine = -1;
    Json value = document();
    value["event"] = event;
    value.update(rest);
    return print(value, kOneLine);
}

Json strings(const std::vector<model::BundleId>& ids) {
    Json list = Json::array();
    for (const auto& id : ids)
        list.push_back(id.value());
    return list;
}

Json describe(const operations::ContainerStatus& container) {
    Json value{{"name", container.name.value()},
               {"podman-name", container.podman_name},
               {"state", to_string(container.condition)}};
    value["devices"] = Json::array();
    const auto number = [](const auto& device) {
        return device ? Json(to_string(*device)) : Json();
    };
    for (const auto& device : container.devices)
        value["devices"].push_back({{"path", device.path},
                                    {"created", number(device.created)},
                                    {"now", number(device.now)}});
    if (!container.unit) return value;
    const auto& unit = *container.unit;
    value["unit"] = {
        {"name", unit.name},         {"load", unit.load},
        {"active", unit.active},     {"sub", unit.sub},
        {"result", unit.result},     {"invocation-id", unit.invocation_id},
        {"main-pid", unit.main_pid}, {"restarts", unit.restarts},
        {"since-us", unit.since},    {"memory-bytes", unit.memory ? Json(*unit.memory) : Json()}};
    return value;
}

Json describe(const operations::BundleStatus& bundle) {
    Json value = documents::described(bundle.description);
    value["digest"] = bundle.digest.hex();
    value["anchor"] = bundle.anchor.empty() ? Json() : Json(bundle.anchor);
    value["required-by"] = strings(bundle.required_by);
    value["state"] = to_string(bundle.condition);
    value["shadowed-by"] = bundle.shadowing;
    value["images-mounted"] = bundle.images_mounted ? Json(*bundle.images_mounted) : Json();
    value["images-damaged"] = bundle.images_damaged ? Json(*bundle.images_damaged) : Json();
    value["containers"] = Json::array();
    for (const auto& container : bundle.containers)
        value["containers"].push_back(describe(container));
    return value;
}

}  // namespace

std::string settled(const std::optional<operations::Settled>& settled) {
    Json value = document();
    if (!settled) {
        value["interrupted"] = Json();
        return print(value);
    }
    const auto& info = settled->info;
    value["interrupted"] = {{"transaction", info.id},
                            {"operation", info.operation},
                            {"bundles", info.bundles},
                            {"settled", to_string(settled->how)},
                            {"reason", settled->failure ? Json(settled->failure->text()) : Json()}};
    return print(value);
}

std::string recreated(const operations::Recreation& recreation) {
    Json value = document();
    value["recreated"] = Json::array();
    for (const auto& [user, reasons] : recreation.recreated)
        value["recreated"].push_back({{"name", user.container.name.value()},
                                      {"podman-name", user.container.podman_name},
                                      {"reasons", reasons}});
    value["missing"] = Json::array();
    for (const auto& [container, path] : recreation.missing)
        value["missing"].push_back({{"container", container.value()}, {"device", path}});
    return print(value);
}

std::string list(const operations::Status& status) {
    Json value = document();
    value["generation"] = status.generation;
    value["bundles"] = Json::array();
    for (const auto& bundle : status.bundles) {
        Json entry = describe(bundle);
        entry.erase("containers");
        value["bundles"].push_back(std::move(entry));
    }
    return print(value);
}

std::string show(const operations::BundleStatus& bundle) {
    Json value = document();
    value["bundle"] = describe(bundle);
    return print(value);
}

std::string status(const operations::Status& status) {
    Json value = document();
    value["generation"] = status.generation;
    value["confirmed"] = status.confirmed;
    value["unsettled"] = status.unsettled;
    value["bundles"] = Json::array();
    for (const auto& bundle : status.bundles)
        value["bundles"].push_back(describe(bundle));
    return print(value);
}

std::string doctor(const std::vector<operations::Check>& checks) {
    Json value = document();
    value["checks"] = Json::array();
    for (const auto& check : checks) {
        const char* finding = check.finding == operations::Finding::good      ? "ok"
                              : check.finding == operations::Finding::warning ? "warning"
                                                                              : "failure";
        value["checks"].push_back({{"name", check.name},
                                   {"finding", finding},
                                   {"text", check.text},
                                   {"advice", check.advice}});
    }
    return print(value);
}

std::string verified(const operations::Verification& verification) {
    Json value = document();
    value["generation"] = verification.generation;
    value["left"] = verification.left();
    value["findings"] = Json::array();
    for (const auto& defect : verification.defects)
        value["findings"].push_back({{"kind", to_string(defect.kind)},
                                     {"subject", defect.subject},
                                     {"text", defect.text},
                                     {"repairable", defect.repairable},
                                     {"repaired", defect.repaired},
                                     {"advice", defect.advice}});
    return print(value);
}

std::string created(const operations::CreatedBundle& bundle) {
    Json value = document();
    value["file"] = bundle.file.string();
    value["id"] = bundle.id.value();
    value["version"] = bundle.version.to_string();
    value["digest"] = bundle.digest.hex();
    value["size"] = bundle.size;
    value["images"] = Json::object();
    for (const auto& [name, id] : bundle.images)
        value["images"][name] = id.hex();
    value["images-kind"] = to_string(bundle.images_kind);
    value["delta"] = Json();
    if (const auto& delta = bundle.delta)
        value["delta"] = {{"file", delta->file.string()},
                          {"from", delta->from.to_string()},
                          {"size", delta->size}};
    return print(value);
}

std::string inspected(const operations::InspectedBundle& bundle) {
    Json value = document();
    value["digest"] = bundle.digest.hex();
    value["size"] = bundle.size;
    value["members"] = bundle.members;
    value["signed"] = bundle.is_signed;
    value["trusted"] = bundle.signer.has_value();
    value["signer"] = bundle.signer ? Json(bundle.signer->signer.subject) : Json();
    value["anchor"] = bundle.signer ? Json(bundle.signer->anchor_name) : Json();
    value["distrust"] = bundle.distrust;
    value["delta-from"] = bundle.delta ? Json(bundle.delta->version.to_string()) : Json();
    value["bundle"] = documents::described(bundle.description);
    return print(value);
}

std::string validated(const model::Description& description) {
    Json value = document();
    value["bundle"] = documents::described(description);
    return print(value);
}

std::string matched(bool matches) {
    Json value = document();
    value["matches"] = matches;
    return print(value);
}

std::string compared(const std::string& order) {
    Json value = document();
    value["order"] = order;
    return print(value);
}

std::string error(const model::Error& error) {
    Json value = document();
    value["error"] = {{"exit-code", model::exit_code(error.code())}, {"message", error.text()}};
    return print(value);
}

std::string job(unsigned number) {
    Json value = document();
    value["job"] = number;
    return print(value);
}

std::string done() {
    return print(document());
}

std::string plan_record(const operations::Outcome& planned) {
    return print_record("plan", {{"plan", Json::parse(operations::outcome_json(planned))}});
}

std::string effect_record(std::string_view phase, std::size_t done, std::size_t total) {
    return print_record("effect", {{"phase", phase},
                                   {"done", done},
                                   {"total", total},
                                   {"percent", total == 0 ? 100 : done * 100 / total}});
}

std::string step_record(const std::string& what) {
    return print_record("step", {{"text", what}});
}

std::string bytes_record(std::uint64_t done, std::uint64_t total) {
    return print_record("bytes", {{"done", done}, {"total", total}});
}

std::string warning_record(const std::string& text) {
    return print_record("warning", {{"text", text}});
}

std::string end_record(int exit_code, const std::string& result, const std::string& text) {
    return print_record("end", {{"exit-code", exit_code},
                                {"result", result.empty() ? Json() : Json::parse(result)},
                                {"text", text}});
}

}  // namespace agent::cli::json
