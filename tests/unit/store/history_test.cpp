// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/history.hpp"

#include <cerrno>

#include "tests/unit/store/example.hpp"
#include "tests/unit/store/faults.hpp"

using namespace agent::store;
using agent::model::ErrorCode;
using agent::model::SystemTime;

namespace {

SystemTime hour(int number) {
    return SystemTime{} + std::chrono::hours(490000 + number);
}

HistoryEntry entry_at(int number) {
    HistoryEntry entry;
    entry.time = hour(number);
    entry.operation = "install";
    entry.bundles = {"base 1.0.0", "addon 2.0.0-rc.1"};
    entry.who = "root (0)";
    entry.generation_before = 6;
    entry.generation_after = 7;
    entry.outcome = "done";
    entry.exit_code = 0;
    entry.duration_ms = 12345;
    entry.notes = {"signed by CN=Vendor"};
    return entry;
}

void append_text(const Paths& paths, const std::string& text) {
    test::write_text(paths.history(), test::read_text(paths.history()) + text);
}

}  // namespace

TEST_CASE("a history that is not there is empty") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    CHECK(test::must(read_history(paths)).empty());
    CHECK_FALSE(newest_history_time(paths));
}

TEST_CASE("entries are read back in the order they were appended") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    std::vector<HistoryEntry> entries;
    for (int number = 0; number < 5; ++number) {
        entries.push_back(entry_at(number));
        entries.back().outcome = "line\nline\t\"quoted\" \\ \x01 é 𝄞";
        entries.back().exit_code = number;
        test::must(append_history(paths, entries.back()));
    }
    CHECK(test::must(read_history(paths)) == entries);
    CHECK(newest_history_time(paths) == hour(4));
}

TEST_CASE("a line is what the documentation says") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    test::must(append_history(paths, entry_at(0)));
    CHECK(test::read_text(paths.history()) ==
          "{\"format\":1,\"time\":\"2025-11-24T16:00:00Z\",\"operation\":\"install\","
          "\"bundles\":[\"base 1.0.0\",\"addon 2.0.0-rc.1\"],\"who\":\"root (0)\","
          "\"generation-before\":6,\"generation-after\":7,\"outcome\":\"done\",\"exit-code\":0,"
          "\"duration-ms\":12345,\"notes\":[\"signed by CN=Vendor\"]}\n");
}

TEST_CASE("bytes that are not UTF-8 do not spoil a line") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    auto entry = entry_at(0);
    entry.outcome = "podman said: \xFF\xC3";
    test::must(append_history(paths, entry));
    const auto entries = test::must(read_history(paths));
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].outcome == "podman said: \uFFFD\uFFFD");
}

TEST_CASE("a line that was cut is ended, and costs no other one") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    test::must(append_history(paths, entry_at(0)));
    const std::string whole = test::read_text(paths.history());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        test::write_text(paths.history(), whole + whole.substr(0, size));
        test::must(append_history(paths, entry_at(2)));
        const auto entries = test::must(read_history(paths));
        // Without its end alone, the line is whole.
        REQUIRE(entries.size() == (size + 1 == whole.size() ? 3 : 2));
        CHECK(entries.front() == entry_at(0));
        CHECK(entries.back() == entry_at(2));
    }
}

TEST_CASE("damaged lines are skipped, lines of a newer agent are read as far as possible") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    test::must(append_history(paths, entry_at(0)));
    append_text(paths, std::string("\n\n{}\n[1]\nnull\n{\"time\":1}\n\0\0\0\n", 29));
    append_text(paths,
                "{\"format\":2,\"time\":\"2030-01-01T00:00:00Z\",\"operation\":\"teleport\","
                "\"exit-code\":\"none\",\"new\":{\"a\":[1]}}\n");
    const auto entries = test::must(read_history(paths));
    REQUIRE(entries.size() == 2);
    CHECK(entries[1].operation == "teleport");
    CHECK(entries[1].exit_code == 0);
    CHECK(newest_history_time(paths) == entries[1].time);
}

TEST_CASE("the newest time is found behind damage, long lines and long histories") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    auto entry = entry_at(1);
    entry.outcome = std::string(200'000, 'x');
    test::must(append_history(paths, entry));
    CHECK(newest_history_time(paths) == hour(1));
    append_text(paths, "damage without an end");
    CHECK(newest_history_time(paths) == hour(1));
    for (int number = 2; number < 300; ++number)
        test::must(append_history(paths, entry_at(number)));
    CHECK(newest_history_time(paths) == hour(299));
    append_text(paths, "\n\n\n");
    CHECK(newest_history_time(paths) == hour(299));
    append_text(paths, std::string(5'000'000, '\0'));
    CHECK_FALSE(newest_history_time(paths));
}

TEST_CASE("an entry that cannot be written is taken back, and is an error") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    test::must(append_history(paths, entry_at(0)));
    const std::string before = test::read_text(paths.history());
    test::Faults::fail_always("write", ENOSPC);
    const auto full = append_history(paths, entry_at(1));
    test::Faults::fail_always("fsync", EIO);
    const auto broken = append_history(paths, entry_at(1));
    test::Faults::disarm();
    REQUIRE_FALSE(full);
    CHECK(full.error().code() == ErrorCode::no_space);
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code() == ErrorCode::internal);
    CHECK(test::must(read_history(paths)).front() == entry_at(0));
    CHECK(test::read_text(paths.history()).substr(0, before.size()) == before);
}
