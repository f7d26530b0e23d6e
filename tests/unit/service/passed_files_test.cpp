// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/passed_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "agent/service/front.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace agent::service;
using agent::model::ErrorCode;
using agent::store::Descriptor;

TEST_CASE("Only a regular file that is open for reading is taken") {
    const test::TemporaryDirectory dir;
    const auto file = (dir.path() / "a.bundle").string();
    std::ofstream(file) << "content";
    const Descriptor readable(::open(file.c_str(), O_RDONLY));
    const auto taken = take_file(readable.get(), file);
    REQUIRE(taken);
    CHECK(taken->get() != readable.get());
    CHECK((::fcntl(taken->get(), F_GETFD) & FD_CLOEXEC) != 0);
    const Descriptor again(::open(file.c_str(), O_RDWR));
    CHECK(take_file(again.get(), file));
    CHECK(identity_of(*taken) == identity_of(again));
    CHECK(identity_of(*taken).rfind("file:", 0) == 0);

    const Descriptor writable(::open(file.c_str(), O_WRONLY));
    const Descriptor path(::open(file.c_str(), O_PATH));
    const Descriptor directory(::open(dir.path().c_str(), O_RDONLY));
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const Descriptor pipe_in(ends[1]);
    const Descriptor pipe_out(ends[0]);
    for (const auto* refused : {&writable, &path, &directory, &pipe_out}) {
        const auto result = take_file(refused->get(), "name");
        REQUIRE_FALSE(result);
        CHECK(result.error().code() == ErrorCode::invalid);
        CHECK(result.error().text().rfind("name: is not ", 0) == 0);
    }
    CHECK_FALSE(take_file(-1, "name"));
}

TEST_CASE("A job's path has its number, in one spelling") {
    CHECK(job_path(12) == "/org/updateagent/job/12");
    CHECK(job_number(job_path(12)) == 12);
    for (const auto* path :
         {"", "/", "/org/updateagent/job", "/org/updateagent/job/", "/org/updateagent/job/0",
          "/org/updateagent/job/012", "/org/updateagent/job/1x", "/org/updateagent/job/-1",
          "/org/updateagent/job/1/2", "/org/updateagent/job/99999999999"}) {
        CAPTURE(path);
        CHECK(job_number(path) == 0);
    }
}
