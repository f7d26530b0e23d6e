// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/outcome.hpp"

#include "agent/afm/applications.hpp"

namespace agent::afm {

namespace {

using model::ErrorCode;
using model::Result;

/// The first of a list of the document, as a text.
std::string first_id(const Json& document, const char* list) {
    const auto found = document.find(list);
    if (found == document.end() || !found->is_array() || found->empty()) return {};
    const auto& first = found->front();
    if (first.is_string()) return first.get<std::string>();
    if (!first.is_object() || !first.contains("id") || !first["id"].is_string()) return {};
    return first["id"].get<std::string>();
}

Result<std::string> installed_as(const std::string& id, const model::InstalledSet& set) {
    for (const auto& [bundle_id, bundle] : set.bundles)
        if (bundle_id.value() == id) return application_id(bundle.description);
    return model::fail(ErrorCode::internal, id + " was installed, and is not there any more");
}

}  // namespace

Result<std::string> added_application(const std::string& text, const model::InstalledSet& set,
                                      bool force) {
    const auto document = Json::parse(text, nullptr, false);
    if (document.is_object()) {
        if (const auto id = first_id(document, "installed"); !id.empty())
            return installed_as(id, set);
        if (const auto id = first_id(document, "unchanged"); !id.empty()) {
            TRY_ASSIGN(auto application, installed_as(id, set));
            if (force) return application;
            return model::fail(ErrorCode::conflict, application +
                                                        " is installed already; with \"force\" "
                                                        "that is no error");
        }
    }
    return model::fail(ErrorCode::internal, "the installation does not say what it installed");
}

std::string change_text(const char* operation, const std::string& id) {
    return print_json({{"operation", operation}, {"data", id}});
}

}  // namespace agent::afm
