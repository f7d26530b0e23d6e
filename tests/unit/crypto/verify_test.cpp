// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/crypto/verification.hpp"

using agent::crypto::VerificationMaterial;
using agent::crypto::verify_detached;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::check_untrusted;
using tests::good_clock;
using tests::shared_pki;

namespace {

constexpr std::string_view kContent = "0123 4 bundle.toml\n";

std::string signed_by(const std::string& name, const std::string& options = {}) {
    return shared_pki().openssl_sign(kContent, name, options);
}

VerificationMaterial anchored_at(const std::string& name) {
    return {{shared_pki().pem(name)}, {}};
}

auto verify(std::string_view signature, const VerificationMaterial& material) {
    return verify_detached(kContent, signature, material, good_clock());
}

}  // namespace

TEST_CASE("We verify what openssl cms signed") {
    const std::string options = GENERATE(
        as<std::string>{}, "-certfile intermediate.pem", "-certfile intermediate.pem -noattr",
        "-certfile intermediate.pem -md sha512", "-certfile intermediate.pem -keyid");
    INFO("options: " << options);
    const auto signer = verify(signed_by("signer", options), anchored_at("root"));
    REQUIRE(signer.has_value());
    CHECK(signer->subject == "CN=signer,O=Tests");
    CHECK(signer->anchor == 0);
    CHECK(signer->warnings.empty());
}

