// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/units/pause.hpp"

#include "agent/model/unit_name.hpp"

namespace agent::units {
namespace {

constexpr model::Span kStartLimitInterval = std::chrono::seconds(60);

/// As sleep(1) takes it.
std::string whole_seconds(model::Span span) {
    if (span == model::Span::max()) return "infinity";
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(span).count());
}

/// Whether the service restarts whenever it fails, until the start limit ends that.
bool restarts_after_failure(const std::string& restart) {
    return restart == "always" || restart == "on-failure";
}

}  // namespace

model::Span start_limit_interval(const model::Container& container) {
    return container.start_limit_interval.value_or(kStartLimitInterval);
}

std::optional<std::string> pause_unit(const model::Container& container) {
    const auto interval = start_limit_interval(container);
    if (interval == model::Span::zero() || !restarts_after_failure(container.restart))
        return std::nullopt;
    return std::string(model::kPausePrefix) + container.name.value() + ":" +
           whole_seconds(interval) + ".service";
}

}  // namespace agent::units
