// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/registry.hpp"

#include "agent/podman/podman_cli.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/podman/fake_podman.hpp"

using agent::model::Error;
using agent::model::ErrorCode;
using agent::podman::pull_failure;
using agent::podman::without_tag;

TEST_CASE("A reference that has a digest is pulled without its tag") {
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"r.example/a:1@sha256:0", "r.example/a@sha256:0"},
        {"r.example:5000/a:1@sha256:0", "r.example:5000/a@sha256:0"},
        {"r.example:5000/a@sha256:0", "r.example:5000/a@sha256:0"},
        {"localhost/a/b:x@sha256:0", "localhost/a/b@sha256:0"},
    };
    for (const auto& [reference, expected] : rows)
        CHECK(without_tag(reference) == expected);
}

TEST_CASE("What a failed pull means") {
    struct Row {
        std::string text;
        ErrorCode code;
        std::string advice;
    };
    // Texts of podman 4.3.1 and 5.4.2.
    const std::vector<Row> rows = {
        {"initializing source docker://r.example/a@sha256:0: pinging container registry r.example: "
         "Get \"https://r.example/v2/\": dial tcp 127.0.0.1:443: connect: connection refused",
         ErrorCode::unreachable, "try again when r.example answers"},
        {"pinging container registry r.example: Get \"https://r.example/v2/\": dial tcp: lookup "
         "r.example: no such host",
         ErrorCode::unreachable, "r.example"},
        {"pinging container registry r.example: Get \"https://r.example/v2/\": dial tcp: lookup "
         "r.example: Temporary failure in name resolution",
         ErrorCode::unreachable, "r.example"},
        {"dial tcp 10.0.0.1:443: i/o timeout", ErrorCode::unreachable, "r.example"},
        {"reading manifest sha256:0 in r.example/a: received unexpected HTTP status: 503 Service "
         "Unavailable",
         ErrorCode::unreachable, "r.example"},
        {"reading manifest sha256:0 in r.example/a: manifest unknown: manifest unknown",
         ErrorCode::not_found, "has no such image"},
        {"reading manifest sha256:0 in r.example/a: name unknown: repository name not known to "
         "registry",
         ErrorCode::not_found, "has no such image"},
        {"reading manifest sha256:0 in r.example/a: unauthorized: authentication required",
         ErrorCode::not_permitted, "auth.json r.example"},
        {"pinging container registry r.example: Get \"https://r.example/v2/\": http: server gave "
         "HTTP response to HTTPS client",
         ErrorCode::internal, ""},
        {"x509: certificate signed by unknown authority", ErrorCode::internal, ""},
    };
    for (const auto& row : rows) {
        INFO(row.text);
        const auto error =
            pull_failure(Error(ErrorCode::internal, row.text), "r.example/a@sha256:0");
        CHECK(error.code() == row.code);
        CHECK(error.text().find(row.text) == 0);
        CHECK(error.text().find(row.advice) != std::string::npos);
    }
    for (const auto code : {ErrorCode::no_space, ErrorCode::busy})
        CHECK(pull_failure(Error(code, "unauthorized"), "r.example/a").code() == code);
}

TEST_CASE("A pull asks the registry for the digest, and copies beside the store") {
    const std::string hex(64, 'a');
    const FakePodman fake("case $1 in pull) echo $TMPDIR >\"$here/tmp\"; echo " + hex + ";; esac");
    fake.write("etc/containers/storage.conf",
               "[storage]\ngraphroot = \"" + (fake.directory() / "storage").string() + "\"\n");
    agent::podman::PodmanOptions options;
    options.program = fake.program();
    options.root = fake.directory();
    options.runtime_directory = fake.directory() / "run";
    agent::podman::PodmanCli podman(options);
    const auto id = podman.pull("r.example/a:1@sha256:0");
    if (!id) FAIL(id.error().text());
    CHECK(id->hex() == hex);
    CHECK(fake.calls() == std::vector<std::string>{"[pull][--quiet][docker://r.example/a@sha256:0]",
                                                   "[image][exists][" + hex + "]"});
    CHECK(fake.read("tmp") == (fake.directory() / "storage/update-agent-tmp").string() + "\n");
    CHECK_FALSE(std::filesystem::exists(fake.directory() / "storage/update-agent-tmp"));
}
