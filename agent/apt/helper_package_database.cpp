// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper_package_database.hpp"

#include <nlohmann/json.hpp>

#include "agent/process/process.hpp"

namespace agent::apt {

namespace {

using model::ErrorCode;
using model::Result;
using Versions = std::map<std::string, std::string>;
using Json = nlohmann::json;

constexpr int kFormat = 1;

}  // namespace

Result<Versions> HelperPackageDatabase::installed_versions(
    const std::vector<std::string>& packages) {
    process::Command command{{helper_.string(), "--root", root_.string()}, {}, timeout_};
    command.arguments.insert(command.arguments.end(), packages.begin(), packages.end());
    command.title = helper_.filename().string();
    TRY_ASSIGN(const process::Output output, process::run(command));
    if (output.status != 0)
        return model::fail(
            ErrorCode::internal,
            "cannot read dpkg's database: " + process::last_line(output.standard_error) +
                " (status " + std::to_string(output.status) + ")");
    return parse_answer(output.standard_output);
}

Result<Versions> parse_answer(std::string_view json) {
    try {
        const Json answer = Json::parse(json);
        if (answer.at("format") != kFormat)
            return model::fail(ErrorCode::internal,
                               "the helper for dpkg's database is of another version: reinstall "
                               "the package update-agent");
        return answer.at("packages").get<Versions>();
    } catch (const Json::exception& exception) {
        return model::fail(ErrorCode::internal,
                           std::string("the helper for dpkg's database answered what cannot be "
                                       "understood: ") +
                               exception.what());
    }
}

}  // namespace agent::apt
