// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/effects.hpp"

namespace agent::operations {

/// Asks a registry that does not answer again, after a pause that grows; cancelling ends that. An
/// image with another id than the description's is removed again: ErrorCode::invalid.
[[nodiscard]] model::Result<> pull_image(const PullImage& effect, World& world);
[[nodiscard]] model::Result<> undo_pull_image(const PullImage& effect, World& world);

/// podman gives nobody a name with a digest, which is all that images of registries have.
[[nodiscard]] bool can_be_named(const model::Description& bundle);

/// The effect that brings in an image that the store lacks: from its kept bundle, or its registry.
[[nodiscard]] Effect bring(const model::Description& bundle, const model::Sha256& id,
                           const std::string& name,
                           const std::optional<model::Sha256>& named_before);

}  // namespace agent::operations
