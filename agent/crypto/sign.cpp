// SPDX-License-Identifier: GPL-3.0-or-later
#include <openssl/err.h>
#include <openssl/pem.h>

#include <optional>

#include "agent/crypto/certificate.hpp"
#include "agent/crypto/signature.hpp"

namespace agent::crypto {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

/// RSA with 2048 bits and P-224 have 112 bits; it is what verification asks for.
constexpr int kMinSecurityBits = 112;

/// Nobody may be at the terminal, and a prompt in a build would hang it.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

Result<KeyPtr> parse_key(std::string_view pem) {
    bool asked = false;
    const BioPtr bio = memory_bio(pem);
    KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &asked));
    if (key) return key;
    const std::string reason = take_errors();
    if (asked)
        return fail(ErrorCode::invalid,
                    "the private key is protected by a passphrase: give a key without one "
                    "(openssl pkey -in KEY -out PLAIN), or sign with openssl cms");
    return fail(ErrorCode::invalid, "the private key is not a PEM private key: " + reason);
}

Result<> check_key(const EVP_PKEY* key, X509* certificate) {
    const std::string subject = subject_of(certificate);
    if (X509_check_private_key(certificate, key) != 1) {
        ERR_clear_error();
        return fail(ErrorCode::invalid,
                    "the private key does not belong to the certificate " + subject);
    }
    if (EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1)
        return fail(ErrorCode::invalid,
                    "the key of certificate " + subject +
                        " is an Ed25519 or Ed448 key, which OpenSSL 3.0 cannot use in CMS: use an "
                        "RSA or ECDSA key");
    if (EVP_PKEY_get_security_bits(key) < kMinSecurityBits)
        return fail(ErrorCode::invalid, "the key of certificate " + subject +
                                            " is too short: use RSA with 2048 bits or more, or "
                                            "ECDSA");
    if (const auto problem = code_signing_problem(certificate))
        return fail(ErrorCode::invalid, "certificate " + subject + " " + *problem +
                                            ": issue one with extendedKeyUsage = codeSigning");
    return {};
}

/// The signer's certificate first; what else `certificate_pem` holds goes with the chain.
Result<PemObjects> parse_certificates(std::string_view certificate_pem,
                                      std::string_view chain_pem) {
    auto own = parse_pem(certificate_pem);
    if (!own) return fail(own.error().with_context("the certificate"));
    if (own->certificates.empty())
        return fail(ErrorCode::invalid, "the certificate: there is no PEM certificate in it");
    auto chain = parse_pem(chain_pem);
    if (!chain) return fail(chain.error().with_context("the certificate chain"));
    for (auto& certificate : chain->certificates)
        own->certificates.push_back(std::move(certificate));
    return std::move(*own);
}

Result<std::string> to_der(CMS_ContentInfo* cms) {
    unsigned char* der = nullptr;
    const int size = i2d_CMS_ContentInfo(cms, &der);
    if (size <= 0) return fail(ErrorCode::internal, "cannot encode a signature: " + take_errors());
    std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return text;
}

}  // namespace

Result<std::string> sign_detached(std::string_view content, std::string_view key_pem,
                                  std::string_view certificate_pem, std::string_view chain_pem) {
    TRY_ASSIGN(const KeyPtr key, parse_key(key_pem));
    TRY_ASSIGN(const PemObjects certificates, parse_certificates(certificate_pem, chain_pem));
    X509* const signer = certificates.certificates.front().get();
    TRY(check_key(key.get(), signer));
    const CertificateStackPtr chain = certificate_stack();
    for (std::size_t i = 1; i < certificates.certificates.size(); ++i)
        push_shared(chain.get(), certificates.certificates[i].get());

    constexpr unsigned kFlags = CMS_BINARY | CMS_DETACHED | CMS_NOSMIMECAP;
    const BioPtr data = memory_bio(content);
    // The signer is added apart, because CMS_sign() leaves the digest to the key's default.
    const CmsPtr cms(CMS_sign(nullptr, nullptr, chain.get(), nullptr, kFlags | CMS_PARTIAL));
    if (!cms || CMS_add1_signer(cms.get(), signer, key.get(), EVP_sha256(), kFlags) == nullptr ||
        CMS_final(cms.get(), data.get(), nullptr, kFlags) != 1)
        return fail(ErrorCode::internal,
                    "cannot sign with certificate " + subject_of(signer) + ": " + take_errors());
    return to_der(cms.get());
}

}  // namespace agent::crypto
