// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/run_status.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/model/json_format.hpp"

namespace agent::machine {

namespace {

using host::Happening;
using Json = nlohmann::ordered_json;

bool is_over(Happening what) {
    return what == Happening::done || what == Happening::undone || what == Happening::stuck;
}

const char* state_after(Happening what) {
    if (is_over(what)) return "idle";
    return what == Happening::going_back ? "rolling-back" : "installing";
}

std::string document(const host::Event& event) {
    const Json value{{"format", model::kJsonFormat},
                     {"state", state_after(event.what)},
                     {"transaction", event.transaction},
                     {"operation", event.operation},
                     {"bundles", event.bundles},
                     {"who", event.who},
                     {"generation-before", event.generation_before},
                     {"generation-now", event.generation_now},
                     {"exit-code", is_over(event.what) ? Json(event.exit_code) : Json()},
                     {"reason", event.reason.empty() ? Json() : Json(event.reason)}};
    return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

void RunStatus::write(const host::Event& event) {
    std::error_code error;
    std::filesystem::create_directories(file_.parent_path(), error);
    auto unfinished = file_;
    unfinished += ".new";
    // It is gone with the power, so that nothing has to be on disk.
    std::ofstream stream(unfinished, std::ios::trunc);
    stream << document(event);
    stream.close();
    if (stream)
        std::filesystem::rename(unfinished, file_, error);
    else
        std::filesystem::remove(unfinished, error);
}

}  // namespace agent::machine
