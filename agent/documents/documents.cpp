// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/documents/documents.hpp"

#include <nlohmann/json.hpp>

#include "agent/model/json_format.hpp"
#include "agent/store/timestamp.hpp"

namespace agent::documents {

namespace {

using Json = nlohmann::ordered_json;

Json ids(const std::vector<model::BundleId>& bundles) {
    Json list = Json::array();
    for (const auto& id : bundles)
        list.push_back(id.value());
    return list;
}

Json containers(const model::InstalledBundle& bundle) {
    Json list = Json::array();
    for (const auto& container : bundle.containers)
        list.push_back({{"name", container.name.value()},
                        {"podman-name", container.podman_name},
                        {"unit", container.name.value() + ".service"},
                        {"image-id", container.image_id.hex()}});
    return list;
}

Json described(const store::HistoryEntry& entry) {
    Json phases = Json::object();
    for (const auto& phase : entry.phases)
        phases[phase.name] = phase.duration_ms;
    return {{"time", store::to_rfc3339(entry.time)},
            {"operation", entry.operation},
            {"bundles", entry.bundles},
            {"who", entry.who},
            {"generation-before", entry.generation_before},
            {"generation-after", entry.generation_after},
            {"outcome", entry.outcome},
            {"exit-code", entry.exit_code},
            {"duration-ms", entry.duration_ms},
            {"notes", entry.notes},
            {"transaction", entry.transaction},
            {"plan", entry.plan},
            {"phases", phases}};
}

}  // namespace

Json described(const model::Description& description) {
    Json requires_bundles = Json::array();
    for (const auto& requirement : description.requires_bundles)
        requires_bundles.push_back(
            {{"id", requirement.id.value()}, {"version", requirement.version.text()}});
    Json containers = Json::array();
    for (const auto& container : description.containers)
        containers.push_back({{"name", container.name.value()}, {"image", container.image}});
    return {{"id", description.id.value()},
            {"version", description.version.to_string()},
            {"type", description.type == model::BundleType::base ? "base" : "addon"},
            {"name", description.name},
            {"description", description.description},
            {"author", description.author},
            {"license", description.license},
            {"short-name", description.short_name},
            {"width", description.width},
            {"height", description.height},
            {"requires", requires_bundles},
            {"containers", containers}};
}

std::string installed(const model::InstalledSet& set, const model::InstalledBundle& bundle) {
    Json value = described(bundle.description);
    value["digest"] = bundle.digest.hex();
    value["anchor"] = bundle.anchor.empty() ? Json() : Json(bundle.anchor);
    value["required-by"] = ids(set.required_by(bundle.description.id));
    value["containers"] = containers(bundle);
    return print({{"format", model::kJsonFormat},
                  {"generation", set.generation},
                  {"bundle", std::move(value)}});
}

std::string history(const std::vector<store::HistoryEntry>& entries) {
    Json list = Json::array();
    for (const auto& entry : entries)
        list.push_back(described(entry));
    return print({{"format", model::kJsonFormat}, {"operations", std::move(list)}});
}

std::string print(const Json& value, int indentation) {
    return value.dump(indentation, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace agent::documents
