// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <variant>

#include "agent/model/installed_set.hpp"

namespace agent::operations {

/// A bundle or a container of the installed set, as a person named it.
using Subject = std::variant<model::BundleId, model::ContainerName>;

/// `bundle:NAME` and `container:NAME` say which; a plain name that is both is ErrorCode::usage, one
/// that is neither is ErrorCode::not_found.
[[nodiscard]] model::Result<Subject> resolve(const model::InstalledSet& set, std::string_view name);

/// The services of a bundle, or the one of a container.
[[nodiscard]] std::vector<std::string> services_of(const model::InstalledSet& set,
                                                   const Subject& subject);

}  // namespace agent::operations
