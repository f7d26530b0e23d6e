// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/requests.hpp"

#include <limits>
#include <optional>

namespace agent::afm {

namespace {

using model::ErrorCode;
using model::Result;

tl::unexpected<model::Error> bad(const std::string& text) {
    return model::fail(ErrorCode::usage, text);
}

/// Nothing where the key is missing.
Result<std::optional<std::string>> optional_string(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) return std::nullopt;
    if (!found->is_string()) return bad(std::string(key) + " must be a string");
    return found->get<std::string>();
}

/// The input itself, or its key, which is a must.
Result<std::string> string_or_key(const Json& input, const char* key) {
    if (input.is_string()) return input.get<std::string>();
    if (!input.is_object())
        return bad(std::string("write a string, or an object with \"") + key + "\"");
    TRY_ASSIGN(auto value, optional_string(input, key));
    if (!value) return bad(std::string("the object has no \"") + key + "\"");
    return std::move(*value);
}

Result<std::string> id_of(const Json& input) {
    TRY_ASSIGN(auto id, string_or_key(input, "id"));
    if (id.empty()) return bad("id must not be empty");
    return id;
}

Result<> check_root(const Json& input) {
    if (!input.is_object()) return {};
    TRY_ASSIGN(const auto root, optional_string(input, "root"));
    if (!root || *root == "/") return {};
    if (!root->starts_with('/')) return bad("root must be an absolute path");
    return bad("nothing is installed below " + *root +
               " by this service; 'update-agent --root' does that");
}

Result<> check_path(const std::string& path) {
    constexpr std::size_t kLongest = 4095;
    if (!path.starts_with('/')) return bad("wgt must be an absolute path");
    if (path.size() > kLongest || path.find('\0') != std::string::npos)
        return bad("wgt is not a path");
    return {};
}

}  // namespace

Result<InstallRequest> install_request(const Json& input) {
    InstallRequest request;
    TRY_ASSIGN(request.file, string_or_key(input, "wgt"));
    TRY(check_path(request.file));
    TRY(check_root(input));
    if (!input.is_object() || !input.contains("force")) return request;
    if (!input["force"].is_boolean()) return bad("force must be true or false");
    request.force = input["force"].get<bool>();
    return request;
}

Result<std::string> uninstall_request(const Json& input) {
    TRY(check_root(input));
    return id_of(input);
}

Result<std::string> application_request(const Json& input) {
    return id_of(input);
}

Result<std::string> start_request(const Json& input) {
    if (input.is_object()) {
        TRY_ASSIGN(const auto mode, optional_string(input, "mode"));
        if (mode && *mode != "local" && *mode != "remote")
            return bad("mode must be \"local\" or \"remote\"");
    }
    return id_of(input);
}

Result<std::uint32_t> runid_request(const Json& input) {
    const auto* value = &input;
    if (input.is_object()) {
        const auto found = input.find("runid");
        if (found == input.end()) return bad("the object has no \"runid\"");
        value = &*found;
    }
    // A process id, as far as a kernel counts them.
    constexpr auto kMost = std::numeric_limits<std::int32_t>::max();
    if (!value->is_number_integer()) return bad("the runid must be an integer");
    if (*value <= 0 || *value > kMost) return bad("no application can have this runid");
    return value->get<std::uint32_t>();
}

Result<> any_request(const Json& input) {
    if (input.is_null()) return bad("write anything but null");
    return {};
}

}  // namespace agent::afm
