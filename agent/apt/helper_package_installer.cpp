// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper_package_installer.hpp"

#include <nlohmann/json.hpp>

#include "agent/model/exit_code.hpp"

namespace agent::apt {

namespace {

using model::ErrorCode;
using model::Result;
using Strings = std::vector<std::string>;
using HelperAnswer = nlohmann::json;

constexpr int kAnswerFormat = 2;

/// What `read` makes of an answer that is no error.
template <typename T, typename Read>
Result<T> read_answer(std::string_view json, Read read) {
    try {
        const auto answer = HelperAnswer::parse(json);
        if (answer.at("format") != kAnswerFormat)
            return model::fail(ErrorCode::internal,
                               "the helper for Debian packages is of another version: reinstall "
                               "the package update-agent");
        if (!answer.contains("error")) return read(answer);
        const auto& error = answer.at("error");
        return model::fail(model::error_of_status(error.at("exit-code").template get<int>()),
                           error.at("message").template get<std::string>());
    } catch (const HelperAnswer::exception& exception) {
        return model::fail(ErrorCode::internal,
                           std::string("the helper for Debian packages answered what cannot be "
                                       "understood: ") +
                               exception.what());
    }
}

/// What the helper prints; an error where it ended without any answer.
Result<std::string> answer_to(const process::Command& command) {
    TRY_ASSIGN(const process::Output output, process::run(command));
    if (!output.standard_output.empty()) return output.standard_output;
    return model::fail(ErrorCode::internal, command.title + ": " +
                                                process::last_line(output.standard_error) +
                                                " (status " + std::to_string(output.status) + ")");
}

model::PackageProposal to_proposal(const HelperAnswer& answer) {
    model::PackageProposal proposal{.packages = {},
                                    .download = answer.at("download").get<std::uint64_t>(),
                                    .disk = answer.at("disk").get<std::uint64_t>(),
                                    .refusals = {}};
    for (const auto& each : answer.at("packages"))
        proposal.packages.push_back({.name = each.at("name").get<std::string>(),
                                     .architecture = each.at("architecture").get<std::string>(),
                                     .version = each.at("version").get<std::string>(),
                                     .automatic = each.at("automatic").get<bool>(),
                                     .configured = each.at("configured").get<bool>()});
    for (const auto& each : answer.at("refusals"))
        proposal.refusals.push_back({.package = each.at("package").get<std::string>(),
                                     .text = each.at("text").get<std::string>(),
                                     .hint = each.at("hint").get<std::string>(),
                                     .untrusted = each.at("untrusted").get<bool>()});
    return proposal;
}

/// The letters that the helper knows.
std::string words_of(const model::NewPackage& package) {
    return std::string(package.automatic ? "a" : "-") + (package.configured ? "c" : "-");
}

}  // namespace

process::Command HelperPackageInstaller::command(
    const char* what, const std::vector<model::NewPackage>& packages) const {
    process::Command command{{options_.helper.string(), what}, {}, options_.remove_timeout};
    if (!packages.empty()) command.arguments.push_back(options_.record.string());
    for (const auto& package : packages)
        command.arguments.insert(command.arguments.end(), {package.name, package.architecture,
                                                           package.version, words_of(package)});
    command.title = options_.helper.filename().string() + " " + what;
    command.inherited = inherited_;
    return command;
}

Result<model::PackageProposal> HelperPackageInstaller::propose(
    const std::vector<model::HostPackage>& wanted) {
    auto look = command("--propose", {});
    look.timeout = options_.look_timeout;
    look.inherited = -1;
    for (const auto& package : wanted)
        look.arguments.insert(look.arguments.end(),
                              {package.name, package.relation, package.version});
    TRY_ASSIGN(const auto answer, answer_to(look));
    return parse_proposal(answer);
}

Result<> HelperPackageInstaller::install(const std::vector<model::NewPackage>& packages) {
    auto call = command("--install", packages);
    call.timeout = options_.install_timeout;
    call.cancelled = options_.cancelled;
    TRY_ASSIGN(const auto answer, answer_to(call));
    TRY(read_answer<HelperAnswer>(answer, [](const HelperAnswer& each) { return each; }));
    return {};
}

Result<Strings> HelperPackageInstaller::remove(const std::vector<model::NewPackage>& packages) {
    TRY_ASSIGN(const auto answer, answer_to(command("--remove", packages)));
    return parse_removal(answer);
}

Result<model::PackageProposal> parse_proposal(std::string_view json) {
    return read_answer<model::PackageProposal>(json, to_proposal);
}

Result<Strings> parse_removal(std::string_view json) {
    return read_answer<Strings>(
        json, [](const HelperAnswer& answer) { return answer.at("stays").get<Strings>(); });
}

}  // namespace agent::apt
