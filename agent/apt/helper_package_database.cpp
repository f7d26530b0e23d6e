// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper_package_database.hpp"

#include <nlohmann/json.hpp>

#include "agent/process/process.hpp"

namespace agent::apt {

namespace {

using model::ErrorCode;
using model::Result;
using States = std::vector<host::PackageState>;
using Json = nlohmann::json;

constexpr int kFormat = 2;

}  // namespace

Result<States> HelperPackageDatabase::look_up(const std::vector<model::HostPackage>& wanted) {
    process::Command command{{helper_.string(), "--root", root_.string()}, {}, timeout_};
    for (const auto& package : wanted)
        command.arguments.insert(command.arguments.end(),
                                 {package.name, package.relation, package.version});
    command.title = helper_.filename().string();
    TRY_ASSIGN(const process::Output output, process::run(command));
    if (output.status != 0)
        return model::fail(
            ErrorCode::internal,
            "cannot read dpkg's database: " + process::last_line(output.standard_error) +
                " (status " + std::to_string(output.status) + ")");
    return parse_answer(output.standard_output, wanted.size());
}

Result<States> parse_answer(std::string_view json, std::size_t count) {
    try {
        const Json answer = Json::parse(json);
        if (answer.at("format") != kFormat)
            return model::fail(ErrorCode::internal,
                               "the helper for dpkg's database is of another version: reinstall "
                               "the package update-agent");
        States states;
        for (const auto& package : answer.at("packages"))
            states.push_back({.version = package.at("version").get<std::string>(),
                              .satisfies = package.at("satisfies").get<bool>()});
        if (states.size() == count) return states;
        return model::fail(ErrorCode::internal,
                           "the helper for dpkg's database did not answer for every package");
    } catch (const Json::exception& exception) {
        return model::fail(ErrorCode::internal,
                           std::string("the helper for dpkg's database answered what cannot be "
                                       "understood: ") +
                               exception.what());
    }
}

}  // namespace agent::apt
