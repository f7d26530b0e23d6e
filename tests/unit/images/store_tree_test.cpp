// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/store_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "agent/crypto/sha256.hpp"
#include "agent/images/store_records.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::crypto::sha256;
using agent::images::fixed_records;
using agent::images::link_id;
using agent::images::normalise;
using agent::images::stored_name;
using agent::model::ErrorCode;
using agent::model::Sha256;
using test::read_text;
using test::TemporaryDirectory;
using test::write_text;
using Json = nlohmann::json;
using Names = std::map<Sha256, std::set<std::string>>;
namespace fs = std::filesystem;

namespace {

/// Later than any clock says.
constexpr std::time_t kFuture = 4'000'000'000;

void set_time(const fs::path& path, std::time_t seconds) {
    const std::array<timespec, 2> times{timespec{seconds, 0}, timespec{seconds, 0}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) == 0);
}

struct stat status_of(const fs::path& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found;
}

/// A store as podman leaves one, with links and records that the run decides.
class PodmanStore {
  public:
    explicit PodmanStore(std::string run) : run_(std::move(run)) {
        for (const auto* name : {"libpod/bolt_state.db", "overlay/.has-mount-program",
                                 "overlay/l/x", "storage.lock", "overlay-containers/c.lock"})
            write_text(path() / name, run_);
        for (const auto* name : {"overlay-images/images.lock", "overlay-layers/layers.lock"})
            write_text(path() / name, run_);
    }

    [[nodiscard]] const fs::path& path() const { return directory_.path(); }

    /// On top of `parent`, unless that is empty.
    std::string add_layer(const std::string& content, const std::string& parent) {
        const auto id = sha256(content + parent).hex();
        const auto layer = path() / "overlay" / id;
        const auto link = run_ + std::to_string(layers_.size());
        write_text(layer / "link", link);
        if (!parent.empty()) write_text(layer / "lower", "l/" + run_);
        fs::create_directories(layer / "work");
        fs::create_directories(layer / "merged");
        write_text(layer / "diff/usr/share/text", content);
        set_time(layer / "diff/usr/share/text", 1'000'000'000);
        set_time(layer / "diff/usr/share", 1'000'000'001);
        set_time(layer / "diff/usr", kFuture);
        set_time(layer / "diff", 0);
        fs::create_symlink("../" + id + "/diff", path() / "overlay/l" / link);
        write_text(path() / "overlay-layers" / (id + ".tar-split.gz"), "of " + content);
        Json record{{"id", id},
                    {"created", run_},
                    {"diff-digest", "sha256:" + sha256(content).hex()},
                    {"diff-size", content.size()},
                    {"compression", 4},
                    {"uidset", {5, 0}},
                    {"names", {"one that is " + run_}}};
        if (!parent.empty()) record["parent"] = parent;
        layers_.push_back(record);
        return id;
    }
    Sha256 add_image(const std::string& config, const std::string& layer) {
        const auto id = sha256(config);
        write_text(path() / "overlay-images" / id.hex() / "manifest", "manifest of " + config);
        write_text(path() / "overlay-images" / id.hex() / "=config", config);
        Json record{{"id", id.hex()},
                    {"digest", "sha256:" + sha256("manifest of " + config).hex()},
                    {"names", {"localhost/run/" + run_ + ":latest"}},
                    {"names-history", {"localhost/run/" + run_ + ":latest"}},
                    {"metadata", "{}"},
                    {"big-data-names", {"manifest", "config"}},
                    {"created", has_created(config) ? "2020-02-02T00:00:00Z" : run_}};
        if (!layer.empty()) record["layer"] = layer;
        images_.push_back(record);
        return id;
    }
    /// In the order of adding, or the other one.
    void write(bool reversed = false) {
        write_list("overlay-images/images.json", images_, reversed);
        write_list("overlay-layers/layers.json", layers_, reversed);
    }
    [[nodiscard]] Json read(const std::string& file) const {
        return Json::parse(read_text(path() / file));
    }
    /// Everything that a squashfs would have of it.
    [[nodiscard]] std::map<std::string, std::string> content() const {
        std::map<std::string, std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(path())) {
            const auto file = status_of(entry.path());
            auto text = std::to_string(file.st_mode) + " " + std::to_string(file.st_mtim.tv_sec);
            if (entry.is_symlink())
                text += " " + fs::read_symlink(entry.path()).string();
            else if (entry.is_regular_file())
                text += " " + read_text(entry.path());
            found[entry.path().lexically_relative(path()).string()] = text;
        }
        return found;
    }

  private:
    static bool has_created(const std::string& config) {
        return config.find("created") != std::string::npos;
    }
    void write_list(const std::string& file, Json list, bool reversed) const {
        if (reversed) std::reverse(list.begin(), list.end());
        write_text(path() / file, list.dump(2));
    }

    TemporaryDirectory directory_;
    std::string run_;
    Json layers_ = Json::array();
    Json images_ = Json::array();
};

const std::string kDated = R"({"created":"2020-02-02T00:00:00Z"})";
const std::string kUndated = R"({"created":null})";

/// Two images that share a layer.
Names fill(PodmanStore& store) {
    const auto base = store.add_layer("base", {});
    const auto dated = store.add_image(kDated, store.add_layer("app", base));
    const auto undated = store.add_image(kUndated, base);
    return {{dated, {"app", "localhost/app:1"}}, {undated, {}}};
}

}  // namespace

