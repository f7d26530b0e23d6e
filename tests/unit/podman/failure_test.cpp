// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/failure.hpp"

#include "tests/unit/catch.hpp"

using agent::model::ErrorCode;
using agent::podman::error_line;
using agent::podman::failure;

TEST_CASE("What podman says is taken without the decorations of its log") {
    struct Row {
        std::string output;
        std::string line;
    };
    const auto row = GENERATE(values<Row>({
        {"", ""},
        {"Error: localhost/x:1: image not known\n", "localhost/x:1: image not known"},
        {"Trying to pull…\nError: no such thing\n", "no such thing"},
        {R"(time="2026-11-22T09:02:18Z" level=error msg="cannot \"stat\" /x:\n\tgone")",
         "cannot \"stat\" /x:  gone"},
        {"Error: reason\ntime=\"2026-11-22T09:02:18Z\" level=warning msg=\"later\"\n", "reason"},
        {"time=\"2026-11-22T09:02:18Z\" level=fatal msg=\"Error: inside\"\n", "inside"},
        {"runtime: out of memory\r\n\n", "runtime: out of memory"},
        {"time=\"cut", "time=\"cut"},
        {"time=\"x\" msg=\"end\\", "end\\"},
        // As a registry may say it.
        {"Error: denied \x1b[2Jall is well\a", "denied \\x1b[2Jall is well\\x07"},
    }));
    CHECK(error_line(row.output) == row.line);
}

TEST_CASE("What podman's failures mean") {
    struct Row {
        std::string output;
        ErrorCode code;
    };
    // Texts of podman 4.3.1 and 5.4.2.
    const auto row = GENERATE(values<Row>({
        {"Error: writing blob: adding layer with blob \"sha256:0a\": ApplyLayer exit status 1 "
         "stdout: "
         " stderr: write /ready: no space left on device",
         ErrorCode::no_space},
        {"Error: copying system image: write /var/tmp/x: disk quota exceeded", ErrorCode::no_space},
        {"Error: adding container config to database: database or disk is full",
         ErrorCode::no_space},
        {"Error: image used by 63b5d845: image is in use by a container: consider listing external "
         "containers and force-removing image",
         ErrorCode::conflict},
        {"Error: cannot remove container b6de as it is running - running or paused containers "
         "cannot "
         "be removed without force: container state improper",
         ErrorCode::conflict},
        {"Error: creating container storage: the container name \"a\" is already in use by 63b5. "
         "You "
         "have to remove that container to be able to reuse that name: that name is already in use",
         ErrorCode::conflict},
        {"Error: inspecting object: no such container nosuch", ErrorCode::not_found},
        {"Error: no container with ID or name \"nosuch\" found: no such container",
         ErrorCode::not_found},
        {"Error: localhost/nosuch:1: image not known", ErrorCode::not_found},
        {"Error: something else", ErrorCode::internal},
    }));
    const auto error = failure("podman create a", 125, row.output);
    CHECK(error.code() == row.code);
    CHECK(error.text() == "podman create a: " + error_line(row.output));
}

TEST_CASE("A failure without a word says the status") {
    CHECK(failure("podman ps", 137, "").text() ==
          "podman ps: ended with status 137 and said nothing");
}
