// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/crypto/verification.hpp"

using agent::crypto::VerificationMaterial;
using agent::crypto::verify_detached;
using tests::check_untrusted;
using tests::good_clock;

namespace {

constexpr std::string_view kContent = "content\n";

/// Its own certificates, because revoking changes them.
struct Revocation {
    tests::Pki pki;
    std::string signature = pki.openssl_sign(kContent, "signer", "-certfile intermediate.pem");

    [[nodiscard]] auto verify(const VerificationMaterial& material) const {
        return verify_detached(kContent, signature, material, good_clock());
    }
    [[nodiscard]] auto verify_with(const std::vector<std::string>& crls) const {
        return verify({{pki.pem("root")}, crls});
    }
    [[nodiscard]] std::string crl(const std::string& issuer) const {
        return pki.text(issuer + ".crl");
    }
};

}  // namespace

TEST_CASE("A list that does not name the certificate changes nothing") {
    const Revocation world;
    world.pki.make_crl("intermediate");
    world.pki.make_crl("root");
    const auto signer = world.verify_with({world.crl("intermediate"), world.crl("root")});
    REQUIRE(signer.has_value());
    CHECK(signer->warnings.empty());
}

TEST_CASE("A revoked signer is refused with the date") {
    const Revocation world;
    world.pki.revoke("signer", "intermediate");
    world.pki.make_crl("intermediate");
    check_untrusted(world.verify_with({world.crl("intermediate")}),
                    {"certificate CN=signer,O=Tests was revoked on 20", "UTC",
                     "by its issuer CN=intermediate,O=Tests"});
    SECTION("also by a list in DER") {
        tests::must(world.pki.dir(),
                    "openssl crl -in intermediate.crl -outform DER -out intermediate.der");
        check_untrusted(world.verify_with({world.pki.text("intermediate.der")}), {"was revoked"});
    }
    SECTION("also by a list in an anchor's file") {
        check_untrusted(world.verify({{world.pki.pem("root") + world.crl("intermediate")}, {}}),
                        {"was revoked"});
    }
    SECTION("also when the signer itself is the anchor, and its issuer is not known") {
        check_untrusted(world.verify({{world.pki.pem("signer")}, {world.crl("intermediate")}}),
                        {"was revoked"});
    }
}

TEST_CASE("A revoked intermediate is refused") {
    const Revocation world;
    world.pki.revoke("intermediate", "root");
    world.pki.make_crl("root");
    check_untrusted(world.verify_with({world.crl("root")}),
                    {"certificate CN=intermediate,O=Tests was revoked"});
    SECTION("also when it is the anchor") {
        const std::vector<std::string> crls{world.crl("root")};
        check_untrusted(world.verify({{world.pki.pem("intermediate")}, crls}), {"was revoked"});
        check_untrusted(
            world.verify({{world.pki.pem("intermediate"), world.pki.pem("root")}, crls}),
            {"was revoked"});
    }
}

TEST_CASE("An expired list still revokes, and says that it is old where it does not") {
    const Revocation world;
    world.pki.make_crl("intermediate", "20200101000000Z", "20200201000000Z");
    const auto signer = world.verify_with({world.crl("intermediate")});
    REQUIRE(signer.has_value());
    REQUIRE(signer->warnings.size() == 1);
    CHECK(signer->warnings.front().find("expired on 2020-02-01") != std::string::npos);

    world.pki.revoke("signer", "intermediate");
    world.pki.make_crl("intermediate", "20200101000000Z", "20200201000000Z");
    check_untrusted(world.verify_with({world.crl("intermediate")}), {"was revoked"});
}

TEST_CASE("A list in the issuer's name but by another key is passed over with a warning") {
    const Revocation world;
    tests::must(world.pki.dir(), "cp intermediate.key true.key && cp intermediate.pem true.pem");
    tests::must(world.pki.dir(), "rm intermediate.key");
    world.pki.self_sign("intermediate");
    tests::must(world.pki.dir(), "cp intermediate.db/index index.saved");
    world.pki.revoke("signer", "intermediate");
    world.pki.make_crl("intermediate");
    const auto signer = world.verify_with({world.crl("intermediate")});
    REQUIRE(signer.has_value());
    REQUIRE(signer->warnings.size() == 1);
    CHECK(signer->warnings.front().find("was passed over") != std::string::npos);
}

TEST_CASE("A list of somebody else is no business of this chain") {
    const Revocation world;
    world.pki.make_crl("other", "20200101000000Z", "20200201000000Z");
    const auto signer = world.verify_with({world.crl("other")});
    REQUIRE(signer.has_value());
    CHECK(signer->warnings.empty());
}
