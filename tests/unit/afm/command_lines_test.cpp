// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/options.hpp"
#include "agent/afm/util_call.hpp"
#include "tests/unit/catch.hpp"

using namespace agent::afm;

namespace {

using Words = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Every verb of afm-util, and its alias, is a call") {
    struct Row {
        std::string name;
        std::string alias;
        Words arguments;
        UtilCall call;
    };
    for (const auto& row : {
             Row{"runnables", "list", {}, {"runnables", "true"}},
             Row{"runners", "ps", {}, {"runners", "true"}},
             Row{"install", "add", {"a.wgt"}, {"install", R"({"wgt":"/home/a.wgt","force":true})"}},
             Row{"install", "add", {"../b"}, {"install", R"({"wgt":"/b","force":true})"}},
             Row{"install", "add", {"/c\"d"}, {"install", R"({"wgt":"/c\"d","force":true})"}},
             Row{"uninstall", "remove", {"a@1"}, {"uninstall", R"("a@1")"}},
             Row{"detail", "info", {"a@1"}, {"detail", R"("a@1")"}},
             Row{"start", "run", {"a@1"}, {"start", R"("a@1")"}},
             Row{"once", "once", {"a@1"}, {"once", R"("a@1")"}},
             Row{"terminate", "kill", {"435"}, {"terminate", "435"}},
             Row{"state", "status", {"435"}, {"state", "435"}},
             Row{"pause", "stop", {"435"}, {"pause", "435"}},
             Row{"resume", "continue", {"435"}, {"resume", "435"}},
         })
        for (const auto& verb : {row.name, row.alias}) {
            INFO(verb);
            Words words = {verb};
            words.insert(words.end(), row.arguments.begin(), row.arguments.end());
            CHECK(util_call(words, "/home").value() == row.call);
        }
}

TEST_CASE("What afm-util does not know is refused with what there is") {
    for (const auto& words :
         {Words{}, Words{"explode"}, Words{"start"}, Words{"start", "a", "b"}, Words{"list", "a"},
          Words{"kill", "a@1"}, Words{"kill", "-1"}, Words{"kill", "1x"}, Words{"kill", ""},
          Words{"kill", "99999999999"}, Words{"add", "\xff.wgt"}}) {
        const auto call = util_call(words, "/");
        REQUIRE_FALSE(call);
        CHECK(has(call.error().text(), "'afm-util help' shows what there is"));
    }
    CHECK(wants_help({"help"}));
    CHECK(wants_help({"-h"}));
    CHECK(wants_help({"--help"}));
    CHECK_FALSE(wants_help({"list"}));
    CHECK_FALSE(wants_help({}));
    for (const auto* line : {"  install, add WGT ", "  once ID ", "  pause, stop RID "})
        CHECK(has(util_help(), line));
}

TEST_CASE("A daemon is the one that it is called as") {
    CHECK(daemon_options("/usr/bin/afm-user-daemon", {}).value().role == Role::user);
    CHECK(daemon_options("afm-user-daemon", {}).value().role == Role::user);
    CHECK(daemon_options("/usr/bin/afm-system-daemon", {}).value().role == Role::system);
    CHECK(daemon_options("", {}).value().role == Role::system);
}

TEST_CASE("Options of the daemons that mean something are taken") {
    const auto options = daemon_options("afm-user-daemon", {"-d", "--verbose", "-v", "--quiet",
                                                            "-r", "/", "--root=/", "-m", "remote"})
                             .value();
    CHECK(options.daemonize);
    CHECK(options.verbosity == 1);
    const auto cluster = daemon_options("afm-system-daemon", {"-dvv", "-qr/", "--"}).value();
    CHECK(cluster.daemonize);
    CHECK(cluster.verbosity == 1);
    CHECK_FALSE(options.help);
    for (const auto* word : {"-h", "--help"})
        CHECK(daemon_options("afm-system-daemon", {word}).value().help);
    CHECK(has(daemon_help(Role::user), "--mode"));
    CHECK_FALSE(has(daemon_help(Role::system), "--mode"));
}

TEST_CASE("Options of the daemons that cannot be had are refused with the reason") {
    struct Row {
        std::string program;
        Words words;
        std::string says;
    };
    for (const auto& row : {
             Row{"afm-system-daemon", {"-r", "/srv"}, "'update-agent --root' installs elsewhere"},
             Row{"afm-user-daemon", {"--root=/srv"}, "'update-agent --root' installs elsewhere"},
             Row{"afm-user-daemon", {"-a", "/srv"}, "'afm-util install' installs them"},
             Row{"afm-user-daemon", {"-m", "far"}, "local or remote"},
             Row{"afm-system-daemon", {"-m", "local"}, "there is no option -m"},
             Row{"afm-system-daemon", {"-a", "/"}, "there is no option -a"},
             Row{"afm-user-daemon", {"-r"}, "-r needs a value"},
             Row{"afm-user-daemon", {"--quiet=1"}, "takes no value"},
             Row{"afm-user-daemon", {"extra"}, "there is no option extra"},
             Row{"afm-system-daemon", {"-vx"}, "there is no option -vx"},
             Row{"afm-system-daemon", {"--mode=local"}, "there is no option --mode"},
             Row{"afm-user-daemon", {"-v", "--explode"}, "there is no option --explode"},
             Row{"afm-user-daemon", {"--", "extra"}, "there is no option extra"},
             Row{"afm-user-daemon", {""}, "there is no option"},
         }) {
        const auto options = daemon_options(row.program, row.words);
        REQUIRE_FALSE(options);
        CHECK(options.error().code() == agent::model::ErrorCode::usage);
        CHECK(has(options.error().text(), row.says));
    }
}
