// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/crypto/certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

#include "agent/crypto/sha256.hpp"
#include "agent/crypto/signature.hpp"

namespace agent::crypto {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

/// One block of a PEM text, freed by libcrypto's own allocator.
struct PemBlock {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;

    PemBlock() = default;
    PemBlock(const PemBlock&) = delete;
    PemBlock& operator=(const PemBlock&) = delete;
    ~PemBlock() {
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
    }
};

bool at_end_of_pem() {
    const unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

Result<> add_block(const PemBlock& block, PemObjects& objects) {
    const std::string_view name = block.name;
    const unsigned char* cursor = block.data;
    if (name == PEM_STRING_X509 || name == PEM_STRING_X509_OLD) {
        CertificatePtr certificate(d2i_X509(nullptr, &cursor, block.size));
        if (!certificate)
            return fail(ErrorCode::invalid, "a certificate is damaged: " + take_errors());
        objects.certificates.push_back(std::move(certificate));
    } else if (name == PEM_STRING_X509_CRL) {
        CrlPtr crl(d2i_X509_CRL(nullptr, &cursor, block.size));
        if (!crl) return fail(ErrorCode::invalid, "a revocation list is damaged: " + take_errors());
        objects.crls.push_back(std::move(crl));
    }
    return {};
}

}  // namespace

Result<PemObjects> parse_pem(std::string_view text) {
    PemObjects objects;
    const BioPtr bio = memory_bio(text);
    for (;;) {
        PemBlock block;
        ERR_clear_error();
        if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.size) != 1) {
            if (!at_end_of_pem())
                return fail(ErrorCode::invalid, "a PEM block is damaged: " + take_errors());
            ERR_clear_error();
            return objects;
        }
        TRY(add_block(block, objects));
    }
}

Result<std::vector<CrlPtr>> parse_crls(std::string_view data) {
    constexpr unsigned char kDerSequence = 0x30;
    if (!data.empty() && static_cast<unsigned char>(data.front()) == kDerSequence) {
        const BioPtr bio = memory_bio(data);
        CrlPtr crl(d2i_X509_CRL_bio(bio.get(), nullptr));
        if (!crl) return fail(ErrorCode::invalid, "a revocation list is damaged: " + take_errors());
        std::vector<CrlPtr> crls;
        crls.push_back(std::move(crl));
        return crls;
    }
    TRY_ASSIGN(PemObjects objects, parse_pem(data));
    return std::move(objects.crls);
}

Result<std::vector<model::Sha256>> certificate_fingerprints(std::string_view pem) {
    TRY_ASSIGN(const PemObjects objects, parse_pem(pem));
    std::vector<model::Sha256> fingerprints;
    for (const auto& certificate : objects.certificates)
        fingerprints.push_back(fingerprint_of(certificate.get()));
    return fingerprints;
}

Result<std::size_t> count_crls(std::string_view data) {
    TRY_ASSIGN(const std::vector<CrlPtr> crls, parse_crls(data));
    return crls.size();
}

std::string text_of(const X509_NAME* name) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    constexpr unsigned long kFlags =
        XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
    if (!bio || X509_NAME_print_ex(bio.get(), name, 0, kFlags) < 0) return "(unreadable name)";
    const char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    if (size <= 0) return "(no name)";
    return {data, static_cast<std::size_t>(size)};
}

std::string subject_of(const X509* certificate) {
    return text_of(X509_get_subject_name(certificate));
}

std::string issuer_of(const X509* certificate) {
    return text_of(X509_get_issuer_name(certificate));
}

model::Sha256 fingerprint_of(const X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size <= 0) return {};
    Sha256Hasher hasher;
    hasher.update(std::as_bytes(std::span(der, static_cast<std::size_t>(size))));
    OPENSSL_free(der);
    return hasher.finish();
}

std::optional<std::chrono::sys_seconds> time_of(const ASN1_TIME* time) {
    using std::chrono::day, std::chrono::month, std::chrono::year;
    std::tm parts{};
    // Not timegm(): its time_t may have 32 bits, and "no expiry" is written as the year 9999.
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
    const auto date = year(parts.tm_year + 1900) / month(static_cast<unsigned>(parts.tm_mon + 1)) /
                      day(static_cast<unsigned>(parts.tm_mday));
    return std::chrono::sys_days(date) + std::chrono::hours(parts.tm_hour) +
           std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

std::string text_of(std::chrono::sys_seconds time) {
    const auto days = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(days);
    const std::chrono::hh_mm_ss clock(time - days);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d UTC",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::string text_of(const ASN1_TIME* time) {
    const auto seconds = time_of(time);
    return seconds ? text_of(*seconds) : "(not a time)";
}

std::optional<std::string> code_signing_problem(X509* certificate) {
    // UINT32_MAX means "no such extension": that is no restriction of the key usage, but it does
    // not name code signing either. anyExtendedKeyUsage is a flag of its own, and not enough.
    const std::uint32_t extended = X509_get_extended_key_usage(certificate);
    if (extended == UINT32_MAX || (extended & XKU_CODE_SIGN) == 0)
        return "is not for code signing (extended key usage codeSigning is missing)";
    const std::uint32_t usage = X509_get_key_usage(certificate);
    if (usage != UINT32_MAX && (usage & KU_DIGITAL_SIGNATURE) == 0)
        return "is not for signing (key usage digitalSignature is missing)";
    return std::nullopt;
}

bool may_issue_code_signers(X509* certificate) {
    const std::uint32_t extended = X509_get_extended_key_usage(certificate);
    return extended == UINT32_MAX || (extended & (XKU_CODE_SIGN | XKU_ANYEKU)) != 0;
}

}  // namespace agent::crypto
