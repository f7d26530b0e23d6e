// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "agent/bundle/reader.hpp"
#include "agent/bundle/trust.hpp"
#include "agent/operations/context.hpp"
#include "agent/planning/plan.hpp"

namespace agent::operations {

/// Bundle files that were opened, trusted, read and found without fault, in the order given.
struct OpenedBundles {
    std::vector<planning::Candidate> candidates;
    std::map<model::BundleId, bundle::BundleReader> readers;
    /// Signers, and what the admin should know, for the history.
    std::vector<std::string> notes;
};

/// Opens each file in the order of trust: signature, manifest, description, the anchor's limits.
/// All problems of all files come together.
[[nodiscard]] model::Result<OpenedBundles> open_bundles(
    const Context& context, const std::vector<bundle::BundleFile>& files);

/// The clock that certificates are judged by: now, not before the build date and the history.
[[nodiscard]] crypto::ValidityClock validity_clock(const Context& context);

/// Who signed the bundle, or ErrorCode::untrusted. An unsigned one is `std::nullopt` where the
/// configuration lets it in, which is a warning each time.
[[nodiscard]] model::Result<std::optional<bundle::TrustedSigner>> judge_signature(
    const Context& context, const bundle::TrustStore& trust, const bundle::BundleReader& reader,
    const std::filesystem::path& file);

[[nodiscard]] std::filesystem::path trust_directory(const Context& context);

}  // namespace agent::operations