TEST_CASE("RSA-PSS signatures are verified") {
    const auto& pki = shared_pki();
    pki.issue("pss", "root", "v3_sign", "20200101000000Z", tests::Pki::kFarEnd,
              "-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
    CHECK(verify(signed_by("pss", "-keyopt rsa_padding_mode:pss"), anchored_at("root")));
}

TEST_CASE("Fingerprints are those that openssl prints") {
    const auto& pki = shared_pki();
    const auto signer =
        verify(signed_by("signer", "-certfile intermediate.pem"), anchored_at("root"));
    REQUIRE(signer.has_value());
    for (const auto& [name, fingerprint] : {std::pair("signer", signer->fingerprint),
                                            std::pair("root", signer->anchor_fingerprint)}) {
        const std::string command = std::string("openssl x509 -outform DER -in ") + name +
                                    ".pem | sha256sum | cut -c1-64 | tr -d '\\n' >fingerprint";
        tests::must(pki.dir(), command);
        CHECK(fingerprint.hex() == pki.text("fingerprint"));
    }
}

TEST_CASE("A chain ends in the anchor that is nearest to the signer") {
    const auto& pki = shared_pki();
    const std::string signature = signed_by("signer", "-certfile intermediate.pem");
    struct Case {
        const char* what;
        std::vector<std::string> anchors;
        std::size_t expected;
    };
    const Case cases[] = {
        {"the root alone", {pki.pem("root")}, 0},
        {"the intermediate alone", {pki.pem("intermediate")}, 0},
        {"the signer itself alone", {pki.pem("signer")}, 0},
        {"the intermediate rather than the root", {pki.pem("root"), pki.pem("intermediate")}, 1},
        {"the signer rather than both",
         {pki.pem("intermediate"), pki.pem("root"), pki.pem("signer")},
         2},
        {"the second certificate of a text",
         {pki.pem("other"), pki.pem("other") + pki.pem("root")},
         1},
    };
    for (const auto& [what, anchors, expected] : cases) {
        INFO(what);
        const auto signer = verify(signature, {anchors, {}});
        REQUIRE(signer.has_value());
        CHECK(signer->anchor == expected);
    }
}

TEST_CASE("A signer's certificate that is an anchor need not be carried") {
    const std::string signature = signed_by("signer", "-nocerts");
    CHECK(verify(signature, anchored_at("signer")));
    check_untrusted(verify(signature, anchored_at("root")), {"-nocerts"});
}

TEST_CASE("A self-signed code-signing certificate can be an anchor") {
    const auto& pki = shared_pki();
    pki.self_sign("alone", "v3_sign");
    CHECK(verify(signed_by("alone"), anchored_at("alone")));
    check_untrusted(verify(signed_by("alone"), anchored_at("root")),
                    {"CN=alone,O=Tests", "not trusted here", "trust.d"});
}

TEST_CASE("Two certificates of one name and key: the valid one is found") {
    const auto& pki = shared_pki();
    pki.add_authority("renewed");
    pki.issue("renewed", "root", "v3_ca", "20200101000000Z", "20210101000000Z");
    pki.issue("by-renewed", "renewed", "v3_sign");
    tests::must(pki.dir(), "cp renewed.pem renewed-old.pem");
    pki.issue("renewed", "root", "v3_ca");
    for (const std::string order : {"renewed.pem renewed-old.pem", "renewed-old.pem renewed.pem"}) {
        tests::must(pki.dir(), "cat " + order + " >both.pem");
        CHECK(verify(signed_by("by-renewed", "-certfile both.pem"), anchored_at("root")));
        CHECK(verify(signed_by("by-renewed"), anchored_at("both")));
    }
}

TEST_CASE("A signature is refused with the certificate and the reason") {
    const auto& pki = shared_pki();
    const auto refused = [](const std::string& signature, const std::string& anchor,
                            std::initializer_list<std::string_view> parts) {
        check_untrusted(verify(signature, anchored_at(anchor)), parts);
    };
    const auto refused_purpose = [&](const std::string& extensions, std::string_view part) {
        pki.issue(extensions, "root", extensions);
        refused(signed_by(extensions), "root", {"CN=" + extensions, part});
    };
    SECTION("an unknown issuer") {
        refused(signed_by("signer", "-certfile intermediate.pem"), "other",
                {"CN=root,O=Tests", "not trusted here", "trust.d"});
    }
    SECTION("an issuer that is not carried") {
        refused(signed_by("signer"), "root",
                {"certificate CN=signer,O=Tests was issued by CN=intermediate,O=Tests"});
    }
    SECTION("no anchors") {
        check_untrusted(verify(signed_by("signer"), {}), {"CN=signer", "not trusted here"});
    }
    SECTION("other content") {
        check_untrusted(verify_detached("other\n", signed_by("signer"), anchored_at("intermediate"),
                                        good_clock()),
                        {"content is not what CN=signer,O=Tests signed"});
    }
    SECTION("other content, without signed attributes") {
        check_untrusted(verify_detached("other\n", signed_by("signer", "-noattr"),
                                        anchored_at("intermediate"), good_clock()),
                        {"CN=signer,O=Tests", "changed or damaged"});
    }
    SECTION("no key usage but code signing is fine") {
        pki.issue("v3_no_ku", "root", "v3_no_ku");
        CHECK(verify(signed_by("v3_no_ku"), anchored_at("root")));
    }
    SECTION("a key usage without signing") {
        refused_purpose("v3_wrong_ku", "digitalSignature");
    }
    SECTION("any extended key usage") {
        refused_purpose("v3_any_eku", "code signing");
    }
    SECTION("another extended key usage") {
        refused_purpose("v3_tls", "code signing");
    }
    SECTION("no extended key usage") {
        refused_purpose("v3_no_eku", "code signing");
    }
    SECTION("an intermediate for other purposes") {
        pki.add_authority("tls-ca");
        pki.issue("tls-ca", "root", "v3_ca_tls_only");
        pki.issue("by-tls-ca", "tls-ca", "v3_sign");
        refused(signed_by("by-tls-ca", "-certfile tls-ca.pem"), "root",
                {"CN=tls-ca", "may not issue code-signing certificates"});
    }
    SECTION("an issuer that is no authority") {
        pki.add_authority("signer");
        pki.issue("by-signer", "signer", "v3_sign");
        refused(signed_by("by-signer", "-certfile signer.pem -certfile intermediate.pem"), "root",
                {"CN=by-signer,O=Tests was issued by CN=signer,O=Tests", "not trusted here"});
    }
    SECTION("two signers") {
        refused(signed_by("signer", "-signer root.pem -inkey root.key"), "root", {"2 signers"});
    }
    SECTION("SHA-1 in the signature") {
        refused(signed_by("signer", "-md sha1"), "intermediate", {"SHA1", "SHA-256"});
    }
    SECTION("SHA-1 in a certificate") {
        pki.issue("sha1", "root", "v3_sign", "20200101000000Z", tests::Pki::kFarEnd,
                  tests::Pki::kEcKey, "sha1");
        refused(signed_by("sha1"), "root", {"CN=sha1", "too weak", "SHA-1"});
    }
    SECTION("RSA with 1024 bits") {
        pki.issue("rsa1024", "root", "v3_sign", "20200101000000Z", tests::Pki::kFarEnd,
                  "-algorithm RSA -pkeyopt rsa_keygen_bits:1024");
        refused(signed_by("rsa1024"), "root", {"CN=rsa1024", "too weak", "2048"});
    }
    SECTION("content inside the signature") {
        refused(signed_by("signer", "-nodetach"), "intermediate", {"detached"});
    }
    SECTION("PEM instead of DER") {
        refused(signed_by("signer", "-outform PEM"), "intermediate", {"DER"});
    }
    SECTION("something behind it") {
        refused(signed_by("signer") + "x", "intermediate", {"behind"});
    }
}

TEST_CASE("A signature that is cut or changed anywhere is refused, never crashes") {
    const std::string whole = signed_by("signer");
    const auto material = anchored_at("intermediate");
    REQUIRE(verify(whole, material));
    for (std::size_t size = 0; size < whole.size(); size += 7)
        check_untrusted(verify(whole.substr(0, size), material), {});
    for (std::size_t i = 0; i < whole.size(); i += 5) {
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ 0x41);
        const auto result = verify(changed, material);
        // Some bytes, such as those of an unused certificate's own signature, prove nothing.
        if (!result) CHECK(result.error().code() == ErrorCode::untrusted);
    }
}

TEST_CASE("Damaged trust anchors are an error of their own, not of the signature") {
    const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    check_fails(verify(signed_by("signer"), {{broken}, {}}), ErrorCode::invalid, {"certificate"});
    check_fails(agent::crypto::certificate_fingerprints(broken), ErrorCode::invalid, {"damaged"});
    check_fails(agent::crypto::count_crls("0000"), ErrorCode::invalid, {"revocation list"});
}

TEST_CASE("Text round PEM blocks and keys among them are passed over") {
    const auto& pki = shared_pki();
    const std::string text = "# our root\n" + pki.pem("root") + pki.key("other") + "the end\n";
    const auto fingerprints = agent::crypto::certificate_fingerprints(text);
    REQUIRE(fingerprints.has_value());
    CHECK(fingerprints->size() == 1);
    CHECK(agent::crypto::certificate_fingerprints("")->empty());
}
