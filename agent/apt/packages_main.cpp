// SPDX-License-Identifier: GPL-3.0-or-later
// update-agent-packages [--root DIR] [NAME RELATION VERSION]...
//
// Prints {"format":2,"packages":[{"version":…,"satisfies":…}]}, in the order of the arguments: the
// version that dpkg has installed (empty where it has none), and whether that is in the relation to
// the version that is wanted (any is where both are empty).
// Ends with 1 and a line on standard error where dpkg's database cannot be read, with 2 for a wrong
// call.

#include <apt-pkg/debversion.h>
#include <apt-pkg/error.h>
#include <apt-pkg/fileutl.h>
#include <apt-pkg/pkgcache.h>
#include <apt-pkg/tagfile.h>

#include <cstdio>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Wanted {
    std::string name;
    std::optional<pkgCache::Dep::DepCompareOp> relation;
    std::string version;
};

struct Request {
    std::string root = "/";
    std::vector<Wanted> wanted;
};

/// Absent for what is no relation of deb-control(5).
std::optional<pkgCache::Dep::DepCompareOp> parse_relation(std::string_view text) {
    using Dep = pkgCache::Dep;
    static const std::map<std::string_view, Dep::DepCompareOp> relations{
        {"<<", Dep::Less},      {"<=", Dep::LessEq},  {"=", Dep::Equals},
        {">=", Dep::GreaterEq}, {">>", Dep::Greater}, {"", Dep::NoOp}};
    const auto found = relations.find(text);
    if (found == relations.end()) return std::nullopt;
    return found->second;
}

std::optional<Request> parse_arguments(int argc, char** argv) {
    Request request;
    int i = 1;
    if (i + 1 < argc && std::string_view(argv[i]) == "--root") {
        request.root = argv[i + 1];
        i += 2;
    }
    for (; i + 2 < argc; i += 3) {
        Wanted wanted{
            .name = argv[i], .relation = parse_relation(argv[i + 1]), .version = argv[i + 2]};
        if (!wanted.relation || wanted.name.starts_with('-')) return std::nullopt;
        request.wanted.push_back(std::move(wanted));
    }
    if (i != argc) return std::nullopt;
    return request;
}

struct Installed {
    std::string name;
    std::string version;
    std::string architecture;
};

/// What dpkg's status file says of the packages that were asked for.
struct Status {
    std::vector<Installed> installed;
    std::string native_architecture;
};

/// Of "want flag state", see dpkg-query(1), the states that satisfy a dependency.
bool is_installed(const std::string& status) {
    return status.ends_with(" installed") || status.ends_with(" triggers-pending");
}

/// Nothing, with the reason in apt's list of errors, where the file cannot be read.
std::optional<Status> read_status(const Request& request) {
    FileFd file(request.root + "/var/lib/dpkg/status", FileFd::ReadOnly);
    if (!file.IsOpen()) return std::nullopt;
    Status status;
    std::set<std::string> names;
    for (const auto& wanted : request.wanted)
        names.insert(wanted.name);
    pkgTagFile stanzas(&file);
    pkgTagSection stanza;
    while (stanzas.Step(stanza)) {
        const auto name = stanza.FindS("Package");
        // dpkg is there on every Debian, and only in the native architecture.
        if (name == "dpkg") status.native_architecture = stanza.FindS("Architecture");
        if (names.count(name) == 0) continue;
        if (!is_installed(stanza.FindS("Status"))) continue;
        status.installed.push_back({name, stanza.FindS("Version"), stanza.FindS("Architecture")});
    }
    if (_error->PendingError()) return std::nullopt;
    return status;
}

/// One version a name: the native one where foreign architectures have the package, too.
std::map<std::string, std::string> versions(const Status& status) {
    std::map<std::string, std::string> chosen;
    for (const auto& package : status.installed) {
        if (package.architecture == status.native_architecture || package.architecture == "all")
            chosen.insert_or_assign(package.name, package.version);
        else
            chosen.emplace(package.name, package.version);
    }
    return chosen;
}

int report_errors() {
    std::string message;
    while (!_error->empty()) {
        _error->PopMessage(message);
        std::fprintf(stderr, "update-agent-packages: %s\n", message.c_str());
    }
    return 1;
}

bool satisfies(const std::string& version, const Wanted& wanted) {
    if (version.empty()) return false;
    if (wanted.relation == pkgCache::Dep::NoOp) return true;
    return debVS.CheckDep(version.c_str(), *wanted.relation, wanted.version.c_str());
}

int print_states(const Request& request) {
    const auto status = read_status(request);
    if (!status) return report_errors();
    const auto installed = versions(*status);
    nlohmann::json answer{{"format", 2}, {"packages", nlohmann::json::array()}};
    for (const auto& wanted : request.wanted) {
        const auto found = installed.find(wanted.name);
        const auto version = found == installed.end() ? std::string() : found->second;
        answer["packages"].push_back(
            {{"version", version}, {"satisfies", satisfies(version, wanted)}});
    }
    std::puts(answer.dump().c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto request = parse_arguments(argc, argv);
    if (request) return print_states(*request);
    std::fputs("usage: update-agent-packages [--root DIR] [NAME RELATION VERSION]...\n", stderr);
    return 2;
} catch (const std::exception& exception) {
    // Such as a version that is not UTF-8.
    std::fprintf(stderr, "update-agent-packages: %s\n", exception.what());
    return 1;
}
