// SPDX-License-Identifier: GPL-3.0-or-later
// What the reader refuses of bundles with an image store.
#include "tests/unit/bundle/stick.hpp"
#include "tests/unit/bundle/stores.hpp"

using agent::bundle::StoreCheck;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::kChecks;
using tests::kStoreBytes;
using tests::kStoreIndex;
using tests::kStorePath;
using tests::store_text;
using tests::StoreWorkspace;
using tests::TarMember;
using tests::verify_bundle;
using tests::with_manifest;
using tests::write_text;

namespace {

const TarMember kToml{"bundle.toml", std::string(tests::kDescription)};
const TarMember kIndex{"store.json", kStoreIndex};
const TarMember kFile{"files/a", "content of a"};
const TarMember kStore{kStorePath, store_text(10'000)};

}  // namespace

TEST_CASE("Members of a bundle with a store in another order are refused") {
    const StoreWorkspace work;
    work.refused(with_manifest({kToml, kFile, kIndex, kStore}),
                 {"member files/a", "right after `bundle.toml`"});
    work.refused(with_manifest({kToml, kStore, kIndex}), {"right after `bundle.toml`"});
    work.refused(with_manifest({kToml, kIndex, kStore, kFile}), {"files/a", "too late"});
    auto members = with_manifest({kToml, kIndex, kFile, kStore});
    members.insert(members.begin() + 3, kIndex);
    work.refused(members, {"member store.json", "comes twice"});
    members.erase(members.begin() + 3);
    members.push_back(kIndex);
    work.refused(members, {"member store.json", "comes twice"});
    members.pop_back();
    members.push_back(kStore);
    work.refused(members, {kStorePath, "comes twice"});
    members.resize(4);
    work.refused(members, {"b: has 5120 bytes, but the manifest lists 10094"});
    work.refused({{"manifest", tests::manifest_of({kToml})}, kToml, kIndex},
                 {"member store.json", "not listed"});
}

TEST_CASE("A manifest that says of images what does not go together is refused") {
    const StoreWorkspace work;
    const TarMember layout{"images/index.json", "{}"};
    work.refused(with_manifest({kToml, kStore}), {"b: manifest: ", "no store.json"});
    work.refused(with_manifest({kToml, kIndex}), {"b: manifest: ", "no image store"});
    work.refused(with_manifest({kToml, kIndex, layout, kStore}), {"beside the image store"});
    work.refused(with_manifest({kToml, kIndex, kStore, {"images/0000000000000000.sqfs", "hsqs"}}),
                 {"two image stores"});
}

TEST_CASE("A store that is not the one that is listed is refused") {
    const StoreWorkspace work;
    auto members = with_manifest({kToml, kIndex, kStore});
    SECTION("another size") {
        members[3].content += "x";
        work.refused(members, {kStorePath, "10001 bytes", "10000"});
    }
    SECTION("shorter in the file than its header says") {
        members[3].content.resize(4096);
        members[3].declared_size = 10'000;
        write_text(work.bundle, tests::tar_text(members));
        for (const auto check : kChecks) {
            check_fails(work.extract(check), ErrorCode::invalid, {work.bundle.string()});
            CHECK_FALSE(std::filesystem::exists(work.out));
        }
    }
    SECTION("no squashfs") {
        for (const std::string& content : {std::string(), std::string("hsq"), "x" + kStore.content})
            work.refused(with_manifest({kToml, kIndex, {kStorePath, content}}),
                         {kStorePath, "does not begin as a squashfs"});
    }
    SECTION("a sparse file") {
        members.insert(members.begin() + 3, {"pax",
                                             tests::pax_record("GNU.sparse.major=1") +
                                                 tests::pax_record("GNU.sparse.minor=0") +
                                                 tests::pax_record("GNU.sparse.realsize=10000"),
                                             'x'});
        work.refused(members, {work.bundle.string()});
    }
}

TEST_CASE("A flipped bit in a store is found by its hash, and otherwise left to the kernel") {
    const StoreWorkspace work;
    REQUIRE(work.write());
    auto text = tests::read_text(work.bundle);
    const auto offset = text.find(store_text(kStoreBytes));
    REQUIRE(offset != std::string::npos);
    for (const std::size_t at : {std::size_t{4}, kStoreBytes / 2, kStoreBytes - 1}) {
        for (const bool clones : {true, false}) {
            INFO(at << " " << clones);
            auto changed = text;
            changed[offset + at] = static_cast<char>(changed[offset + at] ^ 1);
            write_text(work.bundle, changed);
            const tests::StickInUse in_use({.file = work.bundle, .clones = clones});
            check_fails(work.extract(StoreCheck::hash), ErrorCode::invalid,
                        {kStorePath, "not what the manifest lists"});
            CHECK_FALSE(std::filesystem::exists(work.out));
            check_fails(verify_bundle(work.bundle), ErrorCode::invalid, {kStorePath});
            REQUIRE(work.extract(StoreCheck::leave_to_kernel));
            CHECK(work.kept(kStorePath) == changed.substr(offset, kStoreBytes));
            CHECK_FALSE(work.is_marked());
        }
    }
}

TEST_CASE("A bundle with a store that was cut anywhere is refused, and leaves nothing behind") {
    const StoreWorkspace work;
    write_text(work.dir.path() / "store", store_text(40'960));
    REQUIRE(work.write());
    const std::string whole = tests::read_text(work.bundle);
    for (std::size_t size = 0; size < whole.size(); size += 512) {
        INFO("cut to " << size << " of " << whole.size());
        write_text(work.bundle, whole.substr(0, size));
        for (const auto check : kChecks) {
            check_fails(work.extract(check), ErrorCode::invalid, {work.bundle.string()});
            REQUIRE_FALSE(std::filesystem::exists(work.out));
        }
    }
    write_text(work.bundle, whole + std::string(512, 'x'));
    for (const auto check : kChecks)
        check_fails(work.extract(check), ErrorCode::invalid, {"behind the end"});
}
