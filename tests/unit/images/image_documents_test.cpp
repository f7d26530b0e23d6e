// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/image_documents.hpp"

#include "agent/crypto/sha256.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/images/store_example.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace agent::images;
using agent::crypto::sha256;
using agent::model::ErrorCode;
using test::id;
using test::write_text;
namespace fs = std::filesystem;

namespace {

const std::string kConfig = R"({"architecture":"amd64","os":"linux","config":{}})";
const std::string kOtherManifest = "manifest-sha256:" + id('b');

/// The image whose config that is.
std::string image_id() {
    return sha256(kConfig).hex();
}

/// `more` is what comes after its config.
std::string manifest(const std::string& config, const std::string& more = {}) {
    return R"({"schemaVersion":2,"config":{"digest":"sha256:)" + config + R"(","size":1})" + more +
           "}";
}

/// What an image has in a store.
class BigData {
  public:
    BigData() {
        write("manifest", manifest(image_id()));
        write("sha256:" + image_id(), kConfig);
    }

    [[nodiscard]] fs::path file(const std::string& item) const {
        return directory_.path() / big_data_file(item);
    }
    [[nodiscard]] fs::path config() const { return file("sha256:" + image_id()); }
    void write(const std::string& item, const std::string& text) const {
        write_text(file(item), text);
    }
    /// With a record that lists these.
    [[nodiscard]] agent::model::Result<> check(const std::vector<std::string>& items = {}) const {
        ImageRecord record;
        record.id = image_id();
        record.json = {{"big-data-names", items}};
        return check_image(directory_.path(), record);
    }

  private:
    test::TemporaryDirectory directory_;
};

void check_refused(const agent::model::Result<>& checked, const std::string& begin,
                   const std::string& message) {
    REQUIRE_FALSE(checked);
    INFO(checked.error().text());
    CHECK(checked.error().code() == ErrorCode::invalid);
    CHECK(checked.error().text().rfind(begin + ": ", 0) == 0);
    CHECK(checked.error().text().find(message) != std::string::npos);
    CHECK(checked.error().text().find("create its bundle again") != std::string::npos);
}

}  // namespace

TEST_CASE("An image has the config of its id, and manifests that name it") {
    const BigData data;
    CHECK(data.check());
    data.write(kOtherManifest,
               "\n " + manifest(image_id(), R"(,"mediaType":)"
                                            R"("application/vnd.oci.image.manifest.v1+json")"));
    CHECK(data.check({"manifest", kOtherManifest, "sha256:" + image_id()}));
}

TEST_CASE("What an image has beside its manifest and config may be anything") {
    const BigData data;
    data.write("signature-1", "no JSON");
    CHECK(data.check({"signature-1"}));
}

TEST_CASE("A manifest that podman could not read, or that is of something else, is refused") {
    const auto with = [](const std::string& more) { return manifest(image_id(), "," + more); };
    const std::string not_json = "is not a JSON object";
    const std::string wrong_config = "does not name the config sha256:" + image_id();
    const std::vector<std::pair<std::string, std::string>> rows{
        {"", not_json},
        {"{", not_json},
        {"[]", not_json},
        {"\"manifest\"", not_json},
        {manifest(image_id()) + "x", not_json},
        {with("\"a\":\"\xff\""), not_json},
        {with("\"a\":" + std::string(64, '[') + std::string(64, ']')), "nests too deeply"},
        {with(std::string(1U << 16U, '[')), "nests too deeply"},
        {"{}", "has no `schemaVersion` 2"},
        {R"({"schemaVersion":1})", "has no `schemaVersion` 2"},
        {R"({"schemaVersion":"2"})", "has no `schemaVersion` 2"},
        {with("\"SchemaVersion\":1"), "has no `schemaVersion` 2"},
        {with(R"("mediaType":"application/vnd.oci.image.index.v1+json")"), "`mediaType`"},
        {with("\"mediaType\":1"), "`mediaType`"},
        {with(R"("mediatype":"application/vnd.oci.image.manifest.v1+json")"), "`mediaType`"},
        {R"({"schemaVersion":2})", wrong_config},
        {R"({"schemaVersion":2,"config":"x"})", wrong_config},
        {R"({"schemaVersion":2,"config":{"digest":["x"]}})", wrong_config},
        {R"({"schemaVersion":2,"config":{"digest":")" + image_id() + "\"}}", wrong_config},
        {manifest(id('b')), wrong_config},
        {with("\"Config\":{}"), wrong_config},
        {with("\"config\":null"), wrong_config},
    };
    for (const auto& item : {std::string("manifest"), kOtherManifest})
        for (const auto& [text, message] : rows) {
            INFO(text.substr(0, 80));
            const BigData data;
            data.write(item, text);
            check_refused(data.check(), data.file(item).string(), message);
        }
}

TEST_CASE("A config that podman could not read, or that is another image's, is refused") {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"", "is not a JSON object"},
        {"[]", "is not a JSON object"},
        {kConfig + "}", "is not a JSON object"},
        {"{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}", "nests too deeply"},
        {"{}", "has the digest " + sha256("{}").hex() + ", which is not the image's id"},
        {kConfig + "\n", "which is not the image's id"},
    };
    for (const auto& [text, message] : rows) {
        INFO(text);
        const BigData data;
        write_text(data.config(), text);
        check_refused(data.check(), data.config().string(), message);
    }
}

TEST_CASE("An image that lacks what podman opens is refused") {
    const BigData data;
    SECTION("its manifest") {
        fs::remove(data.file("manifest"));
        check_refused(data.check(), data.file("manifest").string(), "cannot be read");
    }
    SECTION("its config, which lies under another name") {
        fs::rename(data.config(), data.file("config"));
        check_refused(data.check(), data.config().string(), "cannot be read");
    }
    SECTION("both, and all else") {
        fs::remove(data.config());
        fs::remove(data.file("manifest"));
        check_refused(data.check(), data.file("manifest").string(), "cannot be read");
    }
    SECTION("what its record lists") {
        check_refused(data.check({"manifest", "signature-1"}), data.file("signature-1").string(),
                      "is missing");
        check_refused(data.check({""}), data.file("").string(), "is missing");
    }
}

TEST_CASE("An item of big data lies where podman looks for it") {
    CHECK(big_data_file("manifest") == "manifest");
    CHECK(big_data_file("a.1") == "a.1");
    CHECK(big_data_file("A") == "=QQ==");
    CHECK(big_data_file("manifest-sha256:0") == "=bWFuaWZlc3Qtc2hhMjU2OjA=");
}
