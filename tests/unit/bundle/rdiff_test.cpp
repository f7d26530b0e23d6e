// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/rdiff.hpp"

#include <fcntl.h>

#include <algorithm>

#include "tests/unit/crypto/verification.hpp"

using agent::bundle::apply_rdiff;
using agent::bundle::FileDescriptor;
using agent::bundle::FileRange;
using agent::bundle::write_rdiff;
using agent::model::ErrorCode;
using agent::model::Result;

namespace {

using Piece = std::span<const std::byte>;

/// Looks different everywhere, and in another way for each seed.
std::string text_of(std::size_t size, unsigned seed) {
    std::string text;
    for (unsigned state = seed * 2654435761U + 1; text.size() < size;) {
        state = state * 1664525U + 1013904223U;
        text += static_cast<char>(state >> 24U);
    }
    return text;
}

auto collect(std::string& text) {
    return [&text](Piece piece) {
        text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        return Result<>();
    };
}

Result<> go_on() {
    return {};
}

/// Gives the text in pieces of that size.
auto pieces_of(const std::string& text, std::size_t size) {
    return [&text, size, given = std::size_t{0}]() mutable -> Result<Piece> {
        const auto piece =
            std::as_bytes(std::span(text)).subspan(given, std::min(size, text.size() - given));
        given += piece.size();
        return piece;
    };
}

struct OldFile {
    tests::TemporaryDirectory dir;
    FileDescriptor fd;
    std::uint64_t size;

    explicit OldFile(const std::string& text) : size(text.size()) {
        tests::write_text(dir.path() / "old", text);
        fd = FileDescriptor(::open((dir.path() / "old").c_str(), O_RDONLY | O_CLOEXEC));
    }
    [[nodiscard]] FileRange range() const { return {fd, "old", 0, size}; }

    [[nodiscard]] std::string difference_to(const std::string& fresh) const {
        const OldFile file(fresh);
        std::string text;
        REQUIRE(write_rdiff(range(), file.range(), collect(text), go_on));
        return text;
    }
    [[nodiscard]] Result<std::string> apply(const std::string& difference,
                                            std::size_t piece = 64U << 10U) const {
        std::string text;
        TRY(apply_rdiff(range(), pieces_of(difference, piece), collect(text)));
        return text;
    }
};

/// Of rdiff's format: what it begins with, copying 8 bytes from a place of 8, and the end.
const std::string kMagic = "rs\x02\x36";
std::string copy_command(std::uint64_t from, std::uint64_t size) {
    std::string text = "\x54";
    for (const auto value : {from, size})
        for (int shift = 56; shift >= 0; shift -= 8)
            text += static_cast<char>(value >> static_cast<unsigned>(shift));
    return text;
}
const std::string kEnd(1, '\0');

}  // namespace

TEST_CASE("A difference makes the new file of the old one, and is as small as what is new") {
    constexpr std::size_t kSize = 300'000;
    const std::string old = text_of(kSize, 1);
    struct Case {
        const char* what;
        std::string fresh;
        std::size_t at_most;
    };
    const Case cases[] = {
        {"the same", old, 100},
        {"nothing", "", 10},
        {"cut short", old.substr(0, 100'000), 2'000},
        {"one byte more at the start", "x" + old, 2'000},
        {"a part left out", old.substr(0, 50'000) + old.substr(50'777), 3'000},
        {"a part put in", old.substr(0, 99'999) + text_of(5'000, 2) + old.substr(99'999), 8'000},
        {"the halves the other way round", old.substr(kSize / 2) + old.substr(0, kSize / 2), 3'000},
        {"another one", text_of(kSize, 3), kSize + 100},
    };
    const OldFile file(old);
    for (const auto& each : cases) {
        INFO(each.what);
        const auto difference = file.difference_to(each.fresh);
        CHECK(difference.size() <= each.at_most);
        for (const std::size_t piece : {std::size_t{1} << 20U, std::size_t{4096}, std::size_t{1}})
            CHECK((file.apply(difference, piece).value() == each.fresh));
    }
    CHECK((OldFile("").apply(OldFile("").difference_to(old)).value() == old));
}

TEST_CASE("What is no difference, or one of another file, is refused") {
    constexpr std::uint64_t kHuge = std::uint64_t{1} << 62U;
    const OldFile file(text_of(10'000, 1));
    const auto good = file.difference_to(text_of(100, 2) + text_of(10'000, 1));
    CHECK(file.apply(kMagic + copy_command(0, 10'000) + kEnd).value() == text_of(10'000, 1));
    const std::string cases[] = {
        "",
        "rs",
        "something else",
        kMagic,
        good.substr(0, good.size() - 1),
        good.substr(0, good.size() / 2),
        good + "x",
        kMagic + copy_command(9'999, 2) + kEnd,
        kMagic + copy_command(10'000, 1) + kEnd,
        kMagic + copy_command(kHuge, 1) + kEnd,
        kMagic + copy_command(~std::uint64_t{0}, 1) + kEnd,
        kMagic + copy_command(0, kHuge) + kEnd,
        kMagic + copy_command(0, ~std::uint64_t{0}) + kEnd,
        kMagic + "\xff" + kEnd,
    };
    for (const auto& each : cases) {
        INFO(std::string(each, 0, 30) << " of " << each.size() << " bytes");
        tests::check_fails(file.apply(each), ErrorCode::invalid, {});
    }
}

TEST_CASE("What the pieces come from and what they go to can end it") {
    const OldFile file(text_of(10'000, 1));
    const auto good = file.difference_to(text_of(10'000, 2));
    const auto end = [](Piece /*piece*/) -> Result<> {
        return agent::model::fail(ErrorCode::busy, "cancelled");
    };
    tests::check_fails(apply_rdiff(file.range(), pieces_of(good, 100), end), ErrorCode::busy,
                       {"cancelled"});
    const auto broken = []() -> Result<Piece> {
        return agent::model::fail(ErrorCode::unreachable, "the stick is gone");
    };
    std::string made;
    tests::check_fails(apply_rdiff(file.range(), broken, collect(made)), ErrorCode::unreachable,
                       {"the stick is gone"});
}
