// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "agent/crypto/certificate.hpp"
#include "agent/crypto/signature.hpp"

namespace agent::crypto {

/// The anchors' certificates, with the text each came from, and every revocation list.
struct Anchors {
    struct Anchor {
        CertificatePtr certificate;
        /// Index into VerificationMaterial::anchors.
        std::size_t text = 0;
    };
    std::vector<Anchor> certificates;
    std::vector<CrlPtr> crls;
};

/// ErrorCode::invalid where a text is damaged.
[[nodiscard]] model::Result<Anchors> parse_anchors(const VerificationMaterial& material);

/// A verified chain: the signer's certificate first, the anchor last (they may be the same).
struct Chain {
    std::vector<CertificatePtr> certificates;
    const Anchors::Anchor* anchor = nullptr;
};

/// What validity is compared with, derived from a ValidityClock.
struct JudgingTime {
    std::chrono::sys_seconds time;
    /// False when the clock is before the floor: then `time` is the floor, and only a lower bound.
    bool clock_is_good = true;
};
[[nodiscard]] JudgingTime judging_time(const ValidityClock& clock);

/// Builds a chain from `signer` to the nearest anchor, by way of `carried` certificates, and checks
/// signatures, CA flags, path lengths and key strengths; neither dates nor revocation.
[[nodiscard]] model::Result<Chain> build_chain(X509* signer, STACK_OF(X509) * carried,
                                               const Anchors& anchors, const JudgingTime& when);

}  // namespace agent::crypto
