// SPDX-License-Identifier: GPL-3.0-or-later
// Bundles whose images are an image store instead of a layout.
#include <functional>

#include "tests/unit/bundle/stick.hpp"
#include "tests/unit/bundle/stores.hpp"

using agent::bundle::BundleContent;
using agent::bundle::BundleReader;
using agent::bundle::StoreCheck;
using agent::bundle::write_bundle;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::extract_bundle;
using tests::kChecks;
using tests::kStoreBytes;
using tests::kStoreIndex;
using tests::kStorePath;
using tests::store_members;
using tests::store_text;
using tests::StoreWorkspace;
using tests::TarMember;
using tests::verify_bundle;
using tests::with_manifest;
using tests::write_text;

namespace {

/// What read_store_index() gives.
auto index_of(const std::filesystem::path& file)
    -> agent::model::Result<std::optional<std::string>> {
    TRY_ASSIGN(auto reader, BundleReader::open(file));
    TRY_ASSIGN(const std::string description, reader.read_description());
    return reader.read_store_index();
}

const TarMember kToml{"bundle.toml", std::string(tests::kDescription)};
const TarMember kIndex{"store.json", kStoreIndex};
const TarMember kFile{"files/a", "content of a"};
const TarMember kStore{kStorePath, store_text(10'000)};

}  // namespace

TEST_CASE("An image store comes out of a bundle as it was put in, with what is said of it") {
    StoreWorkspace work;
    work.add("files/a", "a");
    work.add("licenses/l", "l");
    REQUIRE(work.write());
    CHECK(verify_bundle(work.bundle));
    CHECK(index_of(work.bundle).value() == kStoreIndex);
    for (const bool clones : {true, false}) {
        const tests::StickInUse in_use({.file = work.bundle, .clones = clones});
        for (const auto check : kChecks) {
            INFO(clones << " " << static_cast<int>(check));
            REQUIRE(work.extract(check));
            CHECK(work.kept("store.json") == kStoreIndex);
            CHECK(work.kept(kStorePath) == store_text(kStoreBytes));
            CHECK(work.kept("files/a") == "a");
            CHECK(work.is_marked() == (check == StoreCheck::hash));
        }
    }
    CHECK(tests::files_below(work.out).size() == 7);
}

TEST_CASE("tar lists the store last, its index behind the description, and can extract it") {
    StoreWorkspace work;
    work.add("schemas/s.json", "{}");
    work.add("files/a", "a");
    REQUIRE(work.write());
    tests::must(work.dir.path(), "tar -tf b >names && mkdir by-tar && tar -xf b -C by-tar");
    CHECK(tests::read_text(work.dir.path() / "names") ==
          "manifest\nmanifest.sig\nbundle.toml\nstore.json\nfiles/a\nschemas/s.json\n" +
              kStorePath + "\n");
    CHECK(tests::read_text(work.dir.path() / "by-tar" / kStorePath) == store_text(kStoreBytes));
    tests::must(work.dir.path() / "by-tar",
                "awk '{print $1 \"  \" $3}' manifest | sha256sum -c --strict");
}

TEST_CASE("The data of a store is at a multiple of 4096, whatever the lengths before it") {
    StoreWorkspace work;
    write_text(work.dir.path() / "store", store_text(8192));
    for (std::size_t files = 0; files < 24; ++files) {
        INFO(files << " files");
        if (files > 0) work.add("files/" + std::to_string(files), std::string(61 * files, 'f'));
        REQUIRE(work.write());
        const auto offset = tests::read_text(work.bundle).find(store_text(8192));
        CHECK(offset != std::string::npos);
        CHECK(offset % 4096 == 0);
        REQUIRE(work.extract(StoreCheck::leave_to_kernel));
        CHECK(work.kept(kStorePath) == store_text(8192));
    }
}

TEST_CASE("The same store gives the same bundle") {
    const StoreWorkspace work;
    const auto write_unsigned = [&] { return write_bundle(work.content, {}, work.bundle, {}); };
    const auto first = write_unsigned();
    REQUIRE(first);
    const auto text = tests::read_text(work.bundle);
    tests::must(work.dir.path(), "touch -d 2001-01-01 store");
    CHECK(write_unsigned() == *first);
    CHECK(tests::read_text(work.bundle) == text);
}

TEST_CASE("What is no image store, or only half of one, is not written") {
    struct Case {
        const char* what;
        std::function<void(BundleContent&)> change;
        ErrorCode code;
        std::string_view part;
    };
    const Case cases[] = {
        {"no index", [](auto& content) { content.store_index.clear(); }, ErrorCode::invalid,
         "no store.json"},
        {"no store", [](auto& content) { content.store_file.clear(); }, ErrorCode::invalid,
         "no image store"},
        {"another name", [](auto& content) { content.store_member = "images/store.sqfs"; },
         ErrorCode::invalid, "images/<16 hexadecimal digits>.sqfs"},
        {"a missing store", [](auto& content) { content.store_file += "s"; }, ErrorCode::not_found,
         "stores"},
        {"a large index", [](auto& content) { content.store_index.assign((1U << 20U) + 1, ' '); },
         ErrorCode::invalid, "store.json is larger than 1 MiB"},
        {"a layout, too",
         [](auto& content) {
             content.image_layout = content.store_file.parent_path() / "layout";
             tests::make_small_layout(content.image_layout);
         },
         ErrorCode::invalid, "beside the image store"},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        StoreWorkspace work;
        each.change(work.content);
        check_fails(work.write(), each.code, {each.part});
        CHECK_FALSE(std::filesystem::exists(work.bundle));
    }
}

TEST_CASE("Bundles by other programs have their store anywhere, behind any header") {
    const StoreWorkspace work;
    for (const std::string options :
         {"--format=ustar", "--format=gnu", "--format=pax --pax-option=comment:=x", "-b 2048"}) {
        INFO(options);
        const auto source = work.dir.path() / "source";
        std::filesystem::create_directories(source / "images");
        std::string names;
        for (const auto& member : with_manifest({kToml, kIndex, kStore})) {
            write_text(source / member.path, member.content);
            names += " " + member.path;
        }
        tests::must(source, "tar " + options + " -cf '" + work.bundle.string() + "'" + names);
        for (const auto check : kChecks) {
            REQUIRE(work.extract(check));
            CHECK(work.kept(kStorePath) == kStore.content);
        }
    }
}

TEST_CASE("The index of a store is read right behind the description, or not at all") {
    const StoreWorkspace work;
    const auto read = [&](const std::vector<TarMember>& members) {
        write_text(work.bundle, tests::tar_text(members));
        return index_of(work.bundle);
    };
    CHECK(read(with_manifest({kToml, kIndex, kFile, kStore})).value() == kStoreIndex);
    CHECK(read(with_manifest({kToml, kFile})).value() == std::nullopt);
    CHECK(read(with_manifest({kToml, {"images/index.json", "{}"}})).value() == std::nullopt);
    CHECK(read(with_manifest({kToml, {"store.json", ""}, kStore})).value() == "");

    check_fails(read(with_manifest({kToml, kFile, kIndex, kStore})), ErrorCode::invalid,
                {"member files/a", "store.json", "right after `bundle.toml`"});
    check_fails(read(with_manifest({kToml, kStore, kIndex})), ErrorCode::invalid,
                {kStorePath, "right after `bundle.toml`"});
    check_fails(
        read(with_manifest({kToml, {"store.json", std::string((1U << 20U) + 1, ' ')}, kStore})),
        ErrorCode::invalid, {"member store.json", "at most 1048576"});
    auto members = with_manifest({kToml, kIndex, kStore});
    members[2].content[0] = '[';
    check_fails(read(members), ErrorCode::invalid, {"store.json", "not what the manifest"});
    members.erase(members.begin() + 2, members.end());
    check_fails(read(members), ErrorCode::invalid, {"store.json and 1 others", "ends before"});
}

TEST_CASE("The index can be read twice, and the rest follows") {
    const StoreWorkspace work;
    REQUIRE(work.write());
    auto reader = BundleReader::open(work.bundle);
    REQUIRE(reader);
    REQUIRE(reader->read_description());
    CHECK(reader->read_store_index().value() == kStoreIndex);
    CHECK(reader->read_store_index().value() == kStoreIndex);
    std::uint64_t last = 0;
    REQUIRE(reader->extract(work.out, [&](std::uint64_t done, std::uint64_t total) {
        CHECK(done > last);
        CHECK(done <= total);
        last = done;
        return true;
    }));
    CHECK(last == reader->manifest().total_size());
    CHECK(work.kept("store.json") == kStoreIndex);
}

TEST_CASE("Small members of a bundle with a store are read without it") {
    StoreWorkspace work;
    work.add("schemas/s.json", "true");
    REQUIRE(work.write());
    const tests::StickInUse in_use({.file = work.bundle});
    auto reader = BundleReader::open(work.bundle);
    REQUIRE(reader);
    CHECK(reader->read_members({"schemas/s.json", "store.json"}, 1000).value() ==
          std::map<std::string, std::string>{{"schemas/s.json", "true"},
                                             {"store.json", kStoreIndex}});
    CHECK(tests::stick().read < 200'000);
}

TEST_CASE("A store that is left to the kernel is not read") {
    const StoreWorkspace work;
    constexpr std::size_t kLarge = 8U << 20U;
    write_text(work.dir.path() / "store", store_text(kLarge));
    REQUIRE(work.write());
    struct Case {
        bool clones;
        StoreCheck check;
        bool is_read;
    };
    const Case cases[] = {{true, StoreCheck::leave_to_kernel, false},
                          {false, StoreCheck::leave_to_kernel, false},
                          // From the clone, which is another file.
                          {true, StoreCheck::hash, false},
                          {false, StoreCheck::hash, true}};
    for (const auto& each : cases) {
        const tests::StickInUse in_use({.file = work.bundle, .clones = each.clones});
        REQUIRE(work.extract(each.check));
        CHECK((tests::stick().read > kLarge) == each.is_read);
        CHECK((tests::stick().read < 4U << 20U) == !each.is_read);
        CHECK(work.kept(kStorePath) == store_text(kLarge));
    }
}

TEST_CASE("A store that ends within a block of the archive is skipped to its end") {
    const StoreWorkspace work;
    for (const std::size_t size : {4U, 511U, 512U, 513U, 70'000U, 1'500'001U}) {
        INFO(size);
        write_text(work.bundle, tests::tar_text(store_members(size)));
        REQUIRE(work.extract(StoreCheck::leave_to_kernel));
        CHECK(work.kept(kStorePath) == store_text(size));
        REQUIRE(work.extract(StoreCheck::hash));
        CHECK(work.kept(kStorePath) == store_text(size));
    }
}

TEST_CASE("Cancelling while a store is brought removes everything") {
    const StoreWorkspace work;
    REQUIRE(work.write());
    for (const bool clones : {true, false}) {
        const tests::StickInUse in_use({.file = work.bundle, .clones = clones});
        for (const auto check : kChecks) {
            check_fails(extract_bundle(work.bundle, work.out, [](auto, auto) { return false; },
                                       {.check = check, .origin = {}}),
                        ErrorCode::busy, {"cancelled"});
            CHECK_FALSE(std::filesystem::exists(work.out));
        }
    }
}
