// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/crypto/openssl.hpp"

#include <openssl/err.h>

#include <cassert>
#include <climits>
#include <new>

namespace agent::crypto {

void FreedCertificateStack::operator()(STACK_OF(X509) * stack) const {
    sk_X509_pop_free(stack, X509_free);
}

BioPtr memory_bio(std::string_view data) {
    assert(data.size() < INT_MAX);
    const char* const start = data.empty() ? "" : data.data();
    BioPtr bio(BIO_new_mem_buf(start, static_cast<int>(data.size())));
    if (!bio) throw std::bad_alloc();
    return bio;
}

CertificateStackPtr certificate_stack() {
    CertificateStackPtr stack(sk_X509_new_null());
    if (!stack) throw std::bad_alloc();
    return stack;
}

void push_shared(STACK_OF(X509) * stack, X509* certificate) {
    if (sk_X509_push(stack, certificate) == 0) throw std::bad_alloc();
    X509_up_ref(certificate);
}

std::string take_errors() {
    std::string text;
    while (const unsigned long error = ERR_get_error()) {
        const char* reason = ERR_reason_error_string(error);
        if (!text.empty()) text += "; ";
        text += reason != nullptr ? reason : "error " + std::to_string(error);
    }
    return text.empty() ? "no reason given" : text;
}

}  // namespace agent::crypto
