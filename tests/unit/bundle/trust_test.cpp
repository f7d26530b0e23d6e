// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/trust.hpp"

#include "tests/unit/crypto/verification.hpp"

using agent::bundle::check_limits;
using agent::bundle::TrustStore;
using agent::bundle::verify_manifest;
using agent::model::BundleId;
using agent::model::BundleType;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::check_untrusted;
using tests::shared_pki;
using tests::TemporaryDirectory;
using tests::write_text;

namespace {

constexpr std::string_view kManifest = "manifest\n";

/// A trust.d of its own.
struct TrustDirectory {
    TemporaryDirectory dir;

    void put(const std::string& name, std::string_view text) const {
        write_text(dir.path() / name, text);
    }
    [[nodiscard]] TrustStore load() const {
        auto store = TrustStore::load(dir.path());
        if (!store) FAIL(store.error().text());
        return *store;
    }
    void refused(std::initializer_list<std::string_view> parts) const {
        check_fails(TrustStore::load(dir.path()), ErrorCode::invalid, parts);
    }
};

std::string signature_of_signer() {
    return shared_pki().openssl_sign(kManifest, "signer", "-certfile intermediate.pem");
}

agent::model::Description bundle(const std::string& id, BundleType type) {
    agent::model::Description description;
    description.id = *BundleId::parse(id);
    description.type = type;
    return description;
}

}  // namespace

TEST_CASE("A directory that is not there, or empty, is an empty store that trusts nobody") {
    const TrustDirectory trust;
    const auto missing = TrustStore::load(trust.dir.path() / "missing");
    REQUIRE(missing.has_value());
    CHECK(missing->anchors.empty());
    check_untrusted(verify_manifest(*missing, kManifest, "x", tests::good_clock()),
                    {"no trust anchor", (trust.dir.path() / "missing").string(), "NAME.pem"});
    CHECK(trust.load().anchors.empty());
}

TEST_CASE("An unsigned bundle is not trusted") {
    const TrustDirectory trust;
    trust.put("root.pem", shared_pki().pem("root"));
    check_untrusted(verify_manifest(trust.load(), kManifest, "", tests::good_clock()),
                    {"not signed", "signed-bundles-only"});
}

TEST_CASE("A bundle is trusted by the anchor that its chain ends in") {
    const TrustDirectory trust;
    trust.put("alpha.pem", shared_pki().pem("other"));
    trust.put("vendor.pem", shared_pki().pem("root"));
    trust.put("README", "not looked at");
    const auto signer =
        verify_manifest(trust.load(), kManifest, signature_of_signer(), tests::good_clock());
    REQUIRE(signer.has_value());
    CHECK(signer->anchor_name == "vendor");
    CHECK(signer->signer.subject == "CN=signer,O=Tests");
}

TEST_CASE("Limits say which ids and types an anchor may sign") {
    const TrustDirectory trust;
    trust.put("vendor.pem", shared_pki().pem("root"));
    struct Case {
        const char* limits;
        const char* id;
        BundleType type;
        bool allowed;
    };
    const Case cases[] = {
        {"", "anything", BundleType::base, true},
        {"ids = ['vendor-*']", "vendor-camera", BundleType::addon, true},
        {"ids = ['vendor-*']", "vendor-camera", BundleType::base, true},
        {"ids = ['vendor-*']", "vendor", BundleType::addon, false},
        {"ids = ['vendor-*']", "not-vendor-camera", BundleType::addon, false},
        {"ids = ['a', 'b?']", "bb", BundleType::addon, true},
        {"ids = ['a', 'b?']", "a", BundleType::addon, true},
        {"ids = ['a', 'b?']", "b", BundleType::addon, false},
        {"types = ['addon']", "x", BundleType::addon, true},
        {"types = ['addon']", "x", BundleType::base, false},
        {"types = ['base', 'addon']", "x", BundleType::base, true},
        {"ids = ['x']\ntypes = ['base']", "x", BundleType::addon, false},
    };
    for (const auto& [limits, id, type, allowed] : cases) {
        INFO(limits << " " << id);
        trust.put("vendor.toml", limits);
        const TrustStore store = trust.load();
        const auto signer =
            verify_manifest(store, kManifest, signature_of_signer(), tests::good_clock());
        REQUIRE(signer.has_value());
        const auto result = check_limits(store, *signer, bundle(id, type));
        if (allowed)
            CHECK(result.has_value());
        else
            check_untrusted(result, {id, "CN=signer,O=Tests", "vendor.toml"});
    }
}

