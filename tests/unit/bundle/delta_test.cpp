// SPDX-License-Identifier: GPL-3.0-or-later
// Delta files: a bundle whose image store is made of another one.
#include <functional>

#include "agent/bundle/delta_origin.hpp"
#include "agent/bundle/delta_writer.hpp"
#include "agent/bundle/verity_tree.hpp"
#include "agent/model/image_store.hpp"
#include "tests/unit/bundle/stores.hpp"

using agent::bundle::BundleReader;
using agent::bundle::DeltaOrigin;
using agent::bundle::parse_delta_origin;
using agent::model::ErrorCode;
using agent::model::Version;
using tests::check_fails;
using tests::extract_bundle;

namespace {

constexpr std::size_t kOldBytes = 700'000;

/// A bundle with an image store that has a hash tree, as `bundle create` makes it.
struct WholeBundle {
    std::filesystem::path file;
    std::string store;
    agent::model::ImageStore index;

    WholeBundle(const std::filesystem::path& directory, const std::string& name,
                const std::string& data)
        : file(directory / (name + ".bundle")) {
        const auto path = directory / (name + ".sqfs");
        tests::write_text(path, data);
        const auto tree = agent::bundle::append_verity_tree(path).value();
        store = tests::read_text(path);
        index = {.digest = agent::crypto::sha256(store),
                 .size = store.size(),
                 .root_hash = tree.root_hash,
                 .hash_offset = tree.hash_offset,
                 .images = {}};
        tests::write_text(directory / "a", "content of a");
        const agent::bundle::BundleContent content{std::string(tests::kDescription),
                                                   {{"files/a", directory / "a"}},
                                                   {},
                                                   to_text(index),
                                                   path,
                                                   agent::model::store_member(index.root_hash)};
        REQUIRE(agent::bundle::write_bundle(content, tests::signing_material(), file, {}));
    }
    [[nodiscard]] std::string member() const { return agent::model::store_member(index.root_hash); }
};

std::string old_data() {
    return tests::store_text(kOldBytes);
}

/// As an update has it: something new in the midst, so that all behind it moves.
std::string new_data() {
    auto data = old_data();
    return data.insert(kOldBytes / 3, std::string(10'001, 'n'));
}

struct Workspace {
    tests::TemporaryDirectory dir;
    WholeBundle old{dir.path(), "old", old_data()};
    WholeBundle fresh{dir.path(), "fresh", new_data()};
    std::filesystem::path delta = dir.path() / "delta.bundle";
    std::filesystem::path out = dir.path() / "out";

    std::function<agent::model::Result<>()> go_on = [] { return agent::model::Result<>(); };

    [[nodiscard]] agent::model::Result<> write() const {
        TRY_ASSIGN(auto reader, BundleReader::open(old.file));
        TRY(reader.read_description());
        TRY_ASSIGN(const auto store, reader.find_store());
        return agent::bundle::write_delta(
            {{old.index.digest, Version::parse("1.0.0").value()}, store, old.index.hash_offset},
            fresh.file, delta, [this] { return go_on(); });
    }
    [[nodiscard]] agent::model::Result<> extract(
        const std::string& origin = "old.sqfs",
        agent::bundle::StoreCheck check = agent::bundle::StoreCheck::hash) const {
        std::filesystem::remove_all(out);
        return extract_bundle(
            delta, out, {},
            {.check = check,
             .origin = origin.empty() ? std::filesystem::path() : dir.path() / origin});
    }
    /// Puts another text in the place of the one that is there, of the same length.
    void change(const std::string& from, const std::string& to) const {
        auto text = tests::read_text(delta);
        const auto at = text.find(from);
        REQUIRE(at != std::string::npos);
        tests::write_text(delta, text.replace(at, to.size(), to));
    }
};

}  // namespace

TEST_CASE("What a delta starts from is a line") {
    const std::string digest(64, 'a');
    const auto origin = parse_delta_origin("rdiff " + digest + " 1.2.0-rc.1\n");
    REQUIRE(origin);
    CHECK(origin->store.hex() == digest);
    CHECK(origin->version.to_string() == "1.2.0-rc.1");
    CHECK(to_text(*origin) == "rdiff " + digest + " 1.2.0-rc.1\n");
    for (const auto& bad : {std::string(), "rdiff " + digest + " 1.0.0", "rdiff " + digest + "\n",
                            "rdiff  " + digest + " 1.0.0\n", "rdiff sha256:" + digest + " 1.0.0\n",
                            "rdiff " + digest + " 1.0\n", "rdiff " + digest + " 1.0.0 \n",
                            "rdiff " + digest + " 1.0.0\n\n", std::string("rdiff aa 1.0.0\n")}) {
        INFO(bad);
        check_fails(parse_delta_origin(bad), ErrorCode::invalid, {});
    }
    check_fails(parse_delta_origin("zsync " + digest + " 1.0.0\n"), ErrorCode::invalid,
                {"format", "install the whole bundle"});
}

TEST_CASE("A delta file makes of the old store what the whole bundle has, and is much smaller") {
    const Workspace work;
    REQUIRE(work.write());
    // Neither what moved nor the hash tree is in it.
    CHECK(std::filesystem::file_size(work.delta) < 60'000);
    REQUIRE(extract_bundle(work.fresh.file, work.dir.path() / "whole"));
    const auto whole = tests::files_below(work.dir.path() / "whole");
    for (const auto check : tests::kChecks) {
        REQUIRE(work.extract("old.sqfs", check));
        CHECK((tests::files_below(work.out) == whole));
    }
    CHECK(whole.count("images/checked") == 1);

    const auto reader = BundleReader::open(work.delta);
    REQUIRE(reader);
    CHECK(reader->digest() == BundleReader::open(work.fresh.file)->digest());
    CHECK(tests::verify_bundle(work.delta));
}

TEST_CASE("Making a delta is cancelled wherever that is asked for, and nothing is left") {
    Workspace work;
    const auto before = tests::files_below(work.dir.path());
    unsigned asked = 0;
    unsigned allowed = 0;
    work.go_on = [&]() -> agent::model::Result<> {
        if (asked++ < allowed) return {};
        return agent::model::fail(ErrorCode::busy, "cancelled");
    };
    for (;; ++allowed, asked = 0) {
        const auto written = work.write();
        if (written) break;
        CHECK(written.error().code() == ErrorCode::busy);
        CHECK((tests::files_below(work.dir.path()) == before));
    }
    // Before each piece of the old store as a whole, then of its data, and of the fresh one's.
    CHECK(allowed > 3);
    CHECK(std::filesystem::exists(work.delta));
}

TEST_CASE("A delta file says what it starts from, a whole bundle that it is one") {
    const Workspace work;
    REQUIRE(work.write());
    auto reader = BundleReader::open(work.delta).value();
    REQUIRE(reader.read_description());
    const auto text = reader.read_delta_origin().value();
    REQUIRE(text);
    CHECK(parse_delta_origin(*text).value() ==
          DeltaOrigin{work.old.index.digest, Version::parse("1.0.0").value()});
    CHECK(reader.read_delta_origin().value() == text);
    CHECK(reader.read_members({"files/a"}, 100).value().at("files/a") == "content of a");

    auto whole = BundleReader::open(work.fresh.file).value();
    REQUIRE(whole.read_description());
    CHECK_FALSE(whole.read_delta_origin().value());
    CHECK(whole.extract(work.out, {}));

    auto without = BundleReader::open(tests::small_bundle()).value();
    REQUIRE(without.read_description());
    CHECK_FALSE(without.read_delta_origin().value());
    CHECK(without.verify_rest({}));
}

TEST_CASE(
    "Where the old store is another one, or damaged, nothing is left and the advice is told") {
    const Workspace work;
    REQUIRE(work.write());
    check_fails(work.extract(""), ErrorCode::conflict, {"delta", "take the whole bundle"});
    check_fails(work.extract("absent"), ErrorCode::not_found, {"absent"});
    auto text = work.old.store;
    text[kOldBytes / 2] ^= 1;
    const std::pair<const char*, std::string> cases[] = {
        {"other", tests::store_text(kOldBytes / 2)}, {"flipped", text}, {"empty", ""}};
    for (const auto& [name, content] : cases) {
        tests::write_text(work.dir.path() / name, content);
        check_fails(work.extract(name), ErrorCode::invalid,
                    {"delta.bundle", name, "install the whole bundle"});
        CHECK_FALSE(std::filesystem::exists(work.out));
    }
}

TEST_CASE("A delta file that was changed is refused, and nothing is left") {
    const Workspace work;
    REQUIRE(work.write());
    const auto good = tests::read_text(work.delta);
    const auto name = "images/" + agent::model::store_name(work.fresh.index.root_hash);
    const std::pair<const char*, std::function<void()>> cases[] = {
        {"a bit of what is new", [&] { work.change("nnnn", "nnnm"); }},
        {"a small file", [&] { work.change("content of a", "content of b"); }},
        {"no delta, but its difference",
         [&] {
             // The header's checksum stays: the letters are only swapped.
             work.change("delta", "dleta");
         }},
        {"the whole store's name", [&] { work.change(name + ".rdiff", name + ".rdfif"); }},
        {"cut short", [&] { tests::write_text(work.delta, good.substr(0, good.size() - 2048)); }},
    };
    for (const auto& [what, change] : cases) {
        INFO(what);
        tests::write_text(work.delta, good);
        change();
        check_fails(work.extract(), ErrorCode::invalid, {"delta.bundle"});
        CHECK_FALSE(std::filesystem::exists(work.out));
    }
}

TEST_CASE("A whole store in a delta file is not taken for one that was compared") {
    const Workspace work;
    const auto members = tests::with_manifest({{"bundle.toml", std::string(tests::kDescription)},
                                               {"store.json", to_text(work.fresh.index)},
                                               {work.fresh.member(), work.fresh.store}});
    auto with_delta = members;
    const DeltaOrigin origin{work.old.index.digest, Version::parse("1.0.0").value()};
    with_delta.insert(with_delta.end() - 1, {"delta", to_text(origin)});
    tests::write_text(work.delta, tests::tar_text(with_delta));
    for (const auto check : tests::kChecks)
        check_fails(work.extract("old.sqfs", check), ErrorCode::invalid, {"is in a delta file"});
    CHECK_FALSE(std::filesystem::exists(work.out));
    check_fails(tests::verify_bundle(work.delta), ErrorCode::invalid, {"is in a delta file"});
}

TEST_CASE("No delta is made from a damaged bundle, nor of one without a store") {
    Workspace work;
    auto text = tests::read_text(work.old.file);
    text[text.size() - 20'000] ^= 1;
    tests::write_text(work.old.file, text);
    check_fails(work.write(), ErrorCode::invalid, {"old.bundle", "damaged"});
    CHECK_FALSE(std::filesystem::exists(work.delta));

    Workspace other;
    other.fresh.file = tests::small_bundle();
    check_fails(other.write(), ErrorCode::invalid, {"has no image store"});
    CHECK_FALSE(std::filesystem::exists(other.delta));
}
