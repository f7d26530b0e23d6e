// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper/wanted.hpp"

#include <apt-pkg/debversion.h>

#include <map>
#include <string_view>

namespace agent::apt::helper {

namespace {

using Dep = pkgCache::Dep;

constexpr std::size_t kWantedWords = 3;
constexpr std::size_t kListedWords = 4;

const std::map<std::string_view, Dep::DepCompareOp>& relations() {
    static const std::map<std::string_view, Dep::DepCompareOp> all{
        {"<<", Dep::Less},      {"<=", Dep::LessEq},  {"=", Dep::Equals},
        {">=", Dep::GreaterEq}, {">>", Dep::Greater}, {"", Dep::NoOp}};
    return all;
}

bool is_option(const std::string& word) {
    return word.empty() || word.front() == '-';
}

}  // namespace

bool Wanted::admits(const std::string& other) const {
    return relation == Dep::NoOp || debVS.CheckDep(other.c_str(), relation, version.c_str());
}

std::optional<std::vector<Wanted>> parse_wanted(const Arguments& arguments) {
    std::vector<Wanted> all;
    if (arguments.size() % kWantedWords != 0) return std::nullopt;
    for (std::size_t i = 0; i < arguments.size(); i += kWantedWords) {
        const auto relation = relations().find(arguments[i + 1]);
        if (relation == relations().end() || is_option(arguments[i])) return std::nullopt;
        all.push_back({arguments[i], relation->second, arguments[i + 2]});
    }
    return all;
}

std::string to_string(const Wanted& wanted) {
    for (const auto& [text, relation] : relations())
        if (relation == wanted.relation && !text.empty())
            return wanted.name + " (" + std::string(text) + " " + wanted.version + ")";
    return wanted.name;
}

std::optional<std::vector<Listed>> parse_listed(const Arguments& arguments) {
    std::vector<Listed> all;
    if (arguments.size() % kListedWords != 0) return std::nullopt;
    for (std::size_t i = 0; i < arguments.size(); i += kListedWords) {
        const auto& words = arguments[i + 3];
        if (is_option(arguments[i]) || is_option(arguments[i + 1]) || is_option(arguments[i + 2]))
            return std::nullopt;
        if (words.find_first_not_of("ac-") != std::string::npos) return std::nullopt;
        all.push_back({.name = arguments[i],
                       .architecture = arguments[i + 1],
                       .version = arguments[i + 2],
                       .automatic = words.find('a') != std::string::npos,
                       .configured = words.find('c') != std::string::npos});
    }
    return all;
}

}  // namespace agent::apt::helper
