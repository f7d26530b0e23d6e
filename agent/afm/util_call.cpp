// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/util_call.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

#include "agent/afm/json_text.hpp"
#include "agent/bus/text.hpp"
#include "agent/model/text.hpp"

namespace agent::afm {

namespace {

using model::Result;

enum class Takes { nothing, file, id, runid };

struct Verb {
    std::string_view name;
    std::string_view alias;
    std::string_view member;
    Takes takes;
    std::string_view help;
};

constexpr std::array kVerbs{
    Verb{"runnables", "list", "runnables", Takes::nothing, "list what can be run"},
    Verb{"install", "add", "install", Takes::file, "install a bundle file"},
    Verb{"uninstall", "remove", "uninstall", Takes::id, "remove an application"},
    Verb{"detail", "info", "detail", Takes::id, "show what an application is"},
    Verb{"runners", "ps", "runners", Takes::nothing, "list what runs"},
    Verb{"start", "run", "start", Takes::id, "start an application"},
    Verb{"once", "once", "once", Takes::id, "start an application, and show its state"},
    Verb{"terminate", "kill", "terminate", Takes::runid, "end an application"},
    Verb{"state", "status", "state", Takes::runid, "show an application that runs"},
    Verb{"pause", "stop", "pause", Takes::runid, "freeze an application"},
    Verb{"resume", "continue", "resume", Takes::runid, "let a paused application run on"},
};

tl::unexpected<model::Error> refuse_words(const std::string& text) {
    return model::fail(model::ErrorCode::usage, text + "; 'afm-util help' shows what there is");
}

std::string_view value_name(Takes takes) {
    if (takes == Takes::file) return " WGT";
    if (takes == Takes::id) return " ID";
    return takes == Takes::runid ? " RID" : "";
}

Result<Json> runid(const std::string& word) {
    const auto value = model::parse_decimal(word, std::numeric_limits<std::uint32_t>::max());
    if (!value) return refuse_words("'" + word + "' is no runid");
    return Json(*value);
}

Result<Json> argument(Takes takes, const std::string& word,
                      const std::filesystem::path& directory) {
    if (takes == Takes::nothing) return Json(true);
    if (takes == Takes::runid) return runid(word);
    if (takes == Takes::id) return Json(word);
    return Json{{"wgt", (directory / word).lexically_normal().string()}, {"force", true}};
}

}  // namespace

Result<UtilCall> util_call(const std::vector<std::string>& words,
                           const std::filesystem::path& directory) {
    if (words.empty()) return refuse_words("no command is given");
    const auto* const verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& each) {
        return words.front() == each.name || words.front() == each.alias;
    });
    if (verb == kVerbs.end()) return refuse_words("'" + words.front() + "' is no command");
    const std::size_t wanted = verb->takes == Takes::nothing ? 1 : 2;
    if (words.size() != wanted)
        return refuse_words("write it as: afm-util " + std::string(verb->name) +
                            std::string(value_name(verb->takes)));
    if (bus::sendable(words.back()) != words.back())
        return refuse_words("'" + words.back() + "' is no text that a bus carries (UTF-8)");
    TRY_ASSIGN(const auto value, argument(verb->takes, words.back(), directory));
    return UtilCall{std::string(verb->member), print_json(value)};
}

bool wants_help(const std::vector<std::string>& words) {
    return !words.empty() &&
           (words.front() == "help" || words.front() == "-h" || words.front() == "--help");
}

std::string util_help() {
    constexpr std::size_t kColumn = 30;
    std::string text = "Usage: afm-util COMMAND [ARGUMENT]\n\nCommands:\n";
    for (const auto& verb : kVerbs) {
        std::string line = "  " + std::string(verb.name);
        if (verb.alias != verb.name) line += ", " + std::string(verb.alias);
        line += value_name(verb.takes);
        line.resize(std::max(line.size() + 1, kColumn), ' ');
        text += line + std::string(verb.help) + "\n";
    }
    return text + "  help, -h, --help            show this\n";
}

}  // namespace agent::afm
