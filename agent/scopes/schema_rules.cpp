// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/scopes/schema_rules.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/scopes/pattern.hpp"

namespace agent::scopes {

namespace {

using Json = nlohmann::json;
using model::ErrorCode;
using model::Result;

/// What the value of a keyword is, and to what its schemas apply.
enum class Kind {
    /// Means nothing to the judgement.
    annotation,
    value,
    type,
    number,
    count,
    positive,
    pattern,
    reference,
    /// To the same value.
    schema,
    schemas,
    dependencies,
    /// To what is in the value.
    inner_schema,
    inner_schemas,
    items,
    /// To nothing, until they are referred to.
    definitions,
};

struct Keyword {
    std::string_view name;
    Kind kind;
};

constexpr std::array<Keyword, 38> kKeywords{{
    {"$schema", Kind::annotation},
    {"$comment", Kind::annotation},
    {"title", Kind::annotation},
    {"description", Kind::annotation},
    {"default", Kind::annotation},
    {"examples", Kind::annotation},
    {"type", Kind::type},
    {"enum", Kind::value},
    {"const", Kind::value},
    {"required", Kind::value},
    {"maximum", Kind::number},
    {"minimum", Kind::number},
    {"exclusiveMaximum", Kind::number},
    {"exclusiveMinimum", Kind::number},
    {"maxLength", Kind::count},
    {"minLength", Kind::count},
    {"maxItems", Kind::count},
    {"minItems", Kind::count},
    {"maxProperties", Kind::count},
    {"minProperties", Kind::count},
    {"multipleOf", Kind::positive},
    {"pattern", Kind::pattern},
    {"$ref", Kind::reference},
    {"allOf", Kind::schemas},
    {"anyOf", Kind::schemas},
    {"oneOf", Kind::schemas},
    {"not", Kind::schema},
    {"if", Kind::schema},
    {"then", Kind::schema},
    {"else", Kind::schema},
    {"dependencies", Kind::dependencies},
    {"items", Kind::items},
    {"additionalItems", Kind::inner_schema},
    {"contains", Kind::inner_schema},
    {"properties", Kind::inner_schemas},
    {"additionalProperties", Kind::inner_schema},
    {"definitions", Kind::definitions},
    {"$defs", Kind::definitions},
}};

constexpr std::array<std::string_view, 7> kTypes{"array",  "boolean", "integer", "null",
                                                 "number", "object",  "string"};

const Keyword* find_keyword(std::string_view name) {
    const auto* found = std::find_if(kKeywords.begin(), kKeywords.end(),
                                     [name](const Keyword& each) { return each.name == name; });
    return found == kKeywords.end() ? nullptr : found;
}

tl::unexpected<model::Error> invalid(const std::string& place, const std::string& message) {
    return model::fail(ErrorCode::invalid, "#" + place + ": " + message);
}

/// RFC 6901.
std::string escaped_token(const std::string& token) {
    std::string text;
    for (const char c : token)
        text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return text;
}

Result<> check_types(const std::string& place, const Json& value) {
    const auto is_type = [](const Json& each) {
        return each.is_string() && std::find(kTypes.begin(), kTypes.end(),
                                             each.get_ref<const std::string&>()) != kTypes.end();
    };
    const bool good =
        value.is_array() ? std::all_of(value.begin(), value.end(), is_type) : is_type(value);
    if (good) return {};
    return invalid(place, "is none of array, boolean, integer, null, number, object, string");
}

/// Walks through all schemas in a schema, copies them, and notes which apply to the same value.
class Preparation {
  public:
    Result<Json> schema(const Json& from, const std::string& place, std::size_t depth) {
        if (depth > kMaxNesting) return invalid(place, "lies too deep");
        if (applied_.size() >= kMaxSchemas)
            return invalid(place,
                           "there are more than " + std::to_string(kMaxSchemas) + " schemas in it");
        applied_[place];
        if (from.is_boolean()) return from.get<bool>() ? Json(true) : Json{{kNeverKey, true}};
        if (!from.is_object())
            return invalid(place, "is no schema, which is an object or a boolean");
        Json to = Json::object();
        if (from.contains("$ref") && !refers_alone(from))
            return invalid(place, "has $ref beside other keys, which would be ignored");
        for (const auto& [key, value] : from.items())
            TRY(keyword(key, value, place, depth, to));
        if (!from.contains("$ref")) to[kStepKey] = weight(from);
        return to;
    }

    /// That every reference is to a schema in it, and that none applies to a value for ever.
    Result<> check_references() {
        for (const auto& [from, to] : references_)
            if (applied_.count(to) == 0)
                return invalid(from, "refers to #" + to + ", where there is no schema");
        std::map<std::string, std::size_t> lengths;
        for (const auto& [place, others] : applied_)
            TRY(chain(place, {}, lengths));
        return {};
    }

  private:
    static bool refers_alone(const Json& object) {
        return std::all_of(object.items().begin(), object.items().end(), [](const auto& each) {
            const auto* keyword = find_keyword(each.key());
            return keyword == nullptr || keyword->kind == Kind::annotation ||
                   keyword->kind == Kind::reference || keyword->kind == Kind::definitions;
        });
    }

