// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/crypto/validity.hpp"

#include <openssl/err.h>

namespace agent::crypto {

using model::ErrorCode;
using model::fail;
using model::Result;

Result<> check_validity(const Chain& chain, const JudgingTime& when) {
    for (const auto& certificate : chain.certificates) {
        const std::string subject = "certificate " + subject_of(certificate.get());
        const auto not_before = time_of(X509_get0_notBefore(certificate.get()));
        const auto not_after = time_of(X509_get0_notAfter(certificate.get()));
        if (!not_before || !not_after)
            return fail(ErrorCode::untrusted, subject + " has no readable validity");
        if (when.time > *not_after)
            return fail(ErrorCode::untrusted, subject + " expired on " + text_of(*not_after) +
                                                  ": the bundle has to be signed anew with a "
                                                  "certificate that is valid");
        if (when.clock_is_good && when.time < *not_before)
            return fail(ErrorCode::untrusted, subject + " is not yet valid, only from " +
                                                  text_of(*not_before) + " on, and it is " +
                                                  text_of(when.time) +
                                                  " now: look at this machine's clock");
    }
    return {};
}

namespace {

enum class CrlSignature { right, wrong, unknown };

/// The key that must have signed the lists of a certificate's issuer, where that issuer is known.
std::vector<const X509*> issuers_of(const Chain& chain, std::size_t index, const Anchors& anchors) {
    if (index + 1 < chain.certificates.size()) return {chain.certificates[index + 1].get()};
    std::vector<const X509*> issuers;
    const X509_NAME* const name = X509_get_issuer_name(chain.certificates[index].get());
    for (const auto& anchor : anchors.certificates)
        if (X509_NAME_cmp(X509_get_subject_name(anchor.certificate.get()), name) == 0)
            issuers.push_back(anchor.certificate.get());
    return issuers;
}

/// An anchor may be there without its issuer. Its lists count then as they are: whoever may put
/// files beside the anchors may also take the anchor away.
CrlSignature judge_signature(X509_CRL* crl, const std::vector<const X509*>& issuers) {
    if (issuers.empty()) return CrlSignature::unknown;
    for (const X509* issuer : issuers) {
        const bool right = X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
        ERR_clear_error();
        if (right) return CrlSignature::right;
    }
    return CrlSignature::wrong;
}

void warn_if_expired(const X509_CRL* crl, const JudgingTime& when,
                     std::vector<std::string>& warnings) {
    const auto next_update = time_of(X509_CRL_get0_nextUpdate(crl));
    if (next_update && *next_update < when.time)
        warnings.push_back("the revocation list of " + text_of(X509_CRL_get_issuer(crl)) +
                           " expired on " + text_of(*next_update) +
                           ": what it revokes stays revoked, but put a newer one into trust.d");
}

Result<> check_against(X509_CRL* crl, X509* certificate) {
    // 2 is removeFromCRL, which only a delta list has.
    X509_REVOKED* entry = nullptr;
    if (X509_CRL_get0_by_cert(crl, &entry, certificate) != 1) return {};
    return fail(ErrorCode::untrusted,
                "certificate " + subject_of(certificate) + " was revoked on " +
                    text_of(X509_REVOKED_get0_revocationDate(entry)) + " by its issuer " +
                    issuer_of(certificate) + ": the bundle has to be signed with another one");
}

}  // namespace

Result<> check_revocation(const Chain& chain, const Anchors& anchors, const JudgingTime& when,
                          std::vector<std::string>& warnings) {
    for (std::size_t i = 0; i < chain.certificates.size(); ++i) {
        X509* const certificate = chain.certificates[i].get();
        const auto issuers = issuers_of(chain, i, anchors);
        for (const auto& crl : anchors.crls) {
            if (X509_NAME_cmp(X509_CRL_get_issuer(crl.get()), X509_get_issuer_name(certificate)) !=
                0)
                continue;
            if (judge_signature(crl.get(), issuers) == CrlSignature::wrong) {
                warnings.push_back("a revocation list of " + issuer_of(certificate) +
                                   " is not signed by the key that issued " +
                                   subject_of(certificate) + ", and was passed over");
                continue;
            }
            TRY(check_against(crl.get(), certificate));
            warn_if_expired(crl.get(), when, warnings);
        }
    }
    return {};
}

}  // namespace agent::crypto
