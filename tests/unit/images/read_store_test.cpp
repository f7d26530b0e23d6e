// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/merged_store.hpp"

#include <set>

#include "agent/crypto/sha256.hpp"
#include "agent/images/image_documents.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/images/store_example.hpp"
#include "tests/unit/store/example.hpp"

using namespace agent::images;
using agent::model::ErrorCode;
using test::id;
using test::image;
using test::layer;
using test::link_id;
namespace fs = std::filesystem;

namespace {

const std::string kConfig = "{}";

/// The image whose config that is.
std::string image_id() {
    return agent::crypto::sha256(kConfig).hex();
}

/// A store on disk with one image of three layers.
class Mounted {
  public:
    Mounted() {
        write("overlay-images/images.json",
              test::list({"{" + test::member("id", image_id()) + "," + test::names({"x:1"}) + "," +
                          test::member("layer", id('3')) + "}"}));
        test::write_text(config(), kConfig);
        test::write_text(big_data() / "manifest",
                         R"({"schemaVersion":2,"config":{"digest":"sha256:)" + image_id() + "\"}}");
        write("overlay-layers/layers.json",
              test::list({layer('1'), layer('2', '1'), layer('3', '2')}));
        for (const char digit : {'1', '2', '3'})
            add_layer(digit);
        test::write_text(overlay('2') / "lower", "l/" + link_id('1'));
        test::write_text(overlay('3') / "lower", "l/" + link_id('2') + ":l/" + link_id('1'));
    }

    [[nodiscard]] const fs::path& path() const { return temporary_.path(); }
    [[nodiscard]] fs::path overlay(char digit) const { return path() / "overlay" / id(digit); }
    [[nodiscard]] fs::path link(char digit) const { return path() / "overlay/l" / link_id(digit); }
    [[nodiscard]] fs::path big_data() const { return path() / "overlay-images" / image_id(); }
    [[nodiscard]] fs::path config() const {
        return big_data() / big_data_file("sha256:" + image_id());
    }
    [[nodiscard]] fs::path tar_split(char digit) const {
        return path() / "overlay-layers" / (id(digit) + ".tar-split.gz");
    }
    void write(const std::string& name, const std::string& text) const {
        test::write_text(path() / name, text);
    }

  private:
    void add_layer(char digit) const {
        fs::create_directories(overlay(digit) / "diff");
        fs::create_directories(path() / "overlay/l");
        fs::create_symlink("../" + id(digit) + "/diff", link(digit));
        test::write_text(overlay(digit) / "link", link_id(digit));
        test::write_text(tar_split(digit), "x");
    }

    test::TemporaryDirectory temporary_;
};

void replace_by_link(const fs::path& path, const fs::path& target) {
    fs::remove_all(path);
    fs::create_symlink(target, path);
}

/// It is still there, and right, behind a link.
void move_behind_link(const fs::path& path) {
    const auto other = path.parent_path() / "other";
    fs::rename(path, other);
    fs::create_symlink("other", path);
}

void replace_by_directory(const fs::path& path) {
    fs::remove_all(path);
    fs::create_directories(path);
}

/// A file with a hole.
void write_size(const fs::path& path, std::uintmax_t size) {
    test::write_text(path, "");
    fs::resize_file(path, size);
}

using Change = void (*)(const Mounted&);

void check_refused(const Change change, const std::string& message) {
    const Mounted mounted;
    change(mounted);
    const auto store = read_store(mounted.path());
    INFO(message);
    REQUIRE_FALSE(store);
    INFO(store.error().text());
    CHECK(store.error().code() == ErrorCode::invalid);
    CHECK(store.error().text().rfind(mounted.path().string(), 0) == 0);
    CHECK(store.error().text().find(message) != std::string::npos);
}

}  // namespace

TEST_CASE("a mounted store is read with its links, and what is merged of it is there") {
    const Mounted mounted;
    const auto read = test::must(read_store(mounted.path()));
    CHECK(read.where == mounted.path());
    CHECK(read.links.size() == 3);
    CHECK(read.without_tar_split.empty());
    const auto store = test::must(merge({read}));
    CHECK(store.images.find(image_id()) != std::string::npos);
    CHECK(store.links.size() == 10);
    for (const auto& link : store.links) {
        INFO(link.path.string());
        CHECK((link.target.is_relative() || fs::exists(link.target)));
    }
}

TEST_CASE("a layer without its directory is left out of a mounted store") {
    const Mounted mounted;
    fs::remove_all(mounted.overlay('2'));
    const auto store = test::must(merge({test::must(read_store(mounted.path()))}));
    CHECK(store.images == "[]");
    CHECK(store.layers == test::list({layer('1')}));
    CHECK(store.links.size() == 3);
}

