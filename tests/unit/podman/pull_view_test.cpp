// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/pull_view.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/podman/fake_podman.hpp"

using agent::model::ErrorCode;
using agent::podman::PullView;
namespace fs = std::filesystem;

namespace {

std::string manifest(const std::string& digest, const std::string& ref) {
    return R"({"digest":"sha256:)" + digest +
           R"(","annotations":{"org.opencontainers.image.ref.name":")" + ref + R"("}})";
}

void write_layout(const FakePodman& place, const std::string& manifests) {
    place.write("1.0.0-RC1+b/oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    place.write("1.0.0-RC1+b/blobs/sha256/aa", "a blob");
    place.write("1.0.0-RC1+b/index.json", R"({"schemaVersion":2,"manifests":[)" + manifests + "]}");
}

}  // namespace

TEST_CASE("A view shows one image of a layout, without its reference, by links") {
    const FakePodman place("");
    write_layout(place, manifest("aa", "x:1") + "," + manifest("bb", "y:1"));
    const auto path = place.directory() / "run/pull";
    {
        const auto view = PullView::make(place.directory() / "1.0.0-RC1+b", "y:1", path);
        REQUIRE(view);
        CHECK(place.read("run/pull/index.json") ==
              R"({"manifests":[{"digest":"sha256:bb"}],"schemaVersion":2})");
        CHECK(place.read("run/pull/blobs/sha256/aa") == "a blob");
        CHECK(place.read("run/pull/oci-layout") == R"({"imageLayoutVersion":"1.0.0"})");
        CHECK(view->image_name() == "localhost" + path.string() + ":latest");
    }
    CHECK_FALSE(fs::exists(path));
    CHECK(place.read("1.0.0-RC1+b/blobs/sha256/aa") == "a blob");
}

TEST_CASE("What a killed pull left in the place of the view is replaced") {
    const FakePodman place("");
    write_layout(place, manifest("aa", "x:1"));
    place.write("pull/index.json", "old");
    CHECK(PullView::make(place.directory() / "1.0.0-RC1+b", "", place.directory() / "pull"));
}

TEST_CASE("An image that the layout does not have, or not just once, is not found") {
    struct Row {
        std::string manifests;
        std::string ref;
    };
    const auto row = GENERATE(values<Row>({
        {"", ""},
        {manifest("aa", "x:1"), "y:1"},
        {R"({"digest":"sha256:aa"})", "x:1"},
        {manifest("aa", "x:1") + "," + manifest("bb", "y:1"), ""},
        {manifest("aa", "x:1") + "," + manifest("bb", "x:1"), "x:1"},
    }));
    const FakePodman place("");
    write_layout(place, row.manifests);
    const auto view =
        PullView::make(place.directory() / "1.0.0-RC1+b", row.ref, place.directory() / "pull");
    REQUIRE_FALSE(view);
    CHECK(view.error().code() == ErrorCode::not_found);
    CHECK_FALSE(fs::exists(place.directory() / "pull"));
}

TEST_CASE("What is no layout is invalid") {
    const FakePodman place("");
    write_layout(place, "oops");
    const auto path = place.directory() / "pull";
    CHECK(PullView::make(place.directory() / "1.0.0-RC1+b", "x", path).error().code() ==
          ErrorCode::invalid);
    CHECK(PullView::make(place.directory() / "missing", "x", path).error().code() ==
          ErrorCode::invalid);
}
