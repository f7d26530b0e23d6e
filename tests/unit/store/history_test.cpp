// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/history.hpp"

#include <cerrno>

#include "tests/unit/store/dies_at.hpp"
#include "tests/unit/store/example.hpp"

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

TEST_CASE(
    "transaction, plan and phases are in a line where they are known, and read where they are") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    auto entry = entry_at(0);
    entry.transaction = "20251124-1";
    entry.plan = std::string(64, 'a');
    entry.phases = {{"switch", 300}, {"acquire", 12}, {"watch", 5000}};
    test::must(append_history(paths, entry));
    CHECK(test::read_text(paths.history())
              .ends_with(",\"transaction\":\"20251124-1\",\"plan\":\"" + entry.plan +
                         "\",\"phases\":{\"switch\":300,\"acquire\":12,\"watch\":5000}}\n"));
    append_text(paths, R"({"time":"2026-01-01T00:00:00Z","phases":{"a":1,"b":"2","c":[],"d":4}})");
    append_text(paths,
                "\n"
                R"({"time":"2026-01-01T00:00:00Z","plan":1,"phases":[1]})");
    const auto entries = test::must(read_history(paths));
    REQUIRE(entries.size() == 3);
    CHECK(entries[0] == entry);
    CHECK(entries[1].phases == std::vector<HistoryPhase>{{"a", 1}, {"d", 4}});
    CHECK(entries[2].phases.empty());
    CHECK(entries[2].plan.empty());
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

namespace {

/// Appends three entries from that number on, and makes the history larger than its limit.
void fill(const Paths& paths, int number) {
    for (int last = number + 3; number < last; ++number)
        test::must(append_history(paths, entry_at(number)));
    // One damaged line, because no test has the time to read a thousand entries again and again.
    const std::string padding(static_cast<std::size_t>(kHistoryLimit), 'x');
    test::write_text(paths.history(), padding + "\n" + test::read_text(paths.history()));
}

/// The numbers of the entries that are there.
std::vector<int> numbers(const Paths& paths) {
    std::vector<int> found;
    for (const auto& entry : test::must(read_history(paths)))
        found.push_back(static_cast<int>((entry.time - hour(0)) / std::chrono::hours(1)));
    return found;
}

std::vector<int> from_to(int first, int last) {
    std::vector<int> all;
    for (int number = first; number <= last; ++number)
        all.push_back(number);
    return all;
}

/// A history over its limit beside an older one: 0 to 2, and 3 to 5.
struct FullHistory {
    test::TemporaryDirectory temporary;
    Paths paths{temporary.path()};
    FullHistory() {
        fill(paths, 0);
        fill(paths, 3);
        REQUIRE(numbers(paths) == from_to(0, 5));
    }
};

}  // namespace

TEST_CASE("a history over its limit begins anew, and the one before it is still read") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    fill(paths, 0);
    const auto first = test::read_text(paths.history());
    CHECK_FALSE(std::filesystem::exists(paths.older_history()));
    test::must(append_history(paths, entry_at(3)));
    CHECK(test::read_text(paths.older_history()) == first);
    CHECK(numbers(paths) == from_to(0, 3));
    CHECK(newest_history_time(paths) == hour(3));

    fill(paths, 4);
    test::must(append_history(paths, entry_at(7)));
    CHECK(numbers(paths) == from_to(3, 7));
}

TEST_CASE("the newest time is that of the older history where the new one has none") {
    const test::TemporaryDirectory temporary;
    const Paths paths(temporary.path());
    fill(paths, 0);
    std::filesystem::rename(paths.history(), paths.older_history());
    CHECK(newest_history_time(paths) == hour(2));
    CHECK(numbers(paths) == from_to(0, 2));
    test::write_text(paths.history(), "{\"format\":1,\"time\":\"20");
    CHECK(newest_history_time(paths) == hour(2));
    test::must(append_history(paths, entry_at(3)));
    CHECK(newest_history_time(paths) == hour(3));
    CHECK(numbers(paths) == from_to(0, 3));
}

TEST_CASE(
    "a writer that is killed while the history begins anew costs its oldest entries at most") {
    bool died = true;
    unsigned n = 1;
    for (; died; ++n) {
        INFO("killed at call " << n);
        const FullHistory history;
        died = test::dies_at(n, [&] { return append_history(history.paths, entry_at(6)); });
        const auto left = numbers(history.paths);
        const int first = left.front();
        CHECK((first == 0 || first == 3));
        CHECK((left == from_to(first, 5) || left == from_to(first, 6)));
        CHECK(newest_history_time(history.paths) == hour(left.back()));
        test::must(append_history(history.paths, entry_at(7)));
        CHECK(numbers(history.paths).front() == 3);
        CHECK(newest_history_time(history.paths) == hour(7));
    }
    CHECK(n > 6);
}

TEST_CASE("a call that fails while the history begins anew costs its oldest entries at most") {
    for (const int error_number : {ENOSPC, EIO, EACCES}) {
        bool failed = true;
        for (unsigned n = 1; failed; ++n) {
            INFO("call " << n << " fails with " << error_number);
            const FullHistory history;
            test::Faults::fail_at(n, error_number);
            const auto appended = append_history(history.paths, entry_at(6));
            failed = test::Faults::disarm();
            const auto left = numbers(history.paths);
            CHECK((left.front() == 0 || left.front() == 3));
            if (appended) CHECK(left.back() == 6);
            CHECK((left == from_to(left.front(), 5) || left == from_to(left.front(), 6)));
            test::must(append_history(history.paths, entry_at(7)));
            CHECK(numbers(history.paths).back() == 7);
        }
    }
}

TEST_CASE("a history that cannot be moved away grows on") {
    const FullHistory history;
    std::filesystem::remove(history.paths.older_history());
    std::filesystem::create_directory(history.paths.older_history());
    test::must(append_history(history.paths, entry_at(6)));
    CHECK(test::read_text(history.paths.history()).size() >
          static_cast<std::size_t>(kHistoryLimit));
    CHECK(newest_history_time(history.paths) == hour(6));
    std::filesystem::remove(history.paths.older_history());
    CHECK(numbers(history.paths) == from_to(3, 6));
}

TEST_CASE("the history that moved away is on disk before the new one is begun") {
    const FullHistory history;
    test::Faults::start_recording();
    const auto appended = append_history(history.paths, entry_at(6));
    const auto calls = test::Faults::stop_recording();
    test::must(appended);
    std::vector<std::string> names;
    for (const auto& call : calls)
        names.push_back(call.name + " " + std::filesystem::path(call.path).filename().string());
    CHECK(names == std::vector<std::string>{"rename history.jsonl", "fsync update-agent",
                                            "create history.jsonl", "write history.jsonl",
                                            "fsync history.jsonl", "fsync update-agent"});
    CHECK(calls[0].target == history.paths.older_history().string());
}
