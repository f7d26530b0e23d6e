// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/floors.hpp"

#include "agent/store/atomic_file.hpp"
#include "tests/unit/store/example.hpp"

using namespace agent::store;
using agent::model::ErrorCode;

TEST_CASE("floors read back as they were written, and are empty where there are none") {
    const test::TemporaryDirectory directory;
    const Paths paths(directory.path());
    CHECK(test::must(read_floors(paths)).empty());
    const Floors floors = {{agent::model::BundleId::parse("base").value(),
                            agent::model::Version::parse("1.2.0-rc.1+b").value()},
                           {agent::model::BundleId::parse("view").value(),
                            agent::model::Version::parse("0.1.0").value()}};
    test::must(make_directories(paths.state()));
    test::must(write_floors(paths, floors));
    CHECK(test::must(read_floors(paths)) == floors);
}

TEST_CASE("damaged floors are an error, and do not let everything in") {
    struct Case {
        const char* text;
        ErrorCode code;
    };
    for (const auto& each : {
             Case{"", ErrorCode::invalid},
             Case{"format = 2\n", ErrorCode::conflict},
             Case{"format = 1\n[[bundles]]\nid = \"base\"\n", ErrorCode::invalid},
             Case{"format = 1\n[[bundles]]\nid = \"Base\"\nversion = \"1.0.0\"\n",
                  ErrorCode::invalid},
             Case{"format = 1\n[[bundles]]\nid = \"base\"\nversion = \"1\"\n", ErrorCode::invalid},
             Case{"format = 1\n[[bundles]]\nid = \"base\"\nversion = \"1.0.0\"\nother = 1\n",
                  ErrorCode::invalid},
         }) {
        INFO(each.text);
        const test::TemporaryDirectory directory;
        const Paths paths(directory.path());
        test::write_text(paths.floors(), each.text);
        const auto floors = read_floors(paths);
        REQUIRE_FALSE(floors);
        CHECK(floors.error().code() == each.code);
        CHECK(floors.error().text().find("floors.toml") != std::string::npos);
    }
}
