// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/containers/placement.hpp"
#include "agent/model/description.hpp"
#include "agent/model/installed_set.hpp"

namespace agent::containers {

inline constexpr std::string_view kBundleLabel = "update-agent.bundle";
inline constexpr std::string_view kContainerLabel = "update-agent.container";
/// In the place of kContainerLabel: what is stopped, listed and collected by that is a service.
inline constexpr std::string_view kInitLabel = "update-agent.init";
inline constexpr std::string_view kSpecLabel = "update-agent.spec";
/// Says `mounted` where the image is not in the engine's own store.
inline constexpr std::string_view kImageLabel = "update-agent.image";

/// How one container is created: its names and digest, and the arguments after `podman create`.
struct CreateSpec {
    model::InstalledContainer container;
    std::vector<std::string> arguments;
    bool operator==(const CreateSpec&) const = default;
};

/// The one function that turns a description's container into create arguments. The container's
/// image id must be known. The digest covers every argument but the name and the spec label.
[[nodiscard]] CreateSpec make_create_spec(const model::BundleId& bundle,
                                          const model::Container& container,
                                          const Placement& placement = {});

/// The same for an init container.
[[nodiscard]] CreateSpec make_init_spec(const model::BundleId& bundle,
                                        const model::Container& container,
                                        const Placement& placement = {});

/// Text of generations/<n>/containers/<name>: versioned JSON.
[[nodiscard]] std::string to_text(const CreateSpec& spec);
/// ErrorCode::invalid for another format number or damaged text.
[[nodiscard]] model::Result<CreateSpec> parse_create_spec(std::string_view text);

}  // namespace agent::containers