TEST_CASE("Two runs that unpack the same images make the same store") {
    PodmanStore first("monday");
    const auto names = fill(first);
    first.write();
    PodmanStore second("tuesday");
    fill(second);
    second.write(true);
    for (const auto* store : {&first, &second}) {
        const auto fixed = normalise(store->path(), names);
        INFO((fixed ? std::string() : fixed.error().text()));
        REQUIRE(fixed);
    }
    CHECK(first.content() == second.content());
}

TEST_CASE("What reading a store needs is there, and nothing else") {
    PodmanStore store("monday");
    const auto names = fill(store);
    store.add_image("{}", store.add_layer("of an image that nobody named", {}));
    store.write();
    REQUIRE(normalise(store.path(), names));
    std::set<std::string> found;
    for (const auto& [path, text] : store.content())
        if (path.find("/usr") == std::string::npos) found.insert(path);
    const auto base = sha256("base").hex();
    const auto app = sha256("app" + base).hex();
    const auto dated = sha256(kDated).hex();
    const auto undated = sha256(kUndated).hex();
    const std::set<std::string> wanted{"overlay",
                                       "overlay/l",
                                       "overlay/l/" + link_id(*Sha256::parse(base)),
                                       "overlay/l/" + link_id(*Sha256::parse(app)),
                                       "overlay/" + base,
                                       "overlay/" + base + "/diff",
                                       "overlay/" + base + "/link",
                                       "overlay/" + app,
                                       "overlay/" + app + "/diff",
                                       "overlay/" + app + "/link",
                                       "overlay/" + app + "/lower",
                                       "overlay-images",
                                       "overlay-images/images.json",
                                       "overlay-images/images.lock",
                                       "overlay-images/" + dated,
                                       "overlay-images/" + dated + "/=config",
                                       "overlay-images/" + dated + "/manifest",
                                       "overlay-images/" + undated,
                                       "overlay-images/" + undated + "/=config",
                                       "overlay-images/" + undated + "/manifest",
                                       "overlay-layers",
                                       "overlay-layers/layers.json",
                                       "overlay-layers/layers.lock",
                                       "overlay-layers/" + base + ".tar-split.gz",
                                       "overlay-layers/" + app + ".tar-split.gz"};
    CHECK(found == wanted);
}

