// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/job_book.hpp"

#include "tests/unit/catch.hpp"

using agent::systemd::JobBook;

namespace {

std::vector<std::pair<std::string, std::string>> pairs(const JobBook& book) {
    std::vector<std::pair<std::string, std::string>> list;
    for (const auto& [unit, result] : book.results())
        list.emplace_back(unit, result);
    return list;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("An empty book has ended") {
    CHECK(JobBook().all_ended());
    CHECK(pairs(JobBook()).empty());
}

TEST_CASE("Jobs end in any order, the results come in the order queued") {
    JobBook book;
    book.queued("b.service", "/job/1");
    book.queued("a.service", "/job/2");
    CHECK_FALSE(book.all_ended());
    book.removed("/job/2", "failed");
    CHECK_FALSE(book.all_ended());
    book.removed("/job/1", "done");
    CHECK(book.all_ended());
    CHECK(pairs(book) == Pairs{{"b.service", "done"}, {"a.service", "failed"}});
}

TEST_CASE("What needs no job is done, in its place") {
    JobBook book;
    book.queued("b.service", "/job/1");
    book.done("gone.service");
    CHECK_FALSE(book.all_ended());
    book.removed("/job/1", "done");
    CHECK(book.all_ended());
    CHECK(pairs(book) == Pairs{{"b.service", "done"}, {"gone.service", "done"}});
}

TEST_CASE("A job that ended before its number was known has ended") {
    JobBook book;
    book.removed("/job/7", "dependency");
    book.queued("a.service", "/job/7");
    CHECK(book.all_ended());
    CHECK(pairs(book) == Pairs{{"a.service", "dependency"}});
}

TEST_CASE("The jobs of others are of no interest") {
    JobBook book;
    book.queued("a.service", "/job/1");
    book.removed("/job/11", "done");
    CHECK_FALSE(book.all_ended());
}

TEST_CASE("A job that has not ended has the result timeout") {
    JobBook book;
    book.queued("a.service", "/job/1");
    book.queued("b.service", "/job/2");
    book.removed("/job/2", "done");
    CHECK(pairs(book) == Pairs{{"a.service", "timeout"}, {"b.service", "done"}});
}

TEST_CASE("A unit that is asked for twice has one job and two results") {
    JobBook book;
    book.queued("a.service", "/job/1");
    book.queued("a.service", "/job/1");
    book.removed("/job/1", "done");
    CHECK(book.all_ended());
    CHECK(pairs(book) == Pairs{{"a.service", "done"}, {"a.service", "done"}});
}
