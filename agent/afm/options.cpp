// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/options.hpp"

#include <array>
#include <string_view>

namespace agent::afm {

namespace {

using model::ErrorCode;
using model::Result;

enum class Meaning { root, application, mode, daemonize, quiet, verbose, help };

struct Option {
    char letter;
    std::string_view name;
    Meaning meaning;
    bool has_value;
    bool of_user_only;
};

constexpr std::array kOptions{
    Option{'r', "root", Meaning::root, true, false},
    Option{'a', "application", Meaning::application, true, true},
    Option{'m', "mode", Meaning::mode, true, true},
    Option{'d', "daemon", Meaning::daemonize, false, false},
    Option{'q', "quiet", Meaning::quiet, false, false},
    Option{'v', "verbose", Meaning::verbose, false, false},
    Option{'h', "help", Meaning::help, false, false},
};

tl::unexpected<model::Error> refuse_option(const std::string& text) {
    return model::fail(ErrorCode::usage, text + "; --help shows the options");
}

/// `-x` or `--name`.
Result<Option> find_option(const std::string& word, Role role) {
    for (const auto& option : kOptions)
        if ((word == std::string("-") + option.letter || word == "--" + std::string(option.name)) &&
            (role == Role::user || !option.of_user_only))
            return option;
    return refuse_option("there is no option " + word);
}

Result<> check_root_option(const std::string& root) {
    if (root == "/") return {};
    return refuse_option("--root " + root +
                         ": this daemon works on the installed set of the machine alone; "
                         "'update-agent --root' installs elsewhere");
}

Result<> take(const Option& option, const std::string& value, DaemonOptions& options) {
    switch (option.meaning) {
        case Meaning::root:
            return check_root_option(value);
        case Meaning::application:
            return refuse_option(
                "--application: applications are signed bundles; 'afm-util install' "
                "installs them");
        case Meaning::mode:
            if (value != "local" && value != "remote")
                return refuse_option("--mode is local or remote");
            break;
        case Meaning::daemonize:
            options.daemonize = true;
            break;
        case Meaning::quiet:
            --options.verbosity;
            break;
        case Meaning::verbose:
            ++options.verbosity;
            break;
        case Meaning::help:
            options.help = true;
            break;
    }
    return {};
}

}  // namespace

Result<DaemonOptions> daemon_options(const std::string& program,
                                     const std::vector<std::string>& arguments) {
    DaemonOptions options;
    const auto name = program.substr(program.rfind('/') + 1);
    if (name == "afm-user-daemon") options.role = Role::user;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& word = arguments[i];
        const auto equals = word.starts_with("--") ? word.find('=') : std::string::npos;
        TRY_ASSIGN(const auto option, find_option(word.substr(0, equals), options.role));
        std::string value;
        if (equals != std::string::npos && !option.has_value)
            return refuse_option(word + ": the option takes no value");
        if (equals != std::string::npos)
            value = word.substr(equals + 1);
        else if (option.has_value && ++i == arguments.size())
            return refuse_option(word + " needs a value");
        else if (option.has_value)
            value = arguments[i];
        TRY(take(option, value, options));
    }
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
