// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked of the service, and what this process does itself.
#include "agent/cli/route.hpp"

#include <sstream>
#include <utility>
#include <vector>

#include "tests/unit/catch.hpp"

namespace {

using namespace agent::cli;

tl::expected<CommandLine, ParseExit> parsed(const std::string& text) {
    std::vector<std::string> words = {"update-agent"};
    std::istringstream stream(text);
    for (std::string word; stream >> word;)
        words.push_back(word);
    std::vector<const char*> arguments;
    for (const auto& word : words)
        arguments.push_back(word.c_str());
    return parse(static_cast<int>(arguments.size()), arguments.data());
}

Way way(const std::string& text) {
    const auto line = parsed(text);
    if (!line) FAIL(line.error().standard_error);
    return way_of(*line);
}

std::string files(int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += " " + std::to_string(i) + ".bundle";
    return text;
}

}  // namespace

TEST_CASE("What changes this machine goes by the service, and nothing else does") {
    struct Row {
        std::string words;
        Way way;
    };
    const std::vector<Row> rows = {
        {"install a.bundle", Way::by_service},
        {"install --retry --allow-downgrade --install-host-packages a.bundle", Way::by_service},
        {"install" + files(16), Way::by_service},
        {"install" + files(17), Way::here},
        {"install --dry-run a.bundle", Way::here},
        {"install --no-service a.bundle", Way::here},
        {"install --root /mnt a.bundle", Way::here},
        {"install --root // a.bundle", Way::by_service},
        {"install --config /tmp/agent.toml a.bundle", Way::here},
        {"install --config /etc/update-agent/agent.toml a.bundle", Way::by_service},
        {"install --json a.bundle", Way::by_service},
        {"install --progress=json --quiet a.bundle", Way::by_service},
        {"install --interactive --no-wait a.bundle", Way::by_service},
        {"remove a --purge", Way::by_service},
        {"remove a --dry-run", Way::here},
        {"rollback", Way::by_service},
        {"rollback 3 --dry-run", Way::here},
        {"verify", Way::here},
        {"verify --repair", Way::by_service},
        {"verify --repair --no-service", Way::here},
        {"start a", Way::by_service},
        {"stop a", Way::by_service},
        {"restart a", Way::by_service},
        {"pause a", Way::by_service},
        {"resume a", Way::by_service},
        {"restart a --root /mnt", Way::here},
        {"watch 7", Way::by_service},
        {"recover", Way::here},
        {"recreate", Way::here},
        {"confirm", Way::here},
        {"startup", Way::here},
        {"init-store", Way::here},
        {"store-stamp write", Way::here},
        {"complete ids", Way::here},
        {"list", Way::here},
        {"show a", Way::here},
        {"status --interactive", Way::here},
        {"history", Way::here},
        {"doctor", Way::here},
        {"logs a", Way::here},
        {"bundle validate a.toml", Way::here},
        {"bundle inspect a.bundle", Way::here},
        {"bundle verify a.bundle", Way::here},
        {"version compare 1.0.0 2.0.0", Way::here},
    };
    for (const auto& row : rows) {
        INFO(row.words);
        CHECK(way(row.words) == row.way);
    }
}

TEST_CASE("What only the service can do is refused where it is not asked") {
    std::string many = "install --no-wait";
    for (int file = 0; file < 17; ++file)
        many += " a.bundle";
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"install --no-wait --no-service a.bundle", "--no-service"},
        {"install --no-wait --dry-run a.bundle", "--dry-run"},
        {"install --no-wait --root /mnt a.bundle", "--root"},
        {many, "more than 16 files"},
        {"verify --no-wait", "a verify without --repair"},
        {"watch 7 --no-service", "--no-service"},
        {"watch 7 --root /mnt", "--root"},
        {"watch 7 --config /tmp/agent.toml", "--config"}};
    for (const auto& [words, hindrance] : rows) {
        INFO(words);
        const auto line = parsed(words);
        REQUIRE_FALSE(line);
        CHECK(line.error().status == 2);
        CHECK(line.error().standard_error.find("is about a job of the service, which has nothing "
                                               "to do with " +
                                               hindrance + ": leave out one of them") !=
              std::string::npos);
    }
}

TEST_CASE("Jobs are numbers, and only what the service does can be left to it") {
    CHECK(parsed("install --no-wait a.bundle")->options.no_wait);
    CHECK(parsed("verify --repair --no-wait")->options.no_wait);
    CHECK_FALSE(parsed("install a.bundle")->options.no_wait);
    for (const std::string words : {"watch", "watch seven", "watch -1", "recover --no-wait",
                                    "list --no-wait", "logs a --no-wait"}) {
        INFO(words);
        const auto line = parsed(words);
        REQUIRE_FALSE(line);
        CHECK(line.error().status == 2);
    }
}
