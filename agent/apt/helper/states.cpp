// SPDX-License-Identifier: GPL-3.0-or-later
#include <map>
#include <set>

#include "agent/apt/helper/answer.hpp"
#include "agent/apt/helper/commands.hpp"
#include "agent/apt/helper/dpkg_status.hpp"

namespace agent::apt::helper {

namespace {

using model::Result;

/// States that satisfy a dependency.
bool is_installed(const DpkgPackage& package) {
    return package.state == "installed" || package.state == "triggers-pending";
}

/// One version a name: the native one where foreign architectures have the package, too.
Result<std::map<std::string, std::string>> versions(const std::string& root,
                                                    const std::vector<Wanted>& wanted) {
    std::set<std::string> names;
    for (const auto& each : wanted)
        names.insert(each.name);
    std::vector<DpkgPackage> installed;
    std::string native;
    TRY(each_package(root, [&](const DpkgPackage& package) {
        // dpkg is there on every Debian, and only in the native architecture.
        if (package.name == "dpkg") native = package.architecture;
        if (names.count(package.name) != 0 && is_installed(package)) installed.push_back(package);
    }));
    std::map<std::string, std::string> chosen;
    for (const auto& package : installed) {
        if (package.architecture == native || package.architecture == "all")
            chosen.insert_or_assign(package.name, package.version);
        else
            chosen.emplace(package.name, package.version);
    }
    return chosen;
}

}  // namespace

Result<nlohmann::json> states(const std::string& root, const std::vector<Wanted>& wanted) {
    TRY_ASSIGN(const auto installed, versions(root, wanted));
    nlohmann::json answer{{"packages", nlohmann::json::array()}};
    for (const auto& each : wanted) {
        const auto found = installed.find(each.name);
        const auto version = found == installed.end() ? std::string() : found->second;
        answer["packages"].push_back(
            {{"version", version}, {"satisfies", !version.empty() && each.admits(version)}});
    }
    return answer;
}

}  // namespace agent::apt::helper
