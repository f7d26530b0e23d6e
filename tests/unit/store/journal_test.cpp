// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/journal.hpp"

#include <cerrno>

#include "agent/store/generations.hpp"
#include "tests/unit/store/dies_at.hpp"
#include "tests/unit/store/example.hpp"

using namespace agent::store;
using agent::model::ErrorCode;
using agent::model::Result;
namespace fs = std::filesystem;
using Records = std::vector<std::string>;

namespace {

const std::string kFirst = R"({"format":1,"effects":[{"effect":"activate"}]})";
const std::string kDoing = R"({"doing":0})";
const std::string kDone = R"({"done":0})";

struct World {
    test::TemporaryDirectory temporary;
    Paths paths{temporary.path()};
    fs::path file = paths.transaction() / "journal";
    World() { test::must(Generations(paths).ensure_initial()); }

    [[nodiscard]] Result<> begin() const {
        TRY(Journal::begin(paths, kFirst));
        return {};
    }
    [[nodiscard]] std::optional<Records> records() const { return test::must(read_journal(paths)); }
    [[nodiscard]] std::map<std::string, std::string> tree() const {
        return test::tree_of(paths.operation());
    }
};

/// A journal with these records.
struct Written : World {
    explicit Written(const Records& records) {
        auto journal = test::must(Journal::begin(paths, records.front()));
        for (std::size_t i = 1; i < records.size(); ++i)
            test::must(journal.append(records[i]));
        test::must(journal.sync());
    }
};

Records first_of(const Records& records, std::size_t count) {
    return {records.begin(), records.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

TEST_CASE("a journal reads back as it was appended to, and is gone when it is removed") {
    const World world;
    CHECK_FALSE(has_journal(world.paths));
    CHECK_FALSE(world.records());
    const auto before = world.tree();
    auto journal = test::must(Journal::begin(world.paths, kFirst));
    CHECK(has_journal(world.paths));
    CHECK(world.records() == Records{kFirst});
    test::must(journal.append(kDoing));
    test::must(journal.append(""));
    test::must(journal.append(kDone));
    test::must(journal.sync());
    CHECK(world.records() == Records{kFirst, kDoing, "", kDone});
    test::must(remove_journal(world.paths));
    CHECK_FALSE(has_journal(world.paths));
    CHECK_FALSE(world.records());
    CHECK(world.tree() == before);
    test::must(remove_journal(world.paths));
}

TEST_CASE("a journal is root's alone: it names what runs and who called") {
    const Written world({kFirst});
    CHECK(fs::status(world.file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("there is one journal only, and another one does not touch it") {
    const Written world({kFirst, kDoing});
    const auto before = world.tree();
    const auto second = Journal::begin(world.paths, "{}");
    REQUIRE_FALSE(second);
    CHECK(second.error().code() == ErrorCode::internal);
    CHECK(world.tree() == before);
}

TEST_CASE("a journal whose writer is killed at any call is whole or not there") {
    unsigned n = 1;
    bool died = true;
    for (; died; ++n) {
        INFO("killed at call " << n);
        const World world;
        const auto before = world.tree();
        died = test::dies_at(n, [&] { return world.begin(); });
        if (has_journal(world.paths)) CHECK(world.records() == Records{kFirst});
        for (const auto& [name, content] : world.tree()) {
            INFO(name);
            CHECK((before.count(name) != 0 || name.find("/.new-") != std::string::npos ||
                   name.starts_with("update-agent/transaction")));
        }
        test::must(remove_journal(world.paths));
        test::must(world.begin());
        CHECK(world.records() == Records{kFirst});
        test::must(remove_journal(world.paths));
        CHECK(world.tree() == before);
    }
    CHECK(n > 6);
}

TEST_CASE("a journal that cannot be begun leaves nothing, whatever call fails") {
    for (const int error_number : {ENOSPC, EIO}) {
        const World world;
        const auto before = world.tree();
        unsigned n = 1;
        for (;; ++n) {
            INFO("call " << n << " fails with " << error_number);
            test::Faults::fail_at(n, error_number);
            const auto begun = world.begin();
            if (!test::Faults::disarm()) break;
            REQUIRE_FALSE(begun);
            INFO(begun.error().text());
            CHECK(begun.error().code() ==
                  (error_number == ENOSPC ? ErrorCode::no_space : ErrorCode::internal));
            CHECK(world.tree() == before);
        }
        CHECK(n > 6);
        CHECK(world.records() == Records{kFirst});
    }
}

TEST_CASE("a file system that cannot reserve space has a journal all the same") {
    const World world;
    test::Faults::fail_always("fallocate", EOPNOTSUPP);
    const auto begun = world.begin();
    CHECK(test::Faults::disarm());
    test::must(begun);
    CHECK(world.records() == Records{kFirst});
}

TEST_CASE("the directory is synced with the record in it before it has its name") {
    const World world;
    test::Faults::start_recording();
    const auto begun = world.begin();
    const auto calls = test::Faults::stop_recording();
    test::must(begun);
    const auto unfinished = (world.paths.state() / ".new-transaction").string();
    std::vector<std::string> lines;
    for (const auto& call : calls)
        if (call.name == "fsync" || call.name == "rename" || call.name == "write")
            lines.push_back(call.name + " " + call.path);
    const std::vector<std::string> ending = {
        "write " + unfinished + "/journal", "fsync " + unfinished + "/journal",
        "fsync " + unfinished, "rename " + unfinished, "fsync " + world.paths.state().string()};
    REQUIRE(lines.size() >= ending.size());
    CHECK(std::vector<std::string>(lines.end() - static_cast<std::ptrdiff_t>(ending.size()),
                                   lines.end()) == ending);
}

TEST_CASE("a last line that is cut anywhere is dropped, and is gone on after") {
    const Records all = {kFirst, kDoing, kDone};
    const Written example(all);
    const auto text = test::read_text(example.file);
    std::vector<std::size_t> ends;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', end + 1))
        ends.push_back(end + 1);
    REQUIRE(ends.size() == all.size());
    const World world;
    for (std::size_t size = ends.front(); size <= text.size(); ++size) {
        INFO("cut after " << size << " of " << text.size() << " bytes");
        test::write_text(world.file, text.substr(0, size));
        std::size_t whole = 0;
        while (whole < ends.size() && ends[whole] <= size)
            ++whole;
        auto expected = first_of(all, whole);
        CHECK(world.records() == expected);
        auto journal = test::must(Journal::reopen(world.paths));
        CHECK(test::read_text(world.file) == text.substr(0, ends[whole - 1]));
        test::must(journal.append("{\"undone\":0}"));
        expected.emplace_back("{\"undone\":0}");
        CHECK(world.records() == expected);
    }
}

TEST_CASE("records end at a line that was changed, and what is appended follows the whole ones") {
    const Written world({kFirst, kDoing, kDone});
    const auto text = test::read_text(world.file);
    const auto begin = text.find('\n') + 1;
    for (auto at = begin; at < text.find('\n', begin) + 1; ++at) {
        INFO("byte " << at);
        auto damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        test::write_text(world.file, damaged);
        CHECK(world.records() == Records{kFirst});
        auto journal = test::must(Journal::reopen(world.paths));
        test::must(journal.append(kDone));
        CHECK(world.records() == Records{kFirst, kDone});
    }
}

TEST_CASE("a journal without a first line is an error that says what to do") {
    const Written example({kFirst});
    const auto line = test::read_text(example.file);
    for (const auto& damaged :
         Records{"", "\n", line.substr(0, line.size() - 1), line.substr(1), "x" + line.substr(1),
                 line.substr(0, 16) + "\n", kFirst + "\n", std::string(4096, '\0')}) {
        INFO(damaged);
        const World world;
        test::write_text(world.file, damaged);
        const auto records = read_journal(world.paths);
        REQUIRE_FALSE(records);
        CHECK(records.error().code() == ErrorCode::invalid);
        for (const auto& part : Records{world.file, "damaged", "update-agent verify",
                                        "move " + world.paths.transaction().string() + " away"}) {
            INFO(part);
            CHECK(records.error().text().find(part) != std::string::npos);
        }
        CHECK(has_journal(world.paths));
        CHECK(test::read_text(world.file) == damaged);
    }
}

TEST_CASE("a directory without a journal in it has no records") {
    const World world;
    fs::create_directory(world.paths.transaction());
    CHECK(has_journal(world.paths));
    CHECK(world.records() == Records{});
    test::must(remove_journal(world.paths));
    CHECK_FALSE(has_journal(world.paths));
}

TEST_CASE("an append that fails leaves the journal as it was, and the next one follows") {
    for (const int error_number : {ENOSPC, EIO}) {
        const World world;
        auto journal = test::must(Journal::begin(world.paths, kFirst));
        test::must(journal.append(kDoing));
        const auto before = test::read_text(world.file);
        test::Faults::fail_at(1, error_number);
        const auto appended = journal.append(kDone);
        CHECK(test::Faults::disarm());
        REQUIRE_FALSE(appended);
        CHECK(appended.error().code() ==
              (error_number == ENOSPC ? ErrorCode::no_space : ErrorCode::internal));
        CHECK(appended.error().text().find(world.file.string()) != std::string::npos);
        CHECK(test::read_text(world.file) == before);
        test::must(journal.append("{\"failed\":\"no space\"}"));
        CHECK(world.records() == Records{kFirst, kDoing, "{\"failed\":\"no space\"}"});
    }
}

TEST_CASE("a sync that fails is an error") {
    const World world;
    auto journal = test::must(Journal::begin(world.paths, kFirst));
    test::Faults::fail_at(1, EIO);
    const auto synced = journal.sync();
    CHECK(test::Faults::disarm());
    REQUIRE_FALSE(synced);
    CHECK(synced.error().code() == ErrorCode::internal);
}

TEST_CASE("a removal that is killed anywhere leaves a whole journal or none") {
    bool died = true;
    for (unsigned n = 1; died; ++n) {
        INFO("killed at call " << n);
        const Written world({kFirst, kDoing});
        died = test::dies_at(n, [&] { return remove_journal(world.paths); });
        if (has_journal(world.paths)) CHECK(world.records() == Records{kFirst, kDoing});
        test::must(remove_journal(world.paths));
        test::must(Generations(world.paths).remove_leftovers());
        CHECK(fs::directory_iterator(world.paths.state()) != fs::directory_iterator());
        for (const auto& [name, content] : world.tree()) {
            INFO(name);
            CHECK(name.find("transaction") == std::string::npos);
        }
    }
}
