// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/job.hpp"

#include <nlohmann/json.hpp>

#include "agent/model/exit_code.hpp"
#include "agent/model/json_format.hpp"

namespace agent::service {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& value) {
    return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Changes planned(Job& job, const Json& record) {
    job.plan = text_of(record.at("plan"));
    return {"Plan"};
}

Changes begun_effect(Job& job, const Json& record) {
    job.phase = record.at("phase").get<std::string>();
    job.percent = record.at("percent").get<unsigned>();
    job.bytes = job.bytes_total = 0;
    return {"Phase", "Percent", "Bytes", "BytesTotal"};
}

Changes moved(Job& job, const Json& record) {
    job.bytes = record.at("done").get<std::uint64_t>();
    job.bytes_total = record.at("total").get<std::uint64_t>();
    return {"Bytes", "BytesTotal"};
}

Changes ended(Job& job) {
    job.state = JobState::ended;
    if (job.exit_code == 0) job.percent = 100;
    job.bytes = job.bytes_total = 0;
    return {"State", "Percent", "Bytes", "BytesTotal", "ExitCode", "Document", "Text"};
}

Changes concluded(Job& job, const Json& record) {
    job.exit_code = record.at("exit-code").get<int>();
    job.text = record.at("text").get<std::string>();
    const auto& result = record.at("result");
    job.document = result.is_null() ? "" : text_of(result);
    return ended(job);
}

Changes apply_record(Job& job, const Json& record) {
    const auto event = record.at("event").get<std::string>();
    if (event == "plan") return planned(job, record);
    if (event == "effect") return begun_effect(job, record);
    if (event == "bytes") return moved(job, record);
    if (event == "end") return concluded(job, record);
    return {};
}

}  // namespace

std::string_view to_string(JobState state) {
    switch (state) {
        case JobState::queued:
            return "queued";
        case JobState::running:
            return "running";
        case JobState::cancelling:
            return "cancelling";
        case JobState::ended:
            break;
    }
    return "ended";
}

Changes apply(Job& job, std::string_view record) {
    if (job.state == JobState::ended) return {};
    try {
        return apply_record(job, Json::parse(record));
    } catch (const Json::exception&) {
        return {};
    }
}

Changes end(Job& job, const model::Error& error) {
    job.exit_code = model::exit_code(error.code());
    job.text = "update-agent: " + error.text() + "\n";
    job.document = text_of({{"format", model::kJsonFormat},
                            {"error", {{"exit-code", job.exit_code}, {"message", error.text()}}}});
    return ended(job);
}

}  // namespace agent::service
