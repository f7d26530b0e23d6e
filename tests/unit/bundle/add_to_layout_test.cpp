// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/stat.h>

#include "agent/bundle/oci_layout.hpp"
#include "tests/unit/bundle/layouts.hpp"
#include "tests/unit/crypto/verification.hpp"

using agent::bundle::add_to_layout;
using agent::bundle::read_layout;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::LayoutBuilder;
using tests::TemporaryDirectory;
using tests::write_text;

namespace {

struct Workspace {
    TemporaryDirectory dir;
    LayoutBuilder from{dir.path() / "from"};
    std::filesystem::path to = dir.path() / "to";

    [[nodiscard]] auto add(const std::string& ref = {}) const {
        return add_to_layout(from.directory(), ref, to);
    }
};

ino_t inode_of(const std::filesystem::path& file) {
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    return status.st_ino;
}

std::string digest_in(const std::string& descriptor) {
    return descriptor.substr(descriptor.find("sha256:") + 7, 64);
}

}  // namespace

TEST_CASE("Layers become zstd, and the image keeps its id") {
    Workspace work;
    const std::string tool = GENERATE(as<std::string>{}, "cat", "gzip", "zstd");
    INFO(tool);
    const std::string layer = work.from.put_layer("a", tool);
    work.from.add(work.from.put_image({layer}));
    const auto image = work.add();
    REQUIRE(image.has_value());
    CHECK(image->id.hex() == work.from.config_digest);
    CHECK(image->ref == work.from.config_digest);
    CHECK(image->architecture == "amd64");

    const auto manifest = tests::read_text(work.to / "blobs/sha256" / image->manifest.hex());
    CHECK(manifest.find("tar+zstd") != std::string::npos);
    CHECK(manifest.find("tar+gzip") == std::string::npos);
    CHECK(manifest.find(R"("kept":"yes")") != std::string::npos);
    const auto images = read_layout(work.to);
    REQUIRE(images.has_value());
    REQUIRE(images->size() == 1);
    CHECK(images->front().manifest == image->manifest);
    CHECK(images->front().size == image->size);

    // The layer that the manifest names is, uncompressed by zstd(1), the very tar it was.
    const std::string zstd_digest = digest_in(manifest.substr(manifest.find(R"("layers")")));
    tests::must(work.dir.path(), "zstd -dc to/blobs/sha256/" + zstd_digest + " >layer.tar");
    tests::must(work.dir.path(), "tar -xOf layer.tar a >a");
    CHECK(tests::read_text(work.dir.path() / "a") == "file a\n");
    CHECK(tests::read_text(work.to / "blobs/sha256" / image->id.hex())
              .find(agent::crypto::sha256(tests::read_text(work.dir.path() / "layer.tar")).hex()) !=
          std::string::npos);
}

TEST_CASE("skopeo reads and copies what we made") {
    Workspace work;
    const std::string plain = work.from.put_layer("a", "cat");
    const std::string gzip = work.from.put_layer("b", "gzip");
    const std::string zstd = work.from.put_layer("c", "zstd");
    work.from.add(work.from.put_image({plain, gzip, zstd}));
    REQUIRE(work.add());
    const std::string id = work.from.config_digest;
    tests::must(work.dir.path(), "skopeo inspect --config oci:to:" + id +
                                     " >config && skopeo inspect --raw oci:to:" + id +
                                     " >raw && skopeo copy --insecure-policy oci:to:" + id +
                                     " dir:copy");
    CHECK(tests::read_text(work.dir.path() / "config").find(R"("/a")") != std::string::npos);
    // A copy checks the digest of every blob.
    CHECK(std::filesystem::exists(work.dir.path() / "copy" / id));
}

TEST_CASE("zstd layers and configs are shared, not copied") {
    Workspace work;
    const std::string layer = work.from.put_layer("a", "zstd");
    work.from.add(work.from.put_image({layer}));
    REQUIRE(work.add());
    for (const auto& digest : {digest_in(layer), work.from.config_digest})
        CHECK(inode_of(work.from.blob(digest)) == inode_of(work.to / "blobs/sha256" / digest));
}

TEST_CASE("Blobs that are symbolic links are followed") {
    Workspace work;
    const std::string layer = work.from.put_layer("a", "zstd");
    work.from.add(work.from.put_image({layer}));
    tests::must(work.dir.path(),
                "mv from/blobs/sha256 store && mkdir from/blobs/sha256 && "
                "for blob in store/*; do ln -s ../../../$blob from/blobs/sha256/; done");
    REQUIRE(work.add());
    const auto blob = work.to / "blobs/sha256" / digest_in(layer);
    CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(blob)));
}