TEST_CASE("A refusal names what the anchor may sign") {
    const TrustDirectory trust;
    trust.put("vendor.pem", shared_pki().pem("root"));
    trust.put("vendor.toml", "ids = ['vendor-*', 'demo']\ntypes = ['addon']\n");
    const TrustStore store = trust.load();
    const auto signer =
        verify_manifest(store, kManifest, signature_of_signer(), tests::good_clock());
    REQUIRE(signer.has_value());
    check_untrusted(check_limits(store, *signer, bundle("system", BundleType::base)),
                    {"bundle system (base)", "ids vendor-*, demo and type addon"});
}

TEST_CASE("One certificate in two files may sign what either lets it") {
    const TrustDirectory trust;
    trust.put("a.pem", shared_pki().pem("root"));
    trust.put("a.toml", "ids = ['a']");
    trust.put("b.pem", shared_pki().pem("root"));
    trust.put("b.toml", "ids = ['b']");
    trust.put("c.pem", shared_pki().pem("other"));
    const TrustStore store = trust.load();
    const auto signer =
        verify_manifest(store, kManifest, signature_of_signer(), tests::good_clock());
    REQUIRE(signer.has_value());
    CHECK(check_limits(store, *signer, bundle("a", BundleType::addon)));
    CHECK(check_limits(store, *signer, bundle("b", BundleType::addon)));
    check_untrusted(check_limits(store, *signer, bundle("c", BundleType::addon)),
                    {"a.pem: ids a", "b.pem: ids b"});
}

TEST_CASE("A revocation list beside the anchors is honoured") {
    const tests::Pki pki;
    const TrustDirectory trust;
    trust.put("root.pem", pki.pem("root"));
    const auto signature = pki.openssl_sign(kManifest, "signer", "-certfile intermediate.pem");
    REQUIRE(verify_manifest(trust.load(), kManifest, signature, tests::good_clock()));
    pki.revoke("signer", "intermediate");
    pki.make_crl("intermediate");
    trust.put("intermediate.crl", pki.text("intermediate.crl"));
    check_untrusted(verify_manifest(trust.load(), kManifest, signature, tests::good_clock()),
                    {"CN=signer,O=Tests", "was revoked on"});
}

TEST_CASE("A trust directory that is not right is refused with the file, never passed over") {
    const TrustDirectory trust;
    trust.put("vendor.pem", shared_pki().pem("root"));
    SECTION("no certificate") {
        trust.put("empty.pem", "# to do\n");
        trust.refused({"empty.pem", "no PEM certificate"});
    }
    SECTION("a key only") {
        trust.put("key.pem", shared_pki().key("root"));
        trust.refused({"key.pem", "no PEM certificate"});
    }
    SECTION("a damaged certificate") {
        trust.put("bad.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        trust.refused({"bad.pem", "damaged"});
    }
    SECTION("a damaged revocation list") {
        trust.put("bad.crl", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
        trust.refused({"bad.crl", "damaged"});
    }
    SECTION("an empty revocation list") {
        trust.put("empty.crl", "");
        trust.refused({"empty.crl", "no revocation list"});
    }
    SECTION("an unknown key") {
        trust.put("vendor.toml", "id = ['a']\n");
        trust.refused({"vendor.toml", "id"});
    }
    SECTION("a type that is none") {
        trust.put("vendor.toml", "types = ['system']\n");
        trust.refused({"vendor.toml", "system", "base"});
    }
    SECTION("limits of the wrong kind") {
        trust.put("vendor.toml", "ids = 'a'\n");
        trust.refused({"vendor.toml", "ids"});
    }
    SECTION("limits that name nothing, which must not mean any") {
        trust.put("vendor.toml", "ids = []\n");
        trust.refused({"vendor.toml", "names no bundle"});
        trust.put("vendor.toml", "types = []\n");
        trust.refused({"vendor.toml", "names no type"});
    }
    SECTION("no TOML") {
        trust.put("vendor.toml", "ids =\n");
        trust.refused({"vendor.toml"});
    }
    SECTION("limits without a certificate") {
        trust.put("vednor.toml", "ids = ['a']\n");
        trust.refused({"vednor.toml", ".pem"});
    }
}
