// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/model/description.hpp"

namespace agent::model {

/// An image that a bundle needs on the machine, whatever for.
struct NeededImage {
    std::string name;
    /// Known in every bundle that is installed.
    std::optional<Sha256> id;
    /// Whose it is in the description, for messages: "init-containers[1]".
    std::string key;
    bool operator==(const NeededImage&) const = default;
};

/// The images of containers, init containers and file providers, in this order; one that several
/// of them have comes as often.
[[nodiscard]] std::vector<NeededImage> images_of(const Description& description);

}  // namespace agent::model
