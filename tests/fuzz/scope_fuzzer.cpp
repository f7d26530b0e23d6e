// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/scopes/scope.hpp"
#include "tests/fuzz/invariant.hpp"

using agent::model::ErrorCode;
using agent::scopes::Scope;

namespace {

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// Whether it is allowed; nothing where that is too much work, or the value is none.
std::optional<bool> allows(const Scope& scope, const std::string& value) {
    const auto violations = scope.check(value);
    if (!violations) return std::nullopt;
    for (const auto& each : *violations) {
        fuzz::require(!each.message.empty(), "a violation says what is wrong");
        fuzz::require(!has_control_character(each.message), "a violation is one line");
    }
    return violations->empty();
}

/// In another schema; nothing where that is none, as it nests too deep then.
std::optional<bool> allows_within(const std::string& begin, const std::string& schema,
                                  const std::string& value) {
    const auto outer = Scope::parse(begin + schema + "]}");
    return outer ? allows(*outer, value) : std::nullopt;
}

}  // namespace

/// A schema, a NUL, and a value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(data, data + size);
    const auto end = std::min(input.find('\0'), input.size());
    const auto schema = input.substr(0, end);
    const auto value = input.substr(std::min(end + 1, input.size()));
    const auto scope = Scope::parse(schema);
    if (!scope) {
        fuzz::require(scope.error().code() == ErrorCode::invalid, "a bad schema is invalid input");
        fuzz::require(!has_control_character(scope.error().text()), "an error is one line");
        return 0;
    }
    const auto allowed = allows(*scope, value);
    if (!allowed || schema.find("$ref") != std::string::npos) return 0;
    for (const auto* begin : {R"({"allOf": [)", R"({"anyOf": [)", R"({"oneOf": [false, )"}) {
        const auto within = allows_within(begin, schema, value);
        fuzz::require(!within || *within == *allowed, "a schema alone in another says the same");
    }
    return 0;
}