TEST_CASE("Layers find each other by links whose names follow from the layers") {
    PodmanStore store("monday");
    const auto base = store.add_layer("base", {});
    const auto middle = store.add_layer("middle", base);
    const auto top = store.add_layer("top", middle);
    const Names names{{store.add_image("{}", top), {}}};
    store.write();
    REQUIRE(normalise(store.path(), names));
    const auto link = [](const std::string& layer) { return link_id(*Sha256::parse(layer)); };
    const auto overlay = store.path() / "overlay";
    CHECK(read_text(overlay / top / "lower") == "l/" + link(middle) + ":l/" + link(base));
    CHECK(read_text(overlay / middle / "lower") == "l/" + link(base));
    for (const auto& layer : {base, middle, top}) {
        CHECK(read_text(overlay / layer / "link") == link(layer));
        CHECK(fs::read_symlink(overlay / "l" / link(layer)) == "../" + layer + "/diff");
    }
}

TEST_CASE("Records have the names given, and what of them does not depend on the run") {
    PodmanStore store("monday");
    const auto names = fill(store);
    store.write();
    REQUIRE(normalise(store.path(), names));
    const auto images = store.read("overlay-images/images.json");
    REQUIRE(images.size() == 2);
    CHECK(images[0]["id"] < images[1]["id"]);
    for (const auto& image : images) {
        const bool dated = image["id"] == sha256(kDated).hex();
        CHECK(image["created"] == (dated ? "2020-02-02T00:00:00Z" : "1970-01-01T00:00:00Z"));
        CHECK(image.value("names", Json()) ==
              (dated ? Json{"localhost/app:1", "localhost/app:latest"} : Json()));
        CHECK_FALSE(image.contains("names-history"));
        CHECK(image["big-data-names"] == Json{"config", "manifest"});
    }
    const auto layers = store.read("overlay-layers/layers.json");
    REQUIRE(layers.size() == 2);
    CHECK(layers[0]["id"] < layers[1]["id"]);
    for (const auto& layer : layers) {
        CHECK(layer["created"] == "1970-01-01T00:00:00Z");
        CHECK_FALSE(layer.contains("names"));
        CHECK(layer["uidset"] == Json{0, 5});
        CHECK(layer["compression"] == 4);
    }
}

