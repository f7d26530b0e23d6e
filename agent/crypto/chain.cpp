// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/crypto/chain.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <new>

namespace agent::crypto {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

using StorePtr = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

/// 112 bits: RSA and DH from 2048 bits on, no MD5, no SHA-1 (SSL_CTX_set_security_level(3)).
constexpr int kSecurityLevel = 2;
constexpr int kMaxDepth = 10;

std::chrono::sys_seconds seconds_of(SystemTime time) {
    return std::chrono::floor<std::chrono::seconds>(time);
}

/// Dates are compared by our own rules afterwards. libcrypto is still told the time, because it
/// prefers a valid certificate where an issuer has several of the same name and key.
int pass_over_dates(int ok, X509_STORE_CTX* context) {
    const int error = X509_STORE_CTX_get_error(context);
    if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) return 1;
    return ok;
}

StorePtr make_store(const Anchors& anchors) {
    StorePtr store(X509_STORE_new());
    if (!store) throw std::bad_alloc();
    for (const auto& anchor : anchors.certificates)
        X509_STORE_add_cert(store.get(), anchor.certificate.get());
    return store;
}

void set_parameters(X509_STORE_CTX* context, const JudgingTime& when) {
    X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY);
    X509_VERIFY_PARAM_set_auth_level(parameters, kSecurityLevel);
    X509_VERIFY_PARAM_set_depth(parameters, kMaxDepth);
    X509_VERIFY_PARAM_set_time(parameters,
                               static_cast<std::time_t>(when.time.time_since_epoch().count()));
    X509_STORE_CTX_set_verify_cb(context, pass_over_dates);
}

std::string reason_of(int error, const X509* certificate) {
    const std::string subject = "certificate " + subject_of(certificate);
    switch (error) {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_CERT_UNTRUSTED:
            return subject + " was issued by " + issuer_of(certificate) +
                   ", which is not trusted here: put that issuer's certificate into trust.d if it "
                   "is to be trusted";
        case X509_V_ERR_EE_KEY_TOO_SMALL:
        case X509_V_ERR_CA_KEY_TOO_SMALL:
            return subject +
                   " has a key that is too weak (RSA needs 2048 bits or more): its owner "
                   "has to get a new one";
        case X509_V_ERR_CA_MD_TOO_WEAK:
            return subject +
                   " was signed with a digest that is too weak (MD5 or SHA-1): its "
                   "issuer has to issue it anew";
        default:
            return subject + " cannot be trusted: " + X509_verify_cert_error_string(error);
    }
}

model::Error chain_error(X509_STORE_CTX* context, X509* signer) {
    const X509* const current = X509_STORE_CTX_get_current_cert(context);
    return {ErrorCode::untrusted,
            reason_of(X509_STORE_CTX_get_error(context), current != nullptr ? current : signer)};
}

const Anchors::Anchor* find_anchor(const Anchors& anchors, const X509* certificate) {
    const auto found = std::find_if(
        anchors.certificates.begin(), anchors.certificates.end(),
        [&](const auto& anchor) { return X509_cmp(anchor.certificate.get(), certificate) == 0; });
    return found == anchors.certificates.end() ? nullptr : &*found;
}

/// libcrypto goes on to a root where it knows one; the anchor next to the signer is the one that
/// was put there for it.
Chain cut_at_nearest_anchor(STACK_OF(X509) * verified, const Anchors& anchors) {
    Chain chain;
    for (int i = 0; i < sk_X509_num(verified) && chain.anchor == nullptr; ++i) {
        X509* const certificate = sk_X509_value(verified, i);
        X509_up_ref(certificate);
        chain.certificates.emplace_back(certificate);
        chain.anchor = find_anchor(anchors, certificate);
    }
    return chain;
}

}  // namespace

Result<Anchors> parse_anchors(const VerificationMaterial& material) {
    Anchors anchors;
    for (std::size_t i = 0; i < material.anchors.size(); ++i) {
        TRY_ASSIGN(PemObjects objects, parse_pem(material.anchors[i]));
        for (auto& certificate : objects.certificates)
            anchors.certificates.push_back({std::move(certificate), i});
        std::move(objects.crls.begin(), objects.crls.end(), std::back_inserter(anchors.crls));
    }
    for (const auto& data : material.crls) {
        TRY_ASSIGN(std::vector<CrlPtr> crls, parse_crls(data));
        std::move(crls.begin(), crls.end(), std::back_inserter(anchors.crls));
    }
    return anchors;
}

JudgingTime judging_time(const ValidityClock& clock) {
    if (clock.now < clock.floor) return {seconds_of(clock.floor), false};
    return {seconds_of(clock.now), true};
}

Result<Chain> build_chain(X509* signer, STACK_OF(X509) * carried, const Anchors& anchors,
                          const JudgingTime& when) {
    const StorePtr store = make_store(anchors);
    const StoreContextPtr context(X509_STORE_CTX_new());
    if (!context || X509_STORE_CTX_init(context.get(), store.get(), signer, carried) != 1)
        return fail(ErrorCode::internal, "cannot judge a certificate: " + take_errors());
    set_parameters(context.get(), when);
    const bool verified = X509_verify_cert(context.get()) == 1;
    ERR_clear_error();
    if (!verified) return fail(chain_error(context.get(), signer));

    Chain chain = cut_at_nearest_anchor(X509_STORE_CTX_get0_chain(context.get()), anchors);
    if (chain.anchor == nullptr)
        return fail(ErrorCode::untrusted, reason_of(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, signer));
    return chain;
}

}  // namespace agent::crypto
