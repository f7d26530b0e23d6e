// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace agent::crypto {

/// Lets a std::unique_ptr own an object of libcrypto.
template <auto Free>
struct Freed {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};

struct FreedCertificateStack {
    void operator()(STACK_OF(X509) * stack) const;
};

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free>>;
using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using CertificateStackPtr = std::unique_ptr<STACK_OF(X509), FreedCertificateStack>;
using CmsPtr = std::unique_ptr<CMS_ContentInfo, Freed<CMS_ContentInfo_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, Freed<X509_CRL_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

/// A BIO that reads `data`, which must outlive it and be smaller than 2 GiB.
[[nodiscard]] BioPtr memory_bio(std::string_view data);

/// A stack that shares ownership of what is pushed on it.
[[nodiscard]] CertificateStackPtr certificate_stack();
void push_shared(STACK_OF(X509) * stack, X509* certificate);

/// The reasons in libcrypto's error queue, joined by "; ". The queue is empty afterwards.
[[nodiscard]] std::string take_errors();

}  // namespace agent::crypto
