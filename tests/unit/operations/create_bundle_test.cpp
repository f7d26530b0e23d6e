// SPDX-License-Identifier: GPL-3.0-or-later
// Making a bundle file from a description and the images that it names.
#include "agent/operations/create_bundle.hpp"

#include <algorithm>

#include "agent/bundle/reader.hpp"
#include "agent/model/image_store.hpp"
#include "agent/operations/inspect_bundle.hpp"
#include "tests/unit/bundle/layouts.hpp"
#include "tests/unit/operations/scene.hpp"

using namespace test;
using operations::create_bundle;
using operations::CreateBundleRequest;

namespace {

const std::string kTicker = "localhost/ticker:1";

/// A directory with what one makes bundles from: description, key, certificates, and a layout.
class Workshop {
  public:
    explicit Workshop(const std::string& description = clock_description()) {
        const auto& pki = tests::shared_pki();
        write("bundle.toml", description);
        write("signer.key", pki.key("signer"));
        write("signer.pem", pki.pem("signer"));
        write("chain.pem", pki.pem("intermediate"));
        tests::LayoutBuilder layout(path("layout"));
        for (const auto* name : {"ticker", "broker", "bridge"})
            layout.add(layout.put_image({layout.put_layer(name, "gzip")},
                                        tests::LayoutBuilder::ref(image(name))));
        before_ = names();
    }

    [[nodiscard]] std::filesystem::path path(const std::string& name) const {
        return directory_.path() / name;
    }
    void write(const std::string& name, const std::string& text) const {
        write_text(path(name), text);
    }
    [[nodiscard]] CreateBundleRequest request() const {
        return {.description = path("bundle.toml"),
                .key = path("signer.key"),
                .certificate = path("signer.pem"),
                .chain = path("chain.pem"),
                .layout = path("layout"),
                .add = {},
                .output = path("out.bundle")};
    }
    /// Files that were not there at first.
    [[nodiscard]] std::vector<std::string> made() const {
        std::vector<std::string> more;
        const auto now = names();
        std::set_difference(now.begin(), now.end(), before_.begin(), before_.end(),
                            std::back_inserter(more));
        return more;
    }

  private:
    static std::string image(const std::string& name) { return "localhost/" + name + ":1"; }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(directory_.path()))
            found.push_back(entry.path().filename().string());
        std::sort(found.begin(), found.end());
        return found;
    }

    TemporaryDirectory directory_;
    std::vector<std::string> before_;
};

using Names = std::vector<std::string>;

/// While it lives, relative paths start from another directory.
class WorkingDirectory {
  public:
    explicit WorkingDirectory(const std::filesystem::path& path) {
        std::filesystem::current_path(path);
    }
    ~WorkingDirectory() { std::filesystem::current_path(before_); }
    WorkingDirectory(const WorkingDirectory&) = delete;
    WorkingDirectory& operator=(const WorkingDirectory&) = delete;

  private:
    std::filesystem::path before_ = std::filesystem::current_path();
};

}  // namespace

TEST_CASE("A bundle that was made is trusted, and is installed with the ids of its images") {
    Scene scene;
    const Workshop workshop;
    const auto made = must(create_bundle(scene.context(), workshop.request()));
    CHECK(made.file == workshop.path("out.bundle"));
    CHECK(made.id.value() == "clock");
    CHECK(made.version.to_string() == "0.1.0");
    CHECK(made.size == std::filesystem::file_size(made.file));
    CHECK(workshop.made() == Names{"out.bundle"});
    REQUIRE(made.images.size() == 1);

    const auto inspected = must(operations::inspect_bundle(scene.context(), made.file));
    CHECK(inspected.digest == made.digest);
    REQUIRE(inspected.signer);
    CHECK(has(inspected.signer->signer.subject, "CN=signer"));
    CHECK(has(inspected.text, "image-id = \"sha256:" + made.images.at(kTicker).hex()));
    scene.have({made.file});
    CHECK(scene.active("ticker.service"));
    CHECK(scene.engine.image_names.count(made.images.at(kTicker).hex()) == 1);
}

TEST_CASE("Images come from the engine's store, each once, or from a layout") {
    Scene scene;
    const Workshop workshop(clock_description() +
                            "[[containers]]\nname = \"second\"\nimage = \"localhost/ticker:1\"\n"
                            "[[containers]]\nname = \"third\"\nimage = \"localhost/bridge:1\"\n");
    auto request = workshop.request();
    const auto from_layout = must(create_bundle(scene.context(), request));
    CHECK(scene.faults.calls().empty());
    CHECK(from_layout.images.size() == 2);

    request.layout.clear();
    scene.engine.gives = {kTicker, "localhost/bridge:1"};
    const auto from_store = must(create_bundle(scene.context(), request));
    CHECK(scene.faults.calls() == Names(2, "engine.push_layout"));
    CHECK(from_store.images.size() == 2);
    CHECK(workshop.made() == Names{"out.bundle"});
    scene.have({from_store.file});
    CHECK(scene.active("third.service"));
}

