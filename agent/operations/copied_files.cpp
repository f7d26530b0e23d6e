// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/copied_files.hpp"

#include <nlohmann/json.hpp>

#include "agent/store/atomic_file.hpp"

namespace agent::operations {

namespace {

using Json = nlohmann::ordered_json;
using model::ErrorCode;
using model::Result;

constexpr int kFormat = 1;

Json to_json(const volumes::CopiedEntry& entry) {
    Json json = {{"volume", entry.volume}, {"path", entry.path}};
    if (!entry.directory) json["sha256"] = entry.digest;
    return json;
}

volumes::CopiedEntry to_entry(const Json& json) {
    const auto digest = json.value("sha256", std::string());
    return {.volume = json.at("volume").get<std::string>(),
            .path = json.at("path").get<std::string>(),
            .directory = digest.empty(),
            .digest = digest};
}

Result<CopiedFiles> parse(const std::string& text) {
    const auto json = Json::parse(text);
    if (json.at("format").get<int>() > kFormat)
        return model::fail(ErrorCode::conflict, "was written by a newer update-agent");
    CopiedFiles files;
    for (const auto& [id, entries] : json.at("bundles").items()) {
        TRY_ASSIGN(const auto bundle, model::BundleId::parse(id));
        for (const auto& entry : entries)
            files[bundle].push_back(to_entry(entry));
    }
    return files;
}

}  // namespace

Result<CopiedFiles> read_copied_files(const Context& context, unsigned generation) {
    const auto file = context.paths.generation_files(generation);
    const auto text = store::read_file(file);
    if (!text && text.error().code() == ErrorCode::not_found) return CopiedFiles();
    if (!text) return model::fail(text.error());
    try {
        auto files = parse(*text);
        if (!files) return model::fail(files.error().with_context(file.string()));
        return files;
    } catch (const Json::exception& error) {
        return model::fail(ErrorCode::invalid, file.string() + " is damaged: " + error.what());
    }
}

Result<> write_copied_files(const Context& context, unsigned generation, const CopiedFiles& files) {
    Json bundles = Json::object();
    for (const auto& [id, entries] : files) {
        Json list = Json::array();
        for (const auto& entry : entries)
            list.push_back(to_json(entry));
        bundles[id.value()] = std::move(list);
    }
    const Json json = {{"format", kFormat}, {"bundles", bundles}};
    return store::write_file_atomically(
        context.paths.generation_files(generation),
        json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace agent::operations
