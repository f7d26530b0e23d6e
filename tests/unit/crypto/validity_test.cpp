// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/crypto/verification.hpp"

using agent::crypto::ValidityClock;
using agent::crypto::VerificationMaterial;
using agent::crypto::verify_detached;
using std::chrono::milliseconds;
using std::chrono::seconds;
using tests::at;
using tests::check_untrusted;
using tests::clock_at;
using tests::shared_pki;

namespace {

constexpr std::string_view kContent = "content\n";

const tests::Pki& dated_pki() {
    const auto& pki = shared_pki();
    if (std::filesystem::exists(pki.dir() / "dated.pem")) return pki;
    pki.add_authority("parent");
    pki.add_authority("old-root");
    tests::must(pki.dir(), "cp root.key parent.key && cp root.pem parent.pem");
    pki.issue("old-root", "parent", "v3_ca", "20200101000000Z");
    pki.issue("dated", "old-root", "v3_sign", "20240101000000Z", "20250101000000Z");
    return pki;
}

/// An anchor that is valid in all these tests, and a signer that is from 2024-01-01 to 2025-01-01.
struct Dated {
    const tests::Pki& pki = dated_pki();
    std::string signature = pki.openssl_sign(kContent, "dated");
    VerificationMaterial material{{pki.pem("old-root")}, {}};

    [[nodiscard]] auto verify(const ValidityClock& clock) const {
        return verify_detached(kContent, signature, material, clock);
    }
};

}  // namespace

TEST_CASE("Validity is judged to the second, and both ends belong to it") {
    const Dated dated;
    CHECK(dated.verify(clock_at(at(2024, 1, 1))));
    CHECK(dated.verify(clock_at(at(2024, 6, 1))));
    CHECK(dated.verify(clock_at(at(2025, 1, 1))));
    CHECK(dated.verify(clock_at(at(2025, 1, 1) + milliseconds(999))));
    check_untrusted(dated.verify(clock_at(at(2025, 1, 1) + seconds(1))),
                    {"CN=dated,O=Tests", "expired on 2025-01-01 00:00:00 UTC", "signed anew"});
    check_untrusted(dated.verify(clock_at(at(2024, 1, 1) - milliseconds(1))),
                    {"CN=dated,O=Tests", "not yet valid", "2024-01-01 00:00:00 UTC", "clock"});
}

TEST_CASE("A clock before the floor judges expiry by the floor, and beginnings not at all") {
    const Dated dated;
    const auto wrong_clock = [](agent::crypto::SystemTime floor) {
        return ValidityClock{at(1970, 1, 1), floor};
    };
    const auto signer = dated.verify(wrong_clock(at(2023, 6, 1)));
    REQUIRE(signer.has_value());
    REQUIRE(signer->warnings.size() == 1);
    CHECK(signer->warnings.front().find("clock (1970-01-01 00:00:00 UTC)") != std::string::npos);
    CHECK(dated.verify(wrong_clock(at(2025, 1, 1))));
    check_untrusted(dated.verify(wrong_clock(at(2025, 1, 2))), {"expired on 2025-01-01"});
}

TEST_CASE("A clock at the floor is good") {
    const Dated dated;
    const auto signer = dated.verify({at(2024, 6, 1), at(2024, 6, 1)});
    REQUIRE(signer.has_value());
    CHECK(signer->warnings.empty());
}

TEST_CASE("An anchor that expired is refused, too") {
    const auto& pki = dated_pki();
    pki.add_authority("short-lived");
    pki.issue("short-lived", "root", "v3_ca", "20200101000000Z", "20240601000000Z");
    pki.issue("long-lived", "short-lived", "v3_sign");
    const auto result = verify_detached(kContent, pki.openssl_sign(kContent, "long-lived"),
                                        {{pki.pem("short-lived")}, {}}, clock_at(at(2024, 7, 1)));
    check_untrusted(result, {"CN=short-lived,O=Tests", "expired on 2024-06-01"});
}

TEST_CASE("A validity without end, the year 9999, is understood") {
    const auto& pki = dated_pki();
    const Dated dated;
    pki.issue("eternal", "old-root", "v3_sign", "20240101000000Z", "99991231235959Z");
    CHECK(verify_detached(kContent, pki.openssl_sign(kContent, "eternal"), dated.material,
                          clock_at(at(2048, 1, 1))));
}