TEST_CASE("A bundle whose images are in a registry brings none") {
    Scene scene;
    const Workshop workshop(
        "format = 1\nid = \"far\"\nversion = \"1.0.0\"\ntype = \"addon\"\nimages = \"registry\"\n"
        "[[containers]]\nname = \"a\"\nimage = \"example.org/a@sha256:" +
        std::string(64, 'a') + "\"\nimage-id = \"sha256:" + std::string(64, 'b') + "\"\n");
    const auto made = must(create_bundle(scene.context(), workshop.request()));
    CHECK(made.images.empty());
    CHECK(must(operations::inspect_bundle(scene.context(), made.file)).members == 1);
}

TEST_CASE("Without another name, the file is called by id and version") {
    Scene scene;
    const Workshop workshop;
    const WorkingDirectory there(workshop.path("."));
    auto request = workshop.request();
    request.output.clear();
    CHECK(must(create_bundle(scene.context(), request)).file == "clock_0.1.0.bundle");
    CHECK(workshop.made() == Names{"clock_0.1.0.bundle"});
}

TEST_CASE("Further files go below files/, or where they are asked to") {
    Scene scene;
    const Workshop workshop;
    workshop.write("notes.txt", "some notes");
    auto request = workshop.request();
    request.add = {workshop.path("notes.txt").string(),
                   workshop.path("notes.txt").string() + ":licenses/NOTES"};
    scene.have({must(create_bundle(scene.context(), request)).file});
    const auto kept = scene.paths().bundles() / "clock_0.1.0";
    CHECK(read_text(kept / "files/notes.txt") == "some notes");
    CHECK(read_text(kept / "licenses/NOTES") == "some notes");
}

TEST_CASE("An id that the description names has to be the image's") {
    Scene scene;
    const Workshop workshop;
    const auto id =
        must(create_bundle(scene.context(), workshop.request())).images.at(kTicker).hex();
    const auto named = [&](const std::string& hex) {
        workshop.write("bundle.toml", clock_description() + "image-id = \"sha256:" + hex + "\"\n");
        return create_bundle(scene.context(), workshop.request());
    };
    CHECK(must(named(id)).images.at(kTicker).hex() == id);
    const std::string other(64, 'd');
    const auto refused = named(other);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::invalid);
    for (const auto& part : {kTicker, std::string("containers[0].image-id"), other, id}) {
        INFO(refused.error().text());
        CHECK(has(refused.error().text(), part));
    }
}

TEST_CASE("What keeps a bundle from being made is told, and leaves nothing behind") {
    struct Case {
        const char* what;
        std::function<void(Scene&, Workshop&, CreateBundleRequest&)> arrange;
        ErrorCode code;
        std::vector<std::string> says;
    };
    using Request = CreateBundleRequest;
    const std::vector<Case> cases = {
        {"no description",
         [](Scene&, Workshop& w, Request& r) { r.description = w.path("none.toml"); },
         ErrorCode::not_found,
         {"none.toml"}},
        {"two errors in the description",
         [](Scene&, Workshop& w, Request&) {
             w.write("bundle.toml", clock_description() + "colour = 1\nsize = 2\n");
         },
         ErrorCode::invalid,
         {"bundle.toml:11:", "colour", "bundle.toml:12:", "size"}},
        {"no key",
         [](Scene&, Workshop& w, Request& r) { r.key = w.path("none.key"); },
         ErrorCode::not_found,
         {"none.key"}},
        {"the key of another certificate",
         [](Scene&, Workshop& w, Request&) {
             w.write("signer.key", tests::shared_pki().key("intermediate"));
         },
         ErrorCode::invalid,
         {"CN=signer", "key"}},
        {"a certificate that is no certificate",
         [](Scene&, Workshop& w, Request&) { w.write("signer.pem", "x"); },
         ErrorCode::invalid,
         {"certificate"}},
        {"an image that the layout does not have",
         [](Scene&, Workshop& w, Request&) {
             w.write("bundle.toml", base_description() +
                                        "[[containers]]\nname = \"more\"\n"
                                        "image = \"localhost/more:1\"\n");
         },
         ErrorCode::not_found,
         {"localhost/more:1", "localhost/ticker:1"}},
        {"an image that the engine does not have",
         [](Scene&, Workshop&, Request& r) { r.layout.clear(); },
         ErrorCode::not_found,
         {"localhost/ticker:1"}},
        {"a further file in a place of the format's own",
         [](Scene&, Workshop& w, Request& r) {
             r.add = {w.path("signer.pem").string() + ":images/index.json"};
         },
         ErrorCode::invalid,
         {"images/index.json", "files/"}},
        {"a further file that is not there",
         [](Scene&, Workshop& w, Request& r) { r.add = {w.path("none.txt").string()}; },
         ErrorCode::not_found,
         {"none.txt"}},
        {"a place that is not there",
         [](Scene&, Workshop& w, Request& r) { r.output = w.path("none/out.bundle"); },
         ErrorCode::not_found,
         {"none"}},
        {"somebody who does not want it any more",
         [](Scene& s, Workshop&, Request&) { s.cancelled = [] { return true; }; },
         ErrorCode::busy,
         {"cancelled"}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        Scene scene;
        Workshop workshop;
        auto request = workshop.request();
        each.arrange(scene, workshop, request);
        const auto refused = create_bundle(scene.context(), request);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == each.code);
        INFO(refused.error().text());
        for (const auto& part : each.says)
            CHECK(has(refused.error().text(), part));
        CHECK(workshop.made().empty());
    }
}

