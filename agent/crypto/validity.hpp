// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/crypto/chain.hpp"

namespace agent::crypto {

/// ErrorCode::untrusted where a certificate of the chain, the anchor included, is not valid at
/// that time. Both ends of a validity belong to it (RFC 5280, 4.1.2.5).
[[nodiscard]] model::Result<> check_validity(const Chain& chain, const JudgingTime& when);

/// ErrorCode::untrusted where a revocation list names a certificate of the chain; whatever else is
/// the matter with a list that concerns the chain is added to `warnings`.
[[nodiscard]] model::Result<> check_revocation(const Chain& chain, const Anchors& anchors,
                                               const JudgingTime& when,
                                               std::vector<std::string>& warnings);

}  // namespace agent::crypto