    /// Values that each look at it is compared with.
    static std::uint64_t weight(const Json& object) {
        std::uint64_t sum = 50;
        for (const auto* key : {"enum", "required", "properties", "const"})
            if (const auto found = object.find(key); found != object.end()) sum += found->size();
        return sum;
    }

    Result<> keyword(const std::string& key, const Json& value, const std::string& place,
                     std::size_t depth, Json& to) {
        const auto* known = find_keyword(key);
        const auto here = place + "/" + escaped_token(key);
        if (known == nullptr) return invalid(here, "is no keyword that a scope may have");
        switch (known->kind) {
            case Kind::annotation:
                return {};
            case Kind::reference:
                return reference(value, place, here, to);
            case Kind::pattern:
                return pattern(value, here, to);
            case Kind::type:
                TRY(check_types(here, value));
                break;
            case Kind::positive:
                if (!value.is_number() || value.get<double>() <= 0)
                    return invalid(here, "is no number above 0");
                break;
            case Kind::number:
                if (!value.is_number()) return invalid(here, "is no number");
                break;
            case Kind::count:
                if (!value.is_number_unsigned())
                    return invalid(here, "is no number of things, from 0 on");
                break;
            case Kind::value:
                break;
            default:
                return schemas(*known, value, {place, here, depth + 1}, to);
        }
        to[key] = value;
        return {};
    }

    static Result<> pattern(const Json& value, const std::string& here, Json& to) {
        if (!value.is_string()) return invalid(here, "is no string");
        const auto parsed = Pattern::parse(value.get<std::string>());
        if (!parsed) return invalid(here, parsed.error().message());
        to[kPatternKey] = value;
        return {};
    }

    Result<> reference(const Json& value, const std::string& place, const std::string& here,
                       Json& to) {
        const auto text = value.is_string() ? value.get<std::string>() : std::string();
        if (text != "#" && !text.starts_with("#/"))
            return invalid(here, "does not begin with #/: other documents are never fetched");
        if (text.find('%') != std::string::npos || (text.size() > 1 && text.ends_with('/')))
            return invalid(here, "has a % or ends with /");
        references_.emplace_back(here, text.substr(1));
        applied_[place].push_back(text.substr(1));
        to["$ref"] = value;
        return {};
    }

    struct Place {
        const std::string& outer;
        const std::string& here;
        std::size_t depth;
    };

    Result<> schemas(const Keyword& known, const Json& value, const Place& at, Json& to) {
        const std::string key(known.name);
        const bool applies = known.kind == Kind::schema || known.kind == Kind::schemas ||
                             known.kind == Kind::dependencies;
        const bool is_list =
            known.kind == Kind::schemas || (known.kind == Kind::items && value.is_array());
        const bool is_map = known.kind == Kind::inner_schemas || known.kind == Kind::definitions ||
                            known.kind == Kind::dependencies;
        if (is_list && (!value.is_array() || value.empty()))
            return invalid(at.here, "is no array of schemas");
        if (is_map && !value.is_object()) return invalid(at.here, "is no object of schemas");
        if (!is_list && !is_map) {
            // The library tells which key is too many only where this is the plain word.
            if (key == "additionalProperties" && value == false) {
                to[key] = false;
                return {};
            }
            TRY_ASSIGN(to[key], one(value, at.here, at, applies));
            return {};
        }
        to[key] = is_list ? Json::array() : Json::object();
        for (const auto& [name, each] : value.items()) {
            if (known.kind == Kind::dependencies && each.is_array()) {
                to[key][name] = each;
                continue;
            }
            TRY_ASSIGN(auto inner, one(each, at.here + "/" + escaped_token(name), at, applies));
            if (is_list)
                to[key].push_back(std::move(inner));
            else
                to[key][name] = std::move(inner);
        }
        return {};
    }

    Result<Json> one(const Json& value, const std::string& place, const Place& at, bool applies) {
        if (applies) applied_[at.outer].push_back(place);
        return schema(value, place, at.depth);
    }

    /// Notes how many schemas apply one through the other from here on.
    Result<std::size_t> chain(const std::string& place, std::vector<std::string> above,
                              std::map<std::string, std::size_t>& lengths) {
        if (const auto known = lengths.find(place); known != lengths.end()) return known->second;
        if (std::find(above.begin(), above.end(), place) != above.end())
            return invalid(place, "applies to the same value again and again, by way of itself");
        above.push_back(place);
        std::size_t longest = 0;
        for (const auto& other : applied_.at(place)) {
            TRY_ASSIGN(const auto length, chain(other, above, lengths));
            longest = std::max(longest, length);
        }
        if (longest >= kMaxChain)
            return invalid(place, "more than " + std::to_string(kMaxChain) +
                                      " schemas apply one through the other");
        return lengths[place] = longest + 1;
    }

    /// Of every schema, by its place: those that apply to the same value.
    std::map<std::string, std::vector<std::string>> applied_;
    std::vector<std::pair<std::string, std::string>> references_;
};

}  // namespace

Result<Json> prepare_schema(const Json& schema) {
    Preparation preparation;
    TRY_ASSIGN(auto prepared, preparation.schema(schema, "", 1));
    TRY(preparation.check_references());
    return prepared;
}

}  // namespace agent::scopes
