// SPDX-License-Identifier: GPL-3.0-or-later
// Files on a medium that fails, and files that change while they are read.
#include "tests/unit/bundle/bundles.hpp"
#include "tests/unit/bundle/stick.hpp"
#include "tests/unit/bundle/stores.hpp"

using agent::bundle::BundleReader;
using agent::bundle::StoreCheck;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::StickInUse;
using tests::TemporaryDirectory;
using tests::write_text;

namespace {

/// A bundle that is larger than what is read at once.
std::vector<tests::TarMember> large_members() {
    return tests::with_manifest({{"bundle.toml", std::string(tests::kDescription)},
                                 {"files/large", std::string(300'000, 'x')}});
}

}  // namespace

TEST_CASE("A medium that fails anywhere is told as one, and leaves nothing behind") {
    const TemporaryDirectory dir;
    const auto file = dir.path() / "b";
    const std::string tar = tests::tar_text(large_members());
    write_text(file, tar);
    constexpr std::size_t kEndMark = 1024;
    for (std::size_t gives = 0; gives < tar.size() - kEndMark; gives += 1500) {
        INFO("after " << gives << " bytes");
        const StickInUse in_use(
            {.file = std::filesystem::canonical(file), .gives = static_cast<off_t>(gives)});
        const auto extracted = tests::extract_bundle(file, dir.path() / "out");
        check_fails(extracted, ErrorCode::unreachable,
                    {file.string(), "Input/output error", "medium"});
        REQUIRE_FALSE(std::filesystem::exists(dir.path() / "out"));
    }
}

TEST_CASE("A medium that fails within an image store is told as one, however it is brought") {
    const TemporaryDirectory dir;
    const auto file = dir.path() / "b";
    constexpr std::size_t kStore = 12U << 20U;
    write_text(file, tests::tar_text(tests::store_members(kStore)));
    for (const auto check : {StoreCheck::hash, StoreCheck::leave_to_kernel}) {
        for (const off_t gives : {5000, 2'000'000, 10'000'000}) {
            INFO("after " << gives << " bytes");
            const StickInUse in_use({.file = std::filesystem::canonical(file), .gives = gives});
            check_fails(
                tests::extract_bundle(file, dir.path() / "out", {}, {.check = check, .origin = {}}),
                ErrorCode::unreachable, {file.string(), "Input/output error", "medium"});
            REQUIRE_FALSE(std::filesystem::exists(dir.path() / "out"));
        }
    }
}

TEST_CASE("A file that is changed after its description was read is refused") {
    const TemporaryDirectory dir;
    const auto file = dir.path() / "b";
    std::string tar = tests::tar_text(large_members());
    write_text(file, tar);
    auto reader = BundleReader::open(file);
    REQUIRE(reader);
    REQUIRE(reader->read_description());
    tar[200'000] = 'y';
    write_text(file, tar);
    check_fails(reader->extract(dir.path() / "out", {}), ErrorCode::invalid,
                {"files/large", "not what the manifest lists"});
    CHECK_FALSE(std::filesystem::exists(dir.path() / "out"));
}

TEST_CASE("A file that is replaced after its description was read is the one that was opened") {
    const TemporaryDirectory dir;
    const auto file = dir.path() / "b";
    write_text(file, tests::tar_text(large_members()));
    auto reader = BundleReader::open(file);
    REQUIRE(reader);
    REQUIRE(reader->read_description());
    write_text(dir.path() / "other", "something else");
    std::filesystem::rename(dir.path() / "other", file);
    REQUIRE(reader->extract(dir.path() / "out", {}));
    CHECK(tests::read_text(dir.path() / "out/files/large") == std::string(300'000, 'x'));
}