TEST_CASE("A bundle that was there is replaced by a whole one only") {
    Scene scene;
    const Workshop workshop;
    workshop.write("out.bundle", "an older one");
    scene.cancelled = [] { return true; };
    CHECK_FALSE(create_bundle(scene.context(), workshop.request()));
    CHECK(read_text(workshop.path("out.bundle")) == "an older one");
    scene.cancelled = [] { return false; };
    const auto made = must(create_bundle(scene.context(), workshop.request()));
    CHECK(must(operations::verify_bundle(scene.context(), made.file)).digest == made.digest);
}

TEST_CASE("A bundle whose images are a store has these, under the names that they are given") {
    Scene scene;
    const Workshop workshop(clock_description() +
                            "[[containers]]\nname = \"second\"\nimage = \"localhost/ticker:1\"\n"
                            "[[containers]]\nname = \"third\"\nimage = \"localhost/bridge:1\"\n");
    auto request = workshop.request();
    request.images = operations::ImagesKind::store;
    const auto made = must(create_bundle(scene.context(), request));
    CHECK(made.images_kind == operations::ImagesKind::store);
    CHECK(workshop.made() == Names{"out.bundle"});
    CHECK_FALSE(std::filesystem::exists(scene.root() / "scratch"));
    CHECK(must(operations::verify_bundle(scene.context(), made.file)).digest == made.digest);

    auto reader = must(agent::bundle::BundleReader::open(made.file));
    must(reader.read_description());
    const auto text = must(reader.read_store_index());
    REQUIRE(text);
    const auto index = must(model::parse_image_store(*text, "store.json"));
    std::vector<model::Sha256> ids;
    for (const auto& [name, id] : made.images)
        ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    CHECK(index.images == ids);
    CHECK(reader.manifest().find(model::store_member(index.root_hash)) != nullptr);
    const auto list = scene.store_maker.packed.at("overlay-images/images.json");
    for (const auto* name : {"localhost/ticker:1", "localhost/bridge:1"})
        CHECK(has(list, name));
}

TEST_CASE("The same images make the same store, whenever it is unpacked") {
    Scene scene;
    const Workshop workshop;
    auto request = workshop.request();
    request.images = operations::ImagesKind::store;
    const auto first = must(create_bundle(scene.context(), request)).digest;
    CHECK(must(create_bundle(scene.context(), request)).digest == first);
    request.images = operations::ImagesKind::oci;
    CHECK(must(create_bundle(scene.context(), request)).digest != first);
}

TEST_CASE("Where no store can be made nothing is begun") {
    const Workshop far(
        "format = 1\nid = \"far\"\nversion = \"1.0.0\"\ntype = \"addon\"\nimages = \"registry\"\n"
        "[[containers]]\nname = \"a\"\nimage = \"example.org/a@sha256:" +
        std::string(64, 'a') + "\"\n");
    const Workshop near;
    Scene scene;
    scene.store_maker.refusal = model::Error(ErrorCode::conflict, "install squashfs-tools");
    for (const auto* workshop : {&far, &near}) {
        auto request = workshop->request();
        request.images = operations::ImagesKind::store;
        const auto refused = create_bundle(scene.context(), request);
        REQUIRE_FALSE(refused);
        const bool registry = workshop == &far;
        CHECK(refused.error().code() == (registry ? ErrorCode::usage : ErrorCode::conflict));
        CHECK(has(refused.error().text(), registry ? "registry" : "squashfs-tools"));
        CHECK(workshop->made().empty());
    }
    CHECK(scene.faults.calls() == Names{"store_maker.check"});
}

TEST_CASE("A store whose making fails anywhere leaves nothing behind") {
    Scene scene;
    const Workshop workshop;
    auto request = workshop.request();
    request.images = operations::ImagesKind::store;
    must(create_bundle(scene.context(), request));
    std::filesystem::remove(workshop.path("out.bundle"));
    const auto calls = scene.faults.calls();
    REQUIRE(calls == Names{"store_maker.check", "engine.graph_root", "store_maker.make_scratch",
                           "store_maker.unpack", "store_maker.pack", "store_maker.discard"});
    for (unsigned n = 1; n < calls.size(); ++n) {
        INFO(calls[n - 1]);
        scene.faults.fail_at(n, CallFaults::Kind::before);
        CHECK_FALSE(create_bundle(scene.context(), request));
        CHECK(workshop.made().empty());
        CHECK_FALSE(std::filesystem::exists(scene.root() / "scratch"));
    }
    scene.faults.fail_at(static_cast<unsigned>(calls.size()), CallFaults::Kind::before);
    must(create_bundle(scene.context(), request));
    REQUIRE(scene.progress.warnings.size() == 1);
    CHECK(has(scene.progress.warnings.front(), "scratch stays"));
}