TEST_CASE("a layer without its tar-split file is there all the same") {
    const Mounted mounted;
    fs::remove(mounted.tar_split('2'));
    const auto read = test::must(read_store(mounted.path()));
    CHECK(read.without_tar_split == std::set<std::string>{id('2')});
    const auto store = test::must(merge({read}));
    CHECK(store.images.find(image_id()) != std::string::npos);
    for (const auto& link : store.links)
        CHECK((link.target.is_relative() || fs::exists(link.target)));
}

TEST_CASE("a mounted store in which podman could be led out of it is refused") {
    const std::vector<std::pair<Change, std::string>> rows{
        {[](const Mounted& m) { replace_by_link(m.overlay('2'), "/etc"); }, "not a directory"},
        {[](const Mounted& m) { replace_by_link(m.overlay('2') / "diff", "/"); },
         "diff: is not a directory"},
        {[](const Mounted& m) { fs::remove(m.overlay('2') / "diff"); }, "diff: is not a directory"},
        {[](const Mounted& m) { replace_by_link(m.link('2'), "/etc"); }, "leads to no layer"},
        {[](const Mounted& m) { test::write_text(m.path() / "overlay/l/note", "x"); },
         "cannot be read as a link"},
        {[](const Mounted& m) { move_behind_link(m.path() / "overlay"); },
         "overlay: is not a directory"},
        {[](const Mounted& m) { move_behind_link(m.path() / "overlay/l"); },
         "overlay/l: is not a directory"},
        {[](const Mounted& m) { move_behind_link(m.path() / "overlay-images"); },
         "overlay-images: is not a directory"},
        {[](const Mounted& m) { move_behind_link(m.path() / "overlay-layers"); },
         "overlay-layers: is not a directory"},
        {[](const Mounted& m) { move_behind_link(m.path() / "overlay-images/images.json"); },
         "images.json: is not a regular file"},
        {[](const Mounted& m) { move_behind_link(m.path() / "overlay-layers/layers.json"); },
         "layers.json: is not a regular file"},
        {[](const Mounted& m) { replace_by_directory(m.path() / "overlay-layers/layers.json"); },
         "layers.json: is not a regular file"},
        {[](const Mounted& m) { move_behind_link(m.big_data()); }, "is not a directory"},
        {[](const Mounted& m) { fs::remove_all(m.big_data()); }, "is not a directory"},
        {[](const Mounted& m) { replace_by_link(m.big_data() / "manifest", "/etc/shadow"); },
         "manifest: is not a regular file"},
        {[](const Mounted& m) { replace_by_directory(m.big_data() / "more"); },
         "more: is not a regular file"},
        {[](const Mounted& m) { replace_by_link(m.tar_split('2'), "/etc/shadow"); },
         ".tar-split.gz: is not a regular file"},
        {[](const Mounted& m) { replace_by_directory(m.tar_split('2')); },
         ".tar-split.gz: is not a regular file"},
    };
    for (const auto& [change, message] : rows)
        check_refused(change, message);
}

TEST_CASE("a mounted store in which podman could find more than a layer has is refused") {
    for (const auto* name : {"diff1", "diff2", "composefs-data", "merged", "work", "empty", ".x"}) {
        for (const bool is_link : {false, true}) {
            const Mounted mounted;
            const auto path = mounted.overlay('2') / name;
            if (is_link)
                replace_by_link(path, "/etc");
            else
                replace_by_directory(path);
            const auto store = read_store(mounted.path());
            REQUIRE_FALSE(store);
            CHECK(store.error().code() == ErrorCode::invalid);
            CHECK(store.error().text().rfind(path.string() + ": is not a part of a layer", 0) == 0);
        }
    }
}

