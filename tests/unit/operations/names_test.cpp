// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/names.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

using namespace agent;

TEST_CASE("A name is a bundle or a container, and says which where it is both") {
    using namespace example;
    const auto set = installed_from({candidate(described("base", "1.0.0", {"broker", "both"})),
                                     candidate(described("both", "1.0.0", {"panel"}))});
    struct Case {
        const char* text;
        std::optional<model::ErrorCode> error;
        bool is_bundle = false;
        std::vector<std::string> services = {};
    };
    using model::ErrorCode;
    const std::vector<Case> cases = {
        {"base", {}, true, {"broker.service", "both.service"}},
        {"broker", {}, false, {"broker.service"}},
        {"bundle:base", {}, true, {"broker.service", "both.service"}},
        {"container:broker", {}, false, {"broker.service"}},
        {"both", ErrorCode::usage},
        {"bundle:both", {}, true, {"panel.service"}},
        {"container:both", {}, false, {"both.service"}},
        {"container:base", ErrorCode::not_found},
        {"bundle:broker", ErrorCode::not_found},
        {"ghost", ErrorCode::not_found},
        {"", ErrorCode::not_found},
        {"bundle:", ErrorCode::not_found},
        {"broker.service", ErrorCode::not_found},
        {"../etc", ErrorCode::not_found},
    };
    for (const auto& each : cases) {
        INFO(each.text);
        const auto subject = operations::resolve(set, each.text);
        REQUIRE(subject.has_value() == !each.error.has_value());
        if (each.error) {
            CHECK(subject.error().code() == *each.error);
            continue;
        }
        CHECK(std::holds_alternative<model::BundleId>(*subject) == each.is_bundle);
        CHECK(operations::services_of(set, *subject) == each.services);
    }
}
