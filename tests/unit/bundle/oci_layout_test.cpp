// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/oci_layout.hpp"

#include "tests/unit/bundle/layouts.hpp"
#include "tests/unit/crypto/verification.hpp"

using agent::bundle::read_layout;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::LayoutBuilder;
using tests::TemporaryDirectory;
using tests::write_text;

namespace {

struct Workspace {
    TemporaryDirectory dir;
    LayoutBuilder layout{dir.path() / "layout"};

    [[nodiscard]] auto read() const { return read_layout(layout.directory()); }
    void refused(std::initializer_list<std::string_view> parts) const {
        check_fails(read(), ErrorCode::invalid, parts);
    }
};

}  // namespace

TEST_CASE("A layout without images is read as such") {
    const Workspace work;
    const auto images = work.read();
    REQUIRE(images.has_value());
    CHECK(images->empty());
}

TEST_CASE("The images of a layout are read with their ids, names and sizes") {
    Workspace work;
    const std::string shared = work.layout.put_layer("a", "zstd");
    work.layout.add(work.layout.put_image({shared}, LayoutBuilder::ref("first")));
    const std::string first_id = work.layout.config_digest;
    const std::string layer = work.layout.put_layer("b", "gzip");
    work.layout.add(work.layout.put_image({layer}));

    const auto images = work.read();
    REQUIRE(images.has_value());
    REQUIRE(images->size() == 2);
    const auto& first = images->front();
    CHECK(first.ref == "first");
    CHECK(first.id.hex() == first_id);
    CHECK(first.architecture == "amd64");
    CHECK(first.os == "linux");
    CHECK(images->back().ref.empty());
    std::uint64_t whole = 0;
    for (const auto& blob :
         std::filesystem::directory_iterator(work.layout.directory() / "blobs/sha256"))
        whole += blob.file_size();
    CHECK(first.size + images->back().size == whole);
    CHECK(std::filesystem::exists(work.layout.blob(first.manifest.hex())));
}

TEST_CASE("A layer that is in an image twice counts once") {
    Workspace work;
    const std::string layer = work.layout.put_layer("a", "zstd");
    const std::string again = work.layout.put_layer("a", "zstd");
    CHECK(layer == again);
    work.layout.add(work.layout.put_image({layer, again}));
    std::uint64_t whole = 0;
    for (const auto& blob :
         std::filesystem::directory_iterator(work.layout.directory() / "blobs/sha256"))
        whole += blob.file_size();
    CHECK(work.read()->front().size == whole);
}

TEST_CASE("An index of one image and its build attestation stands for that image") {
    Workspace work;
    const std::string image = work.layout.put_image({work.layout.put_layer("a", "zstd")});
    const std::string id = work.layout.config_digest;
    const std::string attestation = work.layout.put(
        LayoutBuilder::kManifest, "{}", R"(,"platform":{"architecture":"unknown","os":"unknown"})");
    work.layout.add(work.layout.put(LayoutBuilder::kIndex,
                                    LayoutBuilder::index_of({image, attestation}),
                                    LayoutBuilder::ref("named")));
    const auto images = work.read();
    REQUIRE(images.has_value());
    REQUIRE(images->size() == 1);
    CHECK(images->front().id.hex() == id);
    CHECK(images->front().ref == "named");
}

TEST_CASE("What is not one OCI image for one platform is refused with what to do") {
    Workspace work;
    SECTION("several platforms") {
        const std::string one = work.layout.put_image({work.layout.put_layer("a", "zstd")});
        const std::string two = work.layout.put_image({work.layout.put_layer("b", "zstd")});
        work.layout.add(
            work.layout.put(LayoutBuilder::kIndex, LayoutBuilder::index_of({one, two})));
        work.refused({"index of 2 images", "one platform", "--override-arch"});
    }
    SECTION("an index of indexes") {
        const std::string inner =
            work.layout.put(LayoutBuilder::kIndex, LayoutBuilder::index_of({}));
        work.layout.add(work.layout.put(LayoutBuilder::kIndex, LayoutBuilder::index_of({inner})));
        work.refused({"index of 1 images"});
    }
    SECTION("Docker's manifest") {
        work.layout.add(
            work.layout.put("application/vnd.docker.distribution.manifest.v2+json", "{}"));
        work.refused({"Docker's format", "--format oci"});
    }
    SECTION("something else") {
        work.layout.add(work.layout.put("application/vnd.example", "{}"));
        work.refused({"application/vnd.example", "not an OCI image manifest"});
    }
    SECTION("an artifact that is no container image") {
        work.layout.add(work.layout.put(LayoutBuilder::kManifest,
                                        R"({"schemaVersion":2,"config":)" +
                                            work.layout.put("application/vnd.example", "{}") +
                                            R"(,"layers":[]})"));
        work.refused({"application/vnd.example", "not a container image"});
    }
    SECTION("a layer of another kind") {
        const std::string layer =
            work.layout.put_layer("a", "gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip");
        work.layout.add(work.layout.put_image({layer}));
        work.refused({"application/vnd.docker.image.rootfs.diff.tar.gzip", "gzip or zstd"});
    }
}