TEST_CASE("a mounted store whose layers are stacked in another way than it says is refused") {
    const std::vector<std::pair<Change, std::string>> rows{
        {[](const Mounted& m) { test::write_text(m.overlay('2') / "lower", "../../etc"); },
         "lower: is not l/"},
        {[](const Mounted& m) {
             test::write_text(m.overlay('2') / "lower", "l/" + link_id('1') + ":l/../../etc");
         },
         "lower: is not l/"},
        {[](const Mounted& m) { test::write_text(m.overlay('2') / "lower", ""); },
         "lower: is not l/"},
        {[](const Mounted& m) { fs::remove(m.overlay('2') / "lower"); }, "lower: is not l/"},
        {[](const Mounted& m) { test::write_text(m.overlay('3') / "lower", "l/" + link_id('2')); },
         "lower: is not l/"},
        {[](const Mounted& m) {
             test::write_text(m.overlay('3') / "lower", "l/" + link_id('1') + ":l/" + link_id('2'));
         },
         "lower: is not l/"},
        {[](const Mounted& m) {
             test::write_text(m.overlay('2') / "lower", "l/" + link_id('1') + "\n");
         },
         "lower: is not l/"},
        {[](const Mounted& m) { write_size(m.overlay('2') / "lower", 5000); },
         "lower: cannot be read"},
        {[](const Mounted& m) { test::write_text(m.overlay('1') / "lower", "l/" + link_id('2')); },
         "lower: belongs to a layer that has none below it"},
        {[](const Mounted& m) { replace_by_link(m.overlay('1') / "lower", "/run/lower"); },
         "lower: belongs to a layer that has none below it"},
        {[](const Mounted& m) { replace_by_link(m.overlay('2') / "lower", "/run/lower"); },
         "lower: is not a regular file"},
        {[](const Mounted& m) {
             m.write("overlay-layers/layers.json", test::list({layer('1', '2'), layer('2', '1')}));
         },
         "lower: belongs to more than 50 layers"},
        {[](const Mounted& m) { move_behind_link(m.overlay('2') / "diff"); },
         "is not a part of a layer"},
        {[](const Mounted& m) { replace_by_link(m.overlay('2') / "link", "/run/link"); },
         "link: is not a regular file"},
        {[](const Mounted& m) { test::write_text(m.overlay('2') / "link", "../../../etc"); },
         "link: is not " + link_id('2')},
        {[](const Mounted& m) { test::write_text(m.overlay('2') / "link", link_id('1')); },
         "link: is not " + link_id('2')},
        {[](const Mounted& m) { fs::remove(m.overlay('2') / "link"); },
         "link: is not " + link_id('2')},
        {[](const Mounted& m) { replace_by_link(m.link('4'), "../" + id('1') + "/diff"); },
         "is not the name of layer " + id('1')},
        {[](const Mounted& m) { replace_by_link(m.link('1'), "../" + id('2') + "/diff"); },
         "is not the name of layer " + id('2')},
    };
    for (const auto& [change, message] : rows)
        check_refused(change, message);
}

TEST_CASE("a mounted store that podman could not read is refused") {
    const std::vector<std::pair<Change, std::string>> rows{
        {[](const Mounted& m) { m.write("overlay-images/images.json", "["); },
         "images.json: is not JSON"},
        {[](const Mounted& m) { m.write("overlay-layers/layers.json", "[1]"); },
         "layers.json: record 1 is not an object"},
        {[](const Mounted& m) {
             m.write("overlay-images/images.json",
                     "[{" + test::member("id", id('a')) + ",\"metadata\":1}]");
         },
         "images.json: record 1: metadata: is not a string"},
        {[](const Mounted& m) {
             write_size(m.path() / "overlay-images/images.json", (16U << 20U) + 1);
         },
         "images.json is larger than 16777216 bytes"},
        {[](const Mounted& m) {
             write_size(m.path() / "overlay-layers/layers.json", (16U << 20U) + 1);
         },
         "layers.json is larger than 16777216 bytes"},
        {[](const Mounted& m) { write_size(m.big_data() / "manifest", (4U << 20U) + 1); },
         "manifest: is larger than 4194304 bytes"},
        {[](const Mounted& m) { test::write_text(m.big_data() / "manifest", "{}"); },
         "manifest: has no `schemaVersion` 2"},
        {[](const Mounted& m) { fs::remove(m.config()); }, "=: cannot be read"},
    };
    for (const auto& [change, message] : rows)
        check_refused(change, message);
}

TEST_CASE("a mounted store without a list of layers is one where no image has any") {
    for (const bool has_layer : {false, true}) {
        const Mounted mounted;
        fs::remove_all(mounted.path() / "overlay");
        fs::create_directories(mounted.path() / "overlay/l");
        fs::remove_all(mounted.path() / "overlay-layers");
        if (!has_layer)
            mounted.write("overlay-images/images.json",
                          "[{" + test::member("id", image_id()) + ",\"layer\":\"\"}]");
        const auto read = read_store(mounted.path());
        REQUIRE(read.has_value() != has_layer);
        if (read) {
            CHECK(read->layers == "[]");
            CHECK(test::must(merge({*read})).links.size() == 1);
        } else {
            CHECK(read.error().text().find("layers.json") != std::string::npos);
        }
    }
}

TEST_CASE("what is no store is told as not found") {
    const test::TemporaryDirectory temporary;
    const auto store = read_store(temporary.path());
    REQUIRE_FALSE(store);
    CHECK(store.error().code() == ErrorCode::not_found);
    CHECK(store.error().text().find("images.json") != std::string::npos);
}
