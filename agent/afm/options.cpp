// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/options.hpp"

#include <getopt.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace agent::afm {

namespace {

using model::ErrorCode;
using model::Result;

// A leading ':' has getopt_long(3) tell a missing value from an unknown option.
constexpr const char* kLettersOfSystem = ":r:dqvh";
constexpr const char* kLettersOfUser = ":r:dqvhm:a:";
constexpr std::array kNames{option{"root", required_argument, nullptr, 'r'},
                            option{"daemon", no_argument, nullptr, 'd'},
                            option{"quiet", no_argument, nullptr, 'q'},
                            option{"verbose", no_argument, nullptr, 'v'},
                            option{"help", no_argument, nullptr, 'h'},
                            option{"mode", required_argument, nullptr, 'm'},
                            option{"application", required_argument, nullptr, 'a'},
                            option{nullptr, 0, nullptr, 0}};

tl::unexpected<model::Error> refuse_option(const std::string& text) {
    return model::fail(ErrorCode::usage, text + "; --help shows the options");
}

Result<> check_root_option(const std::string& root) {
    if (root == "/") return {};
    return refuse_option("--root " + root +
                         ": this daemon works on the installed set of the machine alone; "
                         "'update-agent --root' installs elsewhere");
}

Result<> take(int letter, const std::string& value, DaemonOptions& options) {
    switch (letter) {
        case 'r':
            return check_root_option(value);
        case 'a':
            return refuse_option(
                "--application: applications are signed bundles; 'afm-util install' "
                "installs them");
        case 'm':
            if (value != "local" && value != "remote")
                return refuse_option("--mode is local or remote");
            break;
        case 'd':
            options.daemonize = true;
            break;
        case 'q':
            --options.verbosity;
            break;
        case 'v':
            ++options.verbosity;
            break;
        default:
            options.help = true;
            break;
    }
    return {};
}

/// What getopt_long() has not understood; `word` is where it stood.
tl::unexpected<model::Error> refuse(int found, const std::string& word, Role role) {
    if (found == ':') return refuse_option(word + " needs a value");
    const bool is_known = optopt != 0 && std::strchr(kLettersOfUser, optopt) != nullptr;
    if (is_known && word.find('=') != std::string::npos)
        return refuse_option(word + ": the option takes no value");
    return refuse_option("there is no option " + word +
                         (is_known && role == Role::system ? " of afm-system-daemon" : ""));
}

}  // namespace

Result<DaemonOptions> daemon_options(const std::string& program,
                                     const std::vector<std::string>& arguments) {
    DaemonOptions options;
    const auto name = program.substr(program.rfind('/') + 1);
    if (name == "afm-user-daemon") options.role = Role::user;
    const auto* const letters = options.role == Role::user ? kLettersOfUser : kLettersOfSystem;
    auto words = arguments;
    words.insert(words.begin(), program);
    std::vector<char*> argv;
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    const auto count = static_cast<int>(words.size());
    optind = opterr = optopt = 0;
    for (;;) {
        const auto at = static_cast<std::size_t>(std::max(optind, 1));
        const int found = getopt_long(count, argv.data(), letters, kNames.data(), nullptr);
        if (found == -1) break;
        const std::string word = argv[at];
        if (found == '?' || found == ':') return refuse(found, word, options.role);
        if (std::strchr(letters, found) == nullptr) return refuse('?', word, options.role);
        TRY(take(found, optarg == nullptr ? "" : optarg, options));
    }
    if (optind < count)
        return refuse_option(std::string("there is no option ") +
                             argv[static_cast<std::size_t>(optind)]);
    return options;
}

std::string daemon_help(Role role) {
    const std::string common =
        "  -r, --root DIRECTORY   / only: applications are those of the machine\n"
        "  -d, --daemon           go into the background; systemd needs no such thing\n"
        "  -q, --quiet            say less; may be repeated\n"
        "  -v, --verbose          say more; may be repeated\n"
        "  -h, --help             show this\n";
    if (role == Role::system)
        return "Usage: afm-system-daemon [OPTIONS]\n"
               "Serves org.AGL.afm.system on the system bus.\n\n" +
               common;
    return "Usage: afm-user-daemon [OPTIONS]\n"
           "Serves org.AGL.afm.user and org.AGL.afm.system on the session bus.\n\n" +
           common +
           "  -m, --mode MODE        local or remote, which are the same here\n"
           "  -a, --application DIR  not to be had: applications are signed bundles\n";
}

}  // namespace agent::afm
