// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/crypto/signature.hpp"
#include "agent/model/description.hpp"

namespace agent::bundle {

/// One file of trust.d: certificates, and which bundles they may sign.
struct TrustAnchor {
    /// File name without `.pem`.
    std::string name;
    std::string pem;
    /// SHA-256 of each certificate (DER) in it.
    std::vector<model::Sha256> certificates;
    /// Shell patterns of bundle ids; empty for any.
    std::vector<std::string> ids;
    /// Empty for any.
    std::vector<model::BundleType> types;
};

/// The anchors, limits and revocation lists below one directory (`*.pem`, `*.toml`, `*.crl`).
struct TrustStore {
    /// Where it was read from, for error texts.
    std::filesystem::path directory;
    std::vector<TrustAnchor> anchors;
    std::vector<std::string> crls;

    /// A directory that is not there is an empty store. A `.toml` that has problems or no `.pem`
    /// beside it, a `.pem` that holds no certificate: ErrorCode::invalid with the file.
    [[nodiscard]] static model::Result<TrustStore> load(const std::filesystem::path& directory);
};

/// The judgement on a signature: who signed, and by which anchor's leave.
struct TrustedSigner {
    crypto::Signer signer;
    std::string anchor_name;
};

/// Verifies the signature over the manifest's bytes. ErrorCode::untrusted with what to do.
[[nodiscard]] model::Result<TrustedSigner> verify_manifest(const TrustStore& store,
                                                           std::string_view manifest,
                                                           std::string_view signature,
                                                           const crypto::ValidityClock& clock);

/// Whether the anchor that verified may sign this bundle; ErrorCode::untrusted says what it may.
/// A certificate that several files hold may sign what any of them lets it.
[[nodiscard]] model::Result<> check_limits(const TrustStore& store, const TrustedSigner& signer,
                                           const model::Description& description);

}  // namespace agent::bundle
