// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::crypto {

using SystemTime = std::chrono::system_clock::time_point;

/// What validity is judged by. A clock before the floor cannot judge: then `notAfter` is compared
/// with the floor and `notBefore` is not looked at.
struct ValidityClock {
    SystemTime now;
    SystemTime floor;
};

/// PEM texts of certificates (each text may hold several, and revocation lists too), and revocation
/// lists in PEM or DER.
struct VerificationMaterial {
    std::vector<std::string> anchors;
    std::vector<std::string> crls;
};

/// Who signed, as far as trust needs it.
struct Signer {
    /// Subject of the signer's certificate, RFC 2253.
    std::string subject;
    /// SHA-256 of the signer's certificate (DER).
    model::Sha256 fingerprint;
    /// Index into VerificationMaterial::anchors, and SHA-256 of the anchor's certificate, that the
    /// chain ends in.
    std::size_t anchor = 0;
    model::Sha256 anchor_fingerprint;
    /// Such as an expired revocation list, or a clock that cannot judge validity.
    std::vector<std::string> warnings;
};

/// Verifies a detached CMS signature (DER) over `content`: digest, signature, chain to one of the
/// anchors, extended key usage code signing, validity, revocation. ErrorCode::untrusted with the
/// certificate and the reason otherwise.
[[nodiscard]] model::Result<Signer> verify_detached(std::string_view content,
                                                    std::string_view signature,
                                                    const VerificationMaterial& material,
                                                    const ValidityClock& clock);

/// SHA-256 of every certificate (DER) of a PEM text; ErrorCode::invalid where a block is damaged.
[[nodiscard]] model::Result<std::vector<model::Sha256>> certificate_fingerprints(
    std::string_view pem);
/// How many revocation lists a PEM or DER text holds; ErrorCode::invalid where one is damaged.
[[nodiscard]] model::Result<std::size_t> count_crls(std::string_view data);

/// Signs `content` with the private key (PEM) of the certificate (PEM); the chain's certificates
/// are carried along. Detached CMS in DER. ErrorCode::invalid where key and certificate do not
/// match, or the certificate is not for code signing.
[[nodiscard]] model::Result<std::string> sign_detached(std::string_view content,
                                                       std::string_view key_pem,
                                                       std::string_view certificate_pem,
                                                       std::string_view chain_pem);

}  // namespace agent::crypto
