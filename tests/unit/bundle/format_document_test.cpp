// SPDX-License-Identifier: GPL-3.0-or-later
// The commands of docs/bundle-format.md, run as they stand there.
#include "agent/bundle/trust.hpp"
#include "tests/unit/bundle/bundles.hpp"

using agent::bundle::BundleReader;
using agent::bundle::TrustStore;
using tests::TemporaryDirectory;

namespace {

/// The shell block that follows `<!-- example: NAME -->`.
std::string example(const std::string& name) {
    const std::string text = tests::read_text(SOURCE_DIR "/docs/bundle-format.md");
    const auto mark = text.find("<!-- example: " + name + " -->\n```sh\n");
    REQUIRE(mark != std::string::npos);
    const auto start = text.find("```sh\n", mark) + 6;
    return text.substr(start, text.find("```\n", start) - start);
}

}  // namespace

TEST_CASE("The documented commands make a bundle that we accept, and check one that we made") {
    const TemporaryDirectory dir;
    for (const char* const name : {"keys", "content", "make", "check"}) {
        INFO(name);
        tests::must(dir.path(), "set -e\n" + example(name));
    }
    auto reader = BundleReader::open(dir.path() / "example_1.0.0.bundle");
    REQUIRE(reader.has_value());
    std::filesystem::create_directory(dir.path() / "trust.d");
    tests::must(dir.path(), "cp ca.pem trust.d/vendor.pem");
    const auto store = TrustStore::load(dir.path() / "trust.d");
    REQUIRE(store.has_value());
    const auto signer = agent::bundle::verify_manifest(*store, reader->manifest_text(),
                                                       reader->signature(), tests::good_clock());
    REQUIRE(signer.has_value());
    CHECK(signer->signer.subject == "CN=Example Release");
    REQUIRE(reader->read_description());
    CHECK(reader->verify_rest({}));

    const agent::bundle::BundleContent content{
        tests::read_text(dir.path() / "content/bundle.toml"),
        {{"licenses/example", dir.path() / "content/licenses/example"}},
        {}};
    const agent::bundle::SigningMaterial signing{tests::read_text(dir.path() / "release.key"),
                                                 tests::read_text(dir.path() / "release.pem"),
                                                 {}};
    const auto digest =
        agent::bundle::write_bundle(content, signing, dir.path() / "example_1.0.0.bundle", {});
    CHECK(digest == reader->digest());
    tests::must(dir.path(), "rm -r check\nset -e\n" + example("check"));
}