TEST_CASE("What an image says of its files stays, and what no image brings has no time") {
    PodmanStore store("monday");
    const auto base = store.add_layer("base", {});
    const Names names{{store.add_image("{}", base), {}}};
    const auto layer = store.path() / "overlay" / base;
    fs::create_symlink("nowhere", layer / "diff/usr/link");
    set_time(layer / "diff/usr/link", kFuture);
    fs::create_directories(layer / "diff/usr/diff");
    set_time(layer / "diff/usr/diff", 1'000'000'002);
    fs::permissions(layer / "diff/usr/share/text", fs::perms(04755));
    set_time(layer / "diff/usr", kFuture + 1);
    set_time(layer / "diff", 1'000'000'003);
    store.write();
    REQUIRE(normalise(store.path(), names));
    struct Row {
        const char* path;
        std::time_t time;
        unsigned mode;
    };
    const std::vector<Row> rows = {{"", 0, 0700},
                                   {"link", 0, 0600},
                                   {"diff", 1'000'000'003, 0755},
                                   {"diff/usr", kFuture + 1, 0755},
                                   {"diff/usr/diff", 1'000'000'002, 0755},
                                   {"diff/usr/link", kFuture, 0777},
                                   {"diff/usr/share", 1'000'000'001, 0755},
                                   {"diff/usr/share/text", 1'000'000'000, 04755}};
    for (const auto& row : rows) {
        INFO(row.path);
        const auto file = status_of(row.path[0] == '\0' ? layer : layer / row.path);
        CHECK(file.st_mtim.tv_sec == row.time);
        CHECK((file.st_mode & 07777U) == row.mode);
    }
    CHECK(status_of(store.path()).st_mtim.tv_sec == 0);
}

TEST_CASE("An image without layers, or one that is the top layer of another, is no exception") {
    PodmanStore store("monday");
    const Names names{{store.add_image("{}", {}), {"empty"}}};
    store.write();
    SECTION("and podman has written an empty list of layers") {}
    SECTION("and podman has written none") {
        fs::remove_all(store.path() / "overlay-layers");
    }
    REQUIRE(normalise(store.path(), names));
    CHECK(store.read("overlay-images/images.json").size() == 1);
    CHECK(store.read("overlay-layers/layers.json") == Json::array());
}

TEST_CASE("An image may have fifty layers, and no more") {
    for (const int count : {50, 51}) {
        PodmanStore store("monday");
        std::string top;
        for (int i = 0; i < count; ++i)
            top = store.add_layer("layer", top);
        const auto image = store.add_image("{}", top);
        store.write();
        const auto fixed = normalise(store.path(), {{image, {}}});
        REQUIRE(fixed.has_value() == (count == 50));
        if (fixed) continue;
        CHECK(fixed.error().code() == ErrorCode::invalid);
        CHECK(fixed.error().text().find(image.hex() + " has more than 50 layers") !=
              std::string::npos);
    }
}

TEST_CASE("A store that is not what it should be is refused") {
    struct Row {
        const char* what;
        std::string images;
        std::string layers;
        ErrorCode code;
    };
    const auto id = sha256("an image");
    const auto layer = sha256("a layer").hex();
    const auto image = R"([{"id":")" + id.hex() + R"(","layer":")" + layer + R"("}])";
    const std::vector<Row> rows = {
        {"another image", "[]", "[]", ErrorCode::invalid},
        {"a layer too few", image, "[]", ErrorCode::internal},
        {"a layer that is not unpacked", image, R"([{"id":")" + layer + R"("}])",
         ErrorCode::internal},
        {"no id", "[{}]", "[]", ErrorCode::internal},
        {"an id that leads elsewhere", R"([{"id":"../.."}])", "[]", ErrorCode::invalid},
        {"no JSON", "x", "[]", ErrorCode::internal},
        {"no list", R"({"id":1})", "[]", ErrorCode::internal},
    };
    for (const auto& row : rows) {
        INFO(row.what);
        const TemporaryDirectory store;
        write_text(store.path() / "overlay-images/images.json", row.images);
        write_text(store.path() / "overlay-layers/layers.json", row.layers);
        const auto fixed = normalise(store.path(), {{id, {}}});
        REQUIRE_FALSE(fixed);
        INFO(fixed.error().text());
        CHECK(fixed.error().code() == row.code);
    }
}

TEST_CASE("The name of a link is as long as podman's, and another for another layer") {
    const auto link = link_id(sha256("a"));
    // printf %s "$(printf a | sha256sum | cut -c1-64)" | sha256sum | xxd -r -p | base32
    CHECK(link == "3I4BCFKNLHCCM4DX3XMLW5UPVG");
    CHECK(link.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == std::string::npos);
    CHECK(link_id(sha256("b")) != link);
}

TEST_CASE("A name is what podman makes of it") {
    const std::string digest = "@sha256:" + std::string(64, 'a');
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"ticker", "localhost/ticker:latest"},
        {"team/ticker:1", "localhost/team/ticker:1"},
        {"localhost/ticker:1", "localhost/ticker:1"},
        {"example.org/a/b", "example.org/a/b:latest"},
        {"example.org:5000/a", "example.org:5000/a:latest"},
        {"docker.io/debian:12", "docker.io/library/debian:12"},
        {"docker.io/team/a:12", "docker.io/team/a:12"},
        {"example.org/a:1" + digest, "example.org/a:1"},
        {"example.org/a" + digest, "example.org/a" + digest},
    };
    for (const auto& [name, stored] : rows)
        CHECK(stored_name(name) == stored);
}
