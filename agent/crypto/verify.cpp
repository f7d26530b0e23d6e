// SPDX-License-Identifier: GPL-3.0-or-later
#include <openssl/err.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <new>

#include "agent/crypto/chain.hpp"
#include "agent/crypto/signature.hpp"
#include "agent/crypto/validity.hpp"

namespace agent::crypto {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

tl::unexpected<model::Error> untrusted(std::string message) {
    return fail(ErrorCode::untrusted, std::move(message));
}

Result<CmsPtr> parse_signature(std::string_view der) {
    const BioPtr bio = memory_bio(der);
    CmsPtr cms(d2i_CMS_bio(bio.get(), nullptr));
    ERR_clear_error();
    if (!cms || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed)
        return untrusted(
            "the signature is not a CMS signature in DER: the file is damaged, or "
            "was not made by `openssl cms -sign -binary -outform DER`");
    if (BIO_pending(bio.get()) != 0)
        return untrusted("there is something behind the signature's end: the file is damaged");
    if (CMS_is_detached(cms.get()) != 1)
        return untrusted(
            "the signature carries content of its own; it must be detached (no "
            "-nodetach)");
    return cms;
}

/// The one signer, with its certificate found among those that are carried and the anchors.
struct CmsSigner {
    CMS_SignerInfo* info = nullptr;
    X509* certificate = nullptr;
};

CertificateStackPtr stack_of(const Anchors& anchors) {
    CertificateStackPtr stack = certificate_stack();
    for (const auto& anchor : anchors.certificates)
        push_shared(stack.get(), anchor.certificate.get());
    return stack;
}

Result<CmsSigner> find_signer(CMS_ContentInfo* cms, STACK_OF(X509) * anchors) {
    STACK_OF(CMS_SignerInfo)* const infos = CMS_get0_SignerInfos(cms);
    const int count = infos == nullptr ? 0 : sk_CMS_SignerInfo_num(infos);
    if (count != 1)
        return untrusted("the signature has " + std::to_string(count) +
                         " signers; exactly one is accepted");
    CmsSigner signer{sk_CMS_SignerInfo_value(infos, 0), nullptr};
    CMS_set1_signers_certs(cms, anchors, 0);
    ERR_clear_error();
    CMS_SignerInfo_get0_algs(signer.info, nullptr, &signer.certificate, nullptr, nullptr);
    if (signer.certificate == nullptr)
        return untrusted(
            "the signature does not carry its signer's certificate, and no trust "
            "anchor is it: sign without -nocerts");
    return signer;
}

bool is_strong_digest(int nid) {
    constexpr std::array kStrong{NID_sha256,   NID_sha384,   NID_sha512,  NID_sha512_256,
                                 NID_sha3_256, NID_sha3_384, NID_sha3_512};
    return std::find(kStrong.begin(), kStrong.end(), nid) != kStrong.end();
}

Result<> check_digests(const CmsSigner& signer) {
    X509_ALGOR* digest = nullptr;
    X509_ALGOR* signature = nullptr;
    CMS_SignerInfo_get0_algs(signer.info, nullptr, nullptr, &digest, &signature);
    const int digest_nid = OBJ_obj2nid(digest->algorithm);
    // Some signature algorithms name a digest of their own (ecdsa-with-SHA1), others none.
    int implied_nid = NID_undef;
    OBJ_find_sigid_algs(OBJ_obj2nid(signature->algorithm), &implied_nid, nullptr);
    if (is_strong_digest(digest_nid) && (implied_nid == NID_undef || is_strong_digest(implied_nid)))
        return {};
    const char* const name = OBJ_nid2sn(is_strong_digest(digest_nid) ? implied_nid : digest_nid);
    return untrusted(std::string("the signature uses the digest ") +
                     (name != nullptr ? name : "(unknown)") +
                     ", which is not accepted: sign with SHA-256 or better (-md sha256)");
}

Result<> check_signature(CMS_ContentInfo* cms, const CmsSigner& signer, STACK_OF(X509) * anchors,
                         std::string_view content) {
    const BioPtr memory = memory_bio(content);
    // Of a BIO in memory CMS_verify(3) makes another one, which OpenSSL 3.0.19 leaks where it does
    // not know the digest; of a filter before it, it does not.
    const BioPtr data(BIO_new(BIO_f_null()));
    if (!data) throw std::bad_alloc();
    BIO_push(data.get(), memory.get());
    ERR_clear_error();
    if (CMS_verify(cms, anchors, nullptr, data.get(), nullptr,
                   CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1)
        return {};
    const unsigned long error = ERR_peek_last_error();
    const std::string reasons = take_errors();
    const std::string subject = subject_of(signer.certificate);
    const EVP_PKEY* const key = X509_get0_pubkey(signer.certificate);
    if (key != nullptr && (EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1))
        return untrusted("certificate " + subject +
                         " has an Ed25519 or Ed448 key, which this version of OpenSSL cannot use "
                         "in CMS: sign with an RSA or ECDSA key");
    if (ERR_GET_LIB(error) == ERR_LIB_CMS && ERR_GET_REASON(error) == CMS_R_CONTENT_VERIFY_ERROR)
        return untrusted("the content is not what " + subject + " signed (" + reasons +
                         "): the file was changed or damaged after it was signed");
    return untrusted("the signature by " + subject + " is wrong (" + reasons +
                     "): the file was changed or damaged after it was signed");
}

Result<> check_purposes(const Chain& chain) {
    X509* const signer = chain.certificates.front().get();
    if (const auto problem = code_signing_problem(signer))
        return untrusted("certificate " + subject_of(signer) + " " + *problem +
                         ": the bundle has to be signed with a code-signing certificate");
    for (std::size_t i = 1; i < chain.certificates.size(); ++i)
        if (!may_issue_code_signers(chain.certificates[i].get()))
            return untrusted("certificate " + subject_of(chain.certificates[i].get()) +
                             " may not issue code-signing certificates (its extended key usage "
                             "names other purposes only)");
    return {};
}

std::vector<std::string> clock_warnings(const ValidityClock& clock, const JudgingTime& when) {
    if (when.clock_is_good) return {};
    const auto now = std::chrono::floor<std::chrono::seconds>(clock.now);
    return {"the clock (" + text_of(now) + ") cannot be right, " + text_of(when.time) +
            " has passed: a certificate that expired since then is not noticed"};
}

}  // namespace

Result<Signer> verify_detached(std::string_view content, std::string_view signature,
                               const VerificationMaterial& material, const ValidityClock& clock) {
    TRY_ASSIGN(const Anchors anchors, parse_anchors(material));
    TRY_ASSIGN(const CmsPtr cms, parse_signature(signature));
    const CertificateStackPtr anchor_stack = stack_of(anchors);
    TRY_ASSIGN(const CmsSigner cms_signer, find_signer(cms.get(), anchor_stack.get()));
    TRY(check_digests(cms_signer));
    TRY(check_signature(cms.get(), cms_signer, anchor_stack.get(), content));

    const JudgingTime when = judging_time(clock);
    const CertificateStackPtr carried(CMS_get1_certs(cms.get()));
    TRY_ASSIGN(const Chain chain,
               build_chain(cms_signer.certificate, carried.get(), anchors, when));
    TRY(check_purposes(chain));
    TRY(check_validity(chain, when));
    std::vector<std::string> warnings = clock_warnings(clock, when);
    TRY(check_revocation(chain, anchors, when, warnings));
    return Signer{subject_of(cms_signer.certificate), fingerprint_of(cms_signer.certificate),
                  chain.anchor->text, fingerprint_of(chain.anchor->certificate.get()),
                  std::move(warnings)};
}

}  // namespace agent::crypto