TEST_CASE("Images beside the chosen one may be whatever they are") {
    Workspace work;
    work.from.add(work.from.put("application/vnd.docker.distribution.manifest.v2+json", "{}"));
    work.from.add(work.from.put_image({work.from.put_layer("a", "cat")}, LayoutBuilder::ref("a")));
    CHECK(work.add("a"));
}

TEST_CASE("Two images of one layer keep it once, and adding again changes nothing") {
    Workspace work;
    const std::string base = work.from.put_layer("base", "gzip");
    work.from.add(work.from.put_image({base}, LayoutBuilder::ref("one")));
    const std::string again = work.from.put_layer("base", "gzip");
    const std::string more = work.from.put_layer("more", "gzip");
    work.from.add(work.from.put_image({again, more}, LayoutBuilder::ref("two")));
    REQUIRE(work.add("one"));
    REQUIRE(work.add("two"));
    const auto files = [&] {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(work.to))
            count += entry.is_regular_file() ? 1 : 0;
        return count;
    };
    // Marker, index, two manifests, two configs, two layers.
    CHECK(files() == 8);
    const std::string index = tests::read_text(work.to / "index.json");
    const auto repeated = work.add("two");
    REQUIRE(repeated.has_value());
    CHECK(repeated->ref == work.from.config_digest);
    CHECK(tests::read_text(work.to / "index.json") == index);
    CHECK(files() == 8);
}

TEST_CASE("The image is chosen by its name, or is the only one") {
    Workspace work;
    work.from.add(work.from.put_image({work.from.put_layer("a", "cat")},
                                      LayoutBuilder::ref("localhost/a:1")));
    CHECK(work.add("localhost/a:1"));
    CHECK(work.add());
    check_fails(work.add("b"), ErrorCode::not_found, {"no image b", "localhost/a:1"});
    work.from.add(work.from.put_image({work.from.put_layer("b", "cat")}));
    check_fails(work.add(), ErrorCode::invalid, {"2 images", "localhost/a:1, (no name)"});
}

TEST_CASE("An empty layer and a large one are recompressed") {
    Workspace work;
    const auto scratch = work.dir.path() / "tar";
    tests::must(work.dir.path(), "head -c 9000000 /dev/zero >big && tar -cf tar big");
    const std::string tar = tests::read_text(scratch);
    const std::string diff = agent::crypto::sha256(tar).hex();
    const std::string layer = work.from.put(LayoutBuilder::kTar, tar);
    const std::string config =
        work.from.put(LayoutBuilder::kConfig,
                      R"({"architecture":"amd64","os":"linux","rootfs":{"diff_ids":["sha256:)" +
                          diff + R"("]}})");
    work.from.add(work.from.put(
        LayoutBuilder::kManifest,
        R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[)" + layer + "]}"));
    const auto image = work.add();
    REQUIRE(image.has_value());
    CHECK(image->size < 100'000);
}

TEST_CASE("A layer that is not what its digest or the config says is refused, and not kept") {
    Workspace work;
    const std::string tool = GENERATE(as<std::string>{}, "cat", "gzip");
    const std::string layer = work.from.put_layer("a", tool);
    const auto blob = work.from.blob(digest_in(layer));
    const auto refused = [&](std::initializer_list<std::string_view> parts) {
        check_fails(work.add(), ErrorCode::invalid, parts);
        for (const auto& entry : std::filesystem::directory_iterator(work.to / "blobs/sha256"))
            FAIL("kept " << entry.path());
    };
    SECTION("other bytes of the same size") {
        work.from.add(work.from.put_image({layer}));
        std::string text = tests::read_text(blob);
        // Beyond what gzip's own checksum covers.
        text[tool == "gzip" ? 9 : 600] ^= 1;
        write_text(blob, text);
        refused({blob.filename().string(), "damaged"});
    }
    SECTION("another diff_id") {
        const std::string other = work.from.put_layer("b", tool);
        // The config has both ids in the order of putting; the manifest has them turned round.
        work.from.add(work.from.put_image({other, layer}));
        refused({"uncompressed content", "config"});
    }
    if (tool == "gzip") {
        SECTION("cut gzip") {
            const std::string text = tests::read_text(blob);
            const std::string cut =
                work.from.put(LayoutBuilder::layer_type("gzip"), text.substr(0, text.size() / 2));
            work.from.add(work.from.put_image({cut}));
            refused({"damaged"});
        }
        SECTION("a tar that says it is gzip") {
            const std::string plain = work.from.put(LayoutBuilder::layer_type("gzip"), "a tar?");
            work.from.add(work.from.put_image({plain}));
            refused({"damaged"});
        }
    }
}
