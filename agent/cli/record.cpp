// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/record.hpp"

#include <nlohmann/json.hpp>

namespace agent::cli::json {

namespace {

using Json = nlohmann::ordered_json;

/// Nothing thrown, but a value that is_discarded().
Json parsed(const std::string& text) {
    return Json::parse(text, nullptr, false);
}

void tell_parsed(const Json& record, operations::Progress& progress) {
    const std::string event = record.at("event");
    if (event == "effect")
        progress.effect(record.at("phase").get<std::string>(), record.at("done"),
                        record.at("total"));
    if (event == "step") progress.step(record.at("text"));
    if (event == "bytes") progress.bytes(record.at("done"), record.at("total"));
    if (event == "warning") progress.warning(record.at("text"));
}

}  // namespace

void tell(const std::string& record, operations::Progress& progress) {
    const Json value = parsed(record);
    if (value.is_discarded()) return;
    try {
        tell_parsed(value, progress);
    } catch (const Json::exception&) {
        // Of a newer service.
        return;
    }
}

std::string printed(const std::string& document) {
    const Json value = parsed(document);
    if (value.is_discarded()) return {};
    return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool is_error(const std::string& document) {
    const Json value = parsed(document);
    return value.is_object() && value.contains("error");
}

}  // namespace agent::cli::json
