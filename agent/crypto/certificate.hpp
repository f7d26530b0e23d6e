// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/crypto/openssl.hpp"
#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::crypto {

/// What a PEM text holds, as far as verification needs it; keys and other blocks are passed over.
struct PemObjects {
    std::vector<CertificatePtr> certificates;
    std::vector<CrlPtr> crls;
};

/// ErrorCode::invalid where a block is damaged.
[[nodiscard]] model::Result<PemObjects> parse_pem(std::string_view text);
/// One list in DER, or the lists of a PEM text.
[[nodiscard]] model::Result<std::vector<CrlPtr>> parse_crls(std::string_view data);

/// RFC 2253, but for letters beyond ASCII, which stay readable.
[[nodiscard]] std::string text_of(const X509_NAME* name);
[[nodiscard]] std::string subject_of(const X509* certificate);
[[nodiscard]] std::string issuer_of(const X509* certificate);
[[nodiscard]] model::Sha256 fingerprint_of(const X509* certificate);

/// Nothing where the time is not one, so that whoever compares has to refuse.
[[nodiscard]] std::optional<std::chrono::sys_seconds> time_of(const ASN1_TIME* time);
/// "2024-02-29 12:00:00 UTC".
[[nodiscard]] std::string text_of(std::chrono::sys_seconds time);
[[nodiscard]] std::string text_of(const ASN1_TIME* time);

/// Why a certificate may not sign bundles, or nothing: it needs the extended key usage code
/// signing by name, and digitalSignature where it has a key usage at all.
[[nodiscard]] std::optional<std::string> code_signing_problem(X509* certificate);
/// Whether a CA certificate's extended key usage, where it has one, leaves room for code signing.
[[nodiscard]] bool may_issue_code_signers(X509* certificate);

}  // namespace agent::crypto
