// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/scopes/scope.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "agent/model/text.hpp"
#include "agent/scopes/constraints.hpp"
#include "agent/scopes/schema_rules.hpp"

namespace agent::scopes {

namespace {

using Json = nlohmann::json;
using JsonAdapter = valijson::adapters::NlohmannJsonAdapter;
using model::ErrorCode;
using model::Result;

/// More are not told: they are often the same one, by way of another.
constexpr std::size_t kMaxViolations = 20;
/// How deep a schema's text may nest, values in `enum` included.
constexpr int kMaxJsonDepth = 64;

model::Error no_schema(const std::string& why) {
    // Keys may have any character, and end on a terminal.
    return {ErrorCode::invalid, "is no JSON Schema: " + model::escaped(why)};
}

Result<Json> parse_json(std::string_view text) {
    bool too_deep = false;
    const auto watch = [&too_deep](int depth, Json::parse_event_t /*event*/, Json& /*parsed*/) {
        too_deep = too_deep || depth > kMaxJsonDepth;
        return !too_deep;
    };
    try {
        auto json = Json::parse(text, watch);
        if (too_deep) return model::fail(no_schema("it nests too deep"));
        return json;
    } catch (const Json::exception& error) {
        return model::fail(no_schema(error.what()));
    }
}

/// "<root>", "[containers]", "[0]" as the library names the way to a value.
std::vector<std::string> path_of(const std::vector<std::string>& context) {
    std::vector<std::string> path;
    for (const auto& step : context)
        if (step.starts_with('[') && step.ends_with(']'))
            path.push_back(step.substr(1, step.size() - 2));
    return path;
}

/// A key that is too many is named only in the text of the object that has it.
std::string unwanted_key(const std::string& description) {
    constexpr std::string_view kBegin = "Object contains a property that could not be validated";
    if (!description.starts_with(kBegin)) return {};
    const auto begin = description.find(": '");
    const auto end = description.rfind('\'');
    if (begin == std::string::npos || end <= begin + 3) return {};
    return description.substr(begin + 3, end - begin - 3);
}

/// Whether it says of a value no more than that something in it, or of it, was told already.
bool only_leads_to_another(const std::string& description) {
    constexpr std::array<std::string_view, 5> kBegins{
        "Failed to validate item #", "Failed to validate against schema associated with property",
        "Failed to validate against additional properties schema",
        "Failed to validate against child schema #", "Failed to validate against dependent schema"};
    return std::any_of(kBegins.begin(), kBegins.end(),
                       [&](std::string_view begin) { return description.starts_with(begin); });
}

Violation violation(const valijson::ValidationResults::Error& error) {
    Violation violation{path_of(error.context), model::escaped(error.description)};
    if (auto key = unwanted_key(error.description); !key.empty()) {
        violation.path.push_back(std::move(key));
        violation.message = "It must not be there.";
    }
    return violation;
}

std::vector<Violation> violations(const valijson::ValidationResults& results) {
    std::vector<Violation> list;
    for (const auto& error : results) {
        if (only_leads_to_another(error.description)) continue;
        auto each = violation(error);
        if (std::find(list.begin(), list.end(), each) != list.end()) continue;
        list.push_back(std::move(each));
        if (list.size() == kMaxViolations) break;
    }
    if (list.empty()) list.push_back({{}, "The schema lets nothing like it in."});
    return list;
}

}  // namespace

struct Scope::State {
    Budget budget;
    /// The schema has values of it.
    Json prepared;
    valijson::Schema schema;
};

Scope::Scope(std::unique_ptr<State> state) : state_(std::move(state)) {}
Scope::~Scope() = default;
Scope::Scope(Scope&&) noexcept = default;
Scope& Scope::operator=(Scope&&) noexcept = default;

Result<Scope> Scope::parse(std::string_view text) {
    if (text.size() > kMaxSchemaBytes)
        return model::fail(
            no_schema("it has more than " + std::to_string(kMaxSchemaBytes) + " bytes"));
    TRY_ASSIGN(const auto json, parse_json(text));
    auto state = std::make_unique<State>();
    auto prepared = prepare_schema(json);
    if (!prepared) return model::fail(no_schema(prepared.error().message()));
    state->prepared = std::move(*prepared);
    try {
        valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
        add_own_keywords(parser, state->budget);
        parser.populateSchema(JsonAdapter(state->prepared), state->schema);
    } catch (const std::exception& error) {
        return model::fail(no_schema(error.what()));
    }
    return Scope(std::move(state));
}

Result<std::vector<Violation>> Scope::check(std::string_view json) const {
    if (json.size() > 2 * kMaxScopedBytes)
        return model::fail(ErrorCode::conflict, "is too long to be compared with a scope");
    state_->budget.reset();
    try {
        const auto value = Json::parse(json);
        valijson::Validator validator;
        valijson::ValidationResults results;
        if (validator.validate(state_->schema, JsonAdapter(value), &results))
            return std::vector<Violation>();
        return violations(results);
    } catch (const TooMuchWork&) {
        return model::fail(ErrorCode::conflict,
                           "takes too much work to be compared with the scope's schema");
    } catch (const std::exception& error) {
        return model::fail(
            ErrorCode::internal,
            std::string("cannot be compared with the scope's schema: ") + error.what());
    }
}

std::string schema_member(const std::string& scope) {
    return "schemas/" + scope + ".json";
}

}  // namespace agent::scopes
