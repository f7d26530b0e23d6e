// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/planning/set_digest.hpp"

#include <string>

#include "agent/crypto/sha256.hpp"

namespace agent::planning {

model::Sha256 set_digest(const model::InstalledSet& set) {
    std::string text;
    for (const auto& [id, bundle] : set.bundles)
        text += id.value() + " " + bundle.digest.hex() + "\n";
    return crypto::sha256(text);
}

}  // namespace agent::planning
