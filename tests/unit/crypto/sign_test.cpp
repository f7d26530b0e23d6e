// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/crypto/verification.hpp"

using agent::crypto::sign_detached;
using agent::crypto::verify_detached;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::shared_pki;

namespace {

constexpr std::string_view kContent = "0123 4 bundle.toml\n";

std::string sign_as(const std::string& name, const std::string& chain = {}) {
    const auto& pki = shared_pki();
    const auto signature = sign_detached(kContent, pki.key(name), pki.pem(name), chain);
    REQUIRE(signature.has_value());
    return *signature;
}

}  // namespace

TEST_CASE("openssl cms verifies what we sign") {
    const auto& pki = shared_pki();
    tests::write_text(pki.dir() / "manifest", kContent);
    tests::write_text(pki.dir() / "manifest.sig", sign_as("signer", pki.pem("intermediate")));
    const std::string verify =
        "openssl cms -verify -purpose any -binary -inform DER -in manifest.sig -content manifest "
        "-CAfile root.pem -out verified";
    CHECK(tests::shell(pki.dir(), verify) == 0);
    CHECK(tests::read_text(pki.dir() / "verified") == kContent);
    tests::write_text(pki.dir() / "manifest", "something else");
    CHECK(tests::shell(pki.dir(), verify) != 0);
}

TEST_CASE("We verify what we sign, with RSA and with elliptic curves") {
    const auto& pki = shared_pki();
    const std::string kind =
        GENERATE(as<std::string>{}, "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
                 "-algorithm EC -pkeyopt ec_paramgen_curve:P-384");
    const std::string name = kind.find("RSA") != std::string::npos ? "rsa" : "p384";
    pki.issue(name, "root", "v3_sign", "20200101000000Z", tests::Pki::kFarEnd, kind);
    const auto signer =
        verify_detached(kContent, sign_as(name), {{pki.pem("root")}, {}}, tests::good_clock());
    REQUIRE(signer.has_value());
    CHECK(signer->subject == "CN=" + name + ",O=Tests");
}

TEST_CASE("The chain may stand in the certificate's own file") {
    const auto& pki = shared_pki();
    const auto signature =
        sign_detached(kContent, pki.key("signer"), pki.pem("signer") + pki.pem("intermediate"), {});
    REQUIRE(signature.has_value());
    CHECK(verify_detached(kContent, *signature, {{pki.pem("root")}, {}}, tests::good_clock()));
}

TEST_CASE("Signing is refused with a reason") {
    const auto& pki = shared_pki();
    const auto refused = [&](const std::string& key, const std::string& certificate,
                             std::initializer_list<std::string_view> parts,
                             const std::string& chain = {}) {
        check_fails(sign_detached(kContent, key, certificate, chain), ErrorCode::invalid, parts);
    };
    SECTION("a key of another certificate") {
        refused(pki.key("root"), pki.pem("signer"), {"does not belong", "CN=signer,O=Tests"});
    }
    SECTION("no key") {
        refused("", pki.pem("signer"), {"not a PEM private key"});
    }
    SECTION("a certificate in the key's place") {
        refused(pki.pem("signer"), pki.pem("signer"), {"not a PEM private key"});
    }
    SECTION("no certificate") {
        refused(pki.key("signer"), "", {"no PEM certificate"});
    }
    SECTION("a damaged certificate") {
        refused(pki.key("signer"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                {"damaged"});
    }
    SECTION("a damaged chain") {
        refused(pki.key("signer"), pki.pem("signer"), {"chain", "damaged"},
                "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
    }
    SECTION("a certificate that is not for code signing") {
        pki.issue("tls", "root", "v3_tls");
        refused(pki.key("tls"), pki.pem("tls"), {"CN=tls", "code signing", "codeSigning"});
    }
    SECTION("a key with a passphrase, without asking for it") {
        tests::must(pki.dir(),
                    "openssl pkey -in signer.key -aes256 -passout pass:secret -out locked.key");
        refused(pki.text("locked.key"), pki.pem("signer"), {"passphrase", "openssl"});
    }
    SECTION("an Ed25519 key") {
        pki.issue("edwards", "root", "v3_sign", "20200101000000Z", tests::Pki::kFarEnd,
                  "-algorithm ED25519");
        refused(pki.key("edwards"), pki.pem("edwards"), {"Ed25519", "RSA or ECDSA"});
    }
    SECTION("an RSA key of 1024 bits") {
        pki.issue("short", "root", "v3_sign", "20200101000000Z", tests::Pki::kFarEnd,
                  "-algorithm RSA -pkeyopt rsa_keygen_bits:1024");
        refused(pki.key("short"), pki.pem("short"), {"too short", "2048"});
    }
}
