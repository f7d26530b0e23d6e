// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/convert_bundle.hpp"

#include <algorithm>

#include "agent/bundle/reader.hpp"
#include "agent/model/image_store.hpp"
#include "agent/operations/inspect_bundle.hpp"
#include "tests/unit/crypto/pki.hpp"
#include "tests/unit/operations/registry_bundle.hpp"
#include "tests/unit/operations/store_cases.hpp"

using namespace test;
using operations::convert_bundle;
using operations::ImagesKind;

namespace {

/// Who converts, with a key of his own.
struct Workshop {
    Workshop() {
        const auto& pki = tests::shared_pki();
        write_text(path("signer.key"), pki.key("signer"));
        write_text(path("signer.pem"), pki.pem("signer"));
        write_text(path("chain.pem"), pki.pem("intermediate"));
    }
    [[nodiscard]] std::filesystem::path path(const std::string& name) const {
        return directory.path() / name;
    }
    [[nodiscard]] operations::ConvertBundleRequest request(const std::filesystem::path& file,
                                                           ImagesKind images) const {
        return {.file = file,
                .key = path("signer.key"),
                .certificate = path("signer.pem"),
                .chain = path("chain.pem"),
                .images = images,
                .output = path("out.bundle")};
    }
    [[nodiscard]] std::size_t files() const {
        const std::filesystem::directory_iterator entries(directory.path());
        return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
    }

    TemporaryDirectory directory;
};

agent::bundle::BundleReader opened(const std::filesystem::path& file) {
    auto reader = must(agent::bundle::BundleReader::open(file));
    static_cast<void>(must(reader.read_description()));
    return reader;
}

std::string description_of(const std::filesystem::path& file) {
    auto reader = must(agent::bundle::BundleReader::open(file));
    return must(reader.read_description());
}

}  // namespace

TEST_CASE("A bundle whose images are unpacked becomes one whose images are mounted") {
    Scene scene;
    const Workshop workshop;
    const auto made =
        must(convert_bundle(scene.context(), workshop.request(bundles().clock, ImagesKind::store)));
    CHECK(made.images_kind == ImagesKind::store);
    CHECK(description_of(made.file) == description_of(bundles().clock));
    CHECK(must(operations::verify_bundle(scene.context(), made.file)).digest == made.digest);
    auto reader = opened(made.file);
    const auto index =
        must(model::parse_image_store(must(reader.read_store_index()).value(), "store.json"));
    REQUIRE(made.images.size() == 1);
    CHECK(index.images == std::vector<model::Sha256>{made.images.begin()->second});
    CHECK(reader.manifest().find("images/index.json") == nullptr);
    CHECK(workshop.files() == 4);
    CHECK_FALSE(std::filesystem::exists(scene.root() / "scratch"));
}

TEST_CASE("A bundle whose images are mounted becomes one whose images are unpacked") {
    Scene scene;
    const Workshop workshop;
    const TemporaryDirectory directory;
    auto unpacked = opened(bundles().clock);
    const auto kept = directory.path() / "kept";
    must(unpacked.extract(kept, [](std::uint64_t, std::uint64_t) { return true; }));
    scene.store_maker.gives_out = kept / "images";
    const auto request = workshop.request(store_bundles().clock, ImagesKind::oci);
    SECTION("with the same images") {
        const auto made = must(convert_bundle(scene.context(), request));
        CHECK(made.images_kind == ImagesKind::oci);
        CHECK(scene.store_maker.taken_out.size() == 1);
        CHECK(made.digest == unpacked.digest());
        must(scene.install({made.file}));
    }
    SECTION("or none, where others come out") {
        auto other = opened(bundles().view);
        must(other.extract(directory.path() / "other",
                           [](std::uint64_t, std::uint64_t) { return true; }));
        scene.store_maker.gives_out = directory.path() / "other/images";
        const auto refused = convert_bundle(scene.context(), request);
        REQUIRE_FALSE(refused);
        CHECK(has(refused.error().text(), "is another one once it is out of its store"));
        CHECK(workshop.files() == 3);
        CHECK_FALSE(std::filesystem::exists(scene.root() / "scratch"));
    }
}

TEST_CASE("What cannot be converted is refused before anything is made") {
    Scene scene;
    const Workshop workshop;
    const std::vector<std::pair<operations::ConvertBundleRequest, std::string>> cases = {
        {workshop.request(bundles().clock, ImagesKind::oci), "like this already (oci)"},
        {workshop.request(store_bundles().clock, ImagesKind::store), "like this already (store)"},
        {workshop.request(remote_bundle(), ImagesKind::store), "takes them from a registry"},
    };
    for (const auto& [request, text] : cases) {
        const auto refused = convert_bundle(scene.context(), request);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == ErrorCode::usage);
        CHECK(has(refused.error().text(), text));
    }
    CHECK(scene.faults.calls().empty());
    CHECK(workshop.files() == 3);
}
