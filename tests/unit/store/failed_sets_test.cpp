// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/failed_sets.hpp"

#include "tests/unit/store/example.hpp"

using namespace agent::store;
using agent::model::ErrorCode;

namespace {

struct World {
    test::TemporaryDirectory temporary;
    Paths paths{temporary.path()};
    World() { std::filesystem::create_directories(paths.state()); }

    [[nodiscard]] std::vector<FailedSet> sets() const {
        return test::must(read_failed_sets(paths));
    }
};

/// The time tells them apart as well.
FailedSet failed(unsigned number, const std::string& reason = "broker.service did not start") {
    std::string hex = std::to_string(number);
    hex.insert(0, 64 - hex.size(), '0');
    return {.digest = test::must(agent::model::Sha256::parse(hex)),
            .time = agent::model::SystemTime{} + std::chrono::hours(number),
            .reason = reason};
}

}  // namespace

TEST_CASE("failed sets read back as they were remembered, oldest first") {
    const World world;
    CHECK(world.sets().empty());
    const auto odd = failed(2, "a \"quoted\" reason = ]\n\tof two lines \\ \x01");
    test::must(remember_failed_set(world.paths, failed(1)));
    test::must(remember_failed_set(world.paths, odd));
    test::must(remember_failed_set(world.paths, failed(3, "")));
    CHECK(world.sets() == std::vector<FailedSet>{failed(1), odd, failed(3, "")});
}

TEST_CASE("a set that fails again is remembered once, as the newest, for its last reason") {
    const World world;
    test::must(remember_failed_set(world.paths, failed(1, "once")));
    test::must(remember_failed_set(world.paths, failed(2)));
    test::must(remember_failed_set(world.paths, failed(1, "twice")));
    CHECK(world.sets() == std::vector<FailedSet>{failed(2), failed(1, "twice")});
}

TEST_CASE("a forgotten set is gone, and to forget an unknown one writes nothing") {
    const World world;
    test::must(forget_failed_set(world.paths, failed(1).digest));
    CHECK_FALSE(std::filesystem::exists(world.paths.failed_sets()));
    test::must(remember_failed_set(world.paths, failed(1)));
    test::must(remember_failed_set(world.paths, failed(2)));
    const auto before = test::read_text(world.paths.failed_sets());
    test::must(forget_failed_set(world.paths, failed(3).digest));
    CHECK(test::read_text(world.paths.failed_sets()) == before);
    test::must(forget_failed_set(world.paths, failed(1).digest));
    CHECK(world.sets() == std::vector<FailedSet>{failed(2)});
    test::must(forget_failed_set(world.paths, failed(2).digest));
    CHECK(world.sets().empty());
}

TEST_CASE("of more than 64 failed sets the oldest one goes") {
    const World world;
    for (unsigned number = 0; number < 64; ++number)
        test::must(remember_failed_set(world.paths, failed(number)));
    CHECK(world.sets().size() == 64);
    test::must(remember_failed_set(world.paths, failed(64)));
    const auto sets = world.sets();
    REQUIRE(sets.size() == 64);
    CHECK(sets.front() == failed(1));
    CHECK(sets.back() == failed(64));
    test::must(remember_failed_set(world.paths, failed(5)));
    CHECK(world.sets().size() == 64);
    CHECK(world.sets().front() == failed(1));
}

TEST_CASE("damaged failed sets are an error that names the file, and are not written over") {
    const std::string good = "[[sets]]\ndigest = \"sha256:" + std::string(64, 'a') +
                             "\"\ntime = \"2026-01-02T03:04:05Z\"\nreason = \"r\"\n";
    struct Case {
        std::string text;
        /// In the text of the error.
        const char* says;
        ErrorCode code = ErrorCode::invalid;
    };
    for (const auto& each : {
             Case{"", "format"},
             Case{good, "format"},
             Case{"format = 0\n", "format"},
             Case{"format = \"1\"\n", "format"},
             Case{"format = 1\n[[sets]\n", "failed-sets.toml:2"},
             Case{"format = 1\nother = 1\n", "other"},
             Case{"format = 1\nsets = 1\n", "sets"},
             Case{"format = 1\n" + good + "other = 1\n", "other"},
             Case{"format = 1\n[[sets]]\n", "digest"},
             Case{"format = 1\n" + good + good.substr(0, good.find("time")), "time"},
             Case{"format = 1\n" + good.substr(0, good.find("reason")), "reason"},
             Case{"format = 1\n[[sets]]\ndigest = \"aa\"\ntime = \"2026-01-02T03:04:05Z\"\n"
                  "reason = \"r\"\n",
                  "digest"},
             Case{"format = 1\n[[sets]]\ndigest = \"sha256:" + std::string(64, 'a') +
                      "\"\ntime = \"yesterday\"\nreason = \"r\"\n",
                  "time"},
             Case{"\xFF", "failed-sets.toml"},
             Case{"format = 2\nnew-key = true\n", "newer update-agent", ErrorCode::conflict},
         }) {
        INFO(each.text);
        const World world;
        test::write_text(world.paths.failed_sets(), each.text);
        const auto sets = read_failed_sets(world.paths);
        REQUIRE_FALSE(sets);
        INFO(sets.error().text());
        CHECK(sets.error().code() == each.code);
        CHECK(sets.error().text().find(each.says) != std::string::npos);
        CHECK(sets.error().text().find("failed-sets.toml") != std::string::npos);
        for (const auto& written : {remember_failed_set(world.paths, failed(1)),
                                    forget_failed_set(world.paths, failed(1).digest)}) {
            REQUIRE_FALSE(written);
            CHECK(written.error().code() == each.code);
        }
        CHECK(test::read_text(world.paths.failed_sets()) == each.text);
    }
}
