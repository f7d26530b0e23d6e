// SPDX-License-Identifier: GPL-3.0-or-later
// update-agent-packages [--root DIR] NAME...
//
// Prints {"format":1,"packages":{name:version}} for those of the packages that dpkg has installed.
// Ends with 1 and a line on standard error where dpkg's database cannot be read, with 2 for a wrong
// call.

#include <apt-pkg/error.h>
#include <apt-pkg/fileutl.h>
#include <apt-pkg/tagfile.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Request {
    std::string root = "/";
    std::vector<std::string> names;
};

std::optional<Request> parse_arguments(int argc, char** argv) {
    Request request;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--root" && i + 1 < argc)
            request.root = argv[++i];
        else if (argument.starts_with('-'))
            return std::nullopt;
        else
            request.names.emplace_back(argument);
    }
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
    pkgTagFile stanzas(&file);
    pkgTagSection stanza;
    while (stanzas.Step(stanza)) {
        const auto name = stanza.FindS("Package");
        // dpkg is there on every Debian, and only in the native architecture.
        if (name == "dpkg") status.native_architecture = stanza.FindS("Architecture");
        if (std::find(request.names.begin(), request.names.end(), name) == request.names.end())
            continue;
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

int print_versions(const Request& request) {
    const auto status = read_status(request);
    if (!status) return report_errors();
    const nlohmann::json answer{{"format", 1}, {"packages", versions(*status)}};
    std::puts(answer.dump().c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto request = parse_arguments(argc, argv);
    if (request) return print_versions(*request);
    std::fputs("usage: update-agent-packages [--root DIR] NAME...\n", stderr);
    return 2;
} catch (const std::exception& exception) {
    // Such as a version that is not UTF-8.
    std::fprintf(stderr, "update-agent-packages: %s\n", exception.what());
    return 1;
}