TEST_CASE("A damaged layout is refused with the file") {
    Workspace work;
    const std::string layer = work.layout.put_layer("a", "zstd");
    work.layout.add(work.layout.put_image({layer}));
    const std::string config = work.layout.config_digest;
    const auto index = work.layout.directory() / "index.json";
    const std::string layer_digest = layer.substr(layer.find("sha256:") + 7, 64);
    REQUIRE(work.read());
    SECTION("a layer is missing") {
        std::filesystem::remove(work.layout.blob(layer_digest));
        work.refused({layer_digest, "missing"});
    }
    SECTION("a layer is cut") {
        std::filesystem::resize_file(work.layout.blob(layer_digest), 10);
        work.refused({layer_digest, "10 bytes"});
    }
    SECTION("a layer is a link") {
        const auto blob = work.layout.blob(layer_digest);
        std::filesystem::remove(blob);
        std::filesystem::create_directory(blob);
        work.refused({layer_digest, "not a regular file"});
    }
    SECTION("a config has other content") {
        std::string text = tests::read_text(work.layout.blob(config));
        text.back() = ' ';
        write_text(work.layout.blob(config), text);
        work.refused({config, "damaged"});
    }
    SECTION("no marker") {
        std::filesystem::remove(work.layout.directory() / "oci-layout");
        check_fails(work.read(), ErrorCode::not_found, {"oci-layout"});
    }
    SECTION("another version") {
        write_text(work.layout.directory() / "oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
        work.refused({"oci-layout", "2.0.0"});
    }
    SECTION("no index") {
        std::filesystem::remove(index);
        check_fails(work.read(), ErrorCode::not_found, {"index.json"});
    }
    SECTION("no JSON") {
        write_text(index, "{");
        work.refused({"index.json", "not a JSON object"});
    }
    SECTION("JSON nested without end") {
        write_text(index, R"({"a":)" + std::string(100'000, '['));
        work.refused({"index.json", "nested too deeply"});
    }
    SECTION("a large index") {
        write_text(index, std::string((4U << 20U) + 1, ' '));
        work.refused({"index.json", "larger than"});
    }
    SECTION("another number of layers in the config") {
        const std::string second = work.layout.put_layer("b", "zstd");
        work.layout.add(work.layout.put_image({second, second}));
        work.refused({"another number of layers"});
    }
}

TEST_CASE("Descriptors that are not right are refused") {
    Workspace work;
    struct Case {
        std::string descriptor;
        std::string_view part;
    };
    const std::string type = std::string(R"("mediaType":")") + LayoutBuilder::kManifest + '"';
    const std::string digest = R"("digest":"sha256:)" + std::string(64, 'a') + '"';
    const Case cases[] = {
        {"1", "not a JSON object"},
        {"{}", "mediaType"},
        {"{" + digest + R"(,"size":1})", "mediaType"},
        {"{" + type + R"(,"size":1})", "sha256"},
        {"{" + type + R"(,"digest":"sha512:abc","size":1})", "sha512:abc"},
        {"{" + type + R"(,"digest":"sha256:../../x","size":1})", "index.json"},
        {"{" + type + "," + digest + "}", "size"},
        {"{" + type + "," + digest + R"(,"size":-1})", "size"},
        {"{" + type + "," + digest + R"(,"size":"1"})", "size"},
        {"{" + type + "," + digest + R"(,"size":1,"annotations":1,"platform":2})", "missing"},
    };
    for (const auto& [descriptor, part] : cases) {
        INFO(descriptor);
        write_text(work.layout.directory() / "index.json", LayoutBuilder::index_of({descriptor}));
        work.refused({part});
    }
}
