// SPDX-License-Identifier: GPL-3.0-or-later
// What a command line asks for.
#include <sstream>

#include "agent/cli/command.hpp"
#include "tests/unit/catch.hpp"

namespace {

using namespace agent::cli;
using Words = std::vector<std::string>;
using Paths = std::vector<std::filesystem::path>;

/// The words of `text`, in single quotes where one has spaces.
Words split(const std::string& text) {
    Words words;
    std::istringstream stream(text);
    for (std::string word; stream >> word;) {
        if (word.front() == '\'') {
            std::string rest;
            while (word.back() != '\'' && stream >> rest)
                word += " " + rest;
            word = word.substr(1, word.size() - 2);
        }
        words.push_back(word);
    }
    return words;
}

tl::expected<CommandLine, ParseExit> parsed(const std::string& text) {
    auto words = split("update-agent " + text);
    std::vector<const char*> arguments;
    for (const auto& word : words)
        arguments.push_back(word.c_str());
    return parse(static_cast<int>(arguments.size()), arguments.data());
}

template <typename Kind>
Kind command(const std::string& text) {
    INFO(text);
    const auto line = parsed(text);
    if (!line) FAIL(line.error().standard_error);
    REQUIRE(std::holds_alternative<Kind>(line->command));
    return std::get<Kind>(line->command);
}

Options options(const std::string& text) {
    const auto line = parsed(text);
    if (!line) FAIL(line.error().standard_error);
    return line->options;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Each command is understood with its arguments") {
    CHECK(command<Install>("install a.bundle").files == Paths{"a.bundle"});
    CHECK(command<Install>("install a.bundle b.bundle").files == Paths{"a.bundle", "b.bundle"});
    CHECK_FALSE(command<Install>("install a.bundle").dry_run);
    CHECK(command<Install>("install a.bundle --dry-run").dry_run);
    CHECK(command<Install>("install --dry-run a.bundle").files == Paths{"a.bundle"});
    CHECK_FALSE(command<Install>("install a.bundle").install_host_packages);
    CHECK(command<Install>("install --install-host-packages a.bundle").install_host_packages);
    CHECK(command<Install>("install -- --odd.bundle").files == Paths{"--odd.bundle"});
    CHECK(command<Remove>("remove base view").ids == Words{"base", "view"});
    CHECK(command<Remove>("remove base --dry-run").dry_run);
    CHECK_FALSE(command<Remove>("remove base").purge);
    CHECK(command<Remove>("remove --purge base").purge);
    CHECK_FALSE(command<Rollback>("rollback").generation);
    CHECK_FALSE(command<Rollback>("rollback").dry_run);
    CHECK(command<Rollback>("rollback 3").generation == 3U);
    CHECK(command<Rollback>("rollback 3 --dry-run --retry").generation == 3U);
    CHECK(command<Rollback>("rollback 3 --dry-run --retry").dry_run);
    command<Recover>("recover");
    CHECK_FALSE(command<Recreate>("recreate").if_changed);
    CHECK(command<Recreate>("recreate --if-changed").if_changed);
    command<List>("list");
    CHECK(command<Show>("show base").id == "base");
    command<ShowStatus>("status");
    command<Doctor>("doctor");
    CHECK_FALSE(command<Verify>("verify").repair);
    CHECK(command<Verify>("verify --repair").repair);
    CHECK(command<Start>("start broker bundle:base").names == Words{"broker", "bundle:base"});
    CHECK(command<Stop>("stop container:broker").names == Words{"container:broker"});
    CHECK(command<Restart>("restart base").names == Words{"base"});
    CHECK(command<Pause>("pause base container:broker").names == Words{"base", "container:broker"});
    CHECK(command<Resume>("resume broker").names == Words{"broker"});
    command<Thaw>("thaw");
    CHECK(command<VersionMatch>("version match '>=1.0 <2' 1.5.0").range == ">=1.0 <2");
    CHECK(command<VersionMatch>("version match '>=1.0 <2' 1.5.0").version == "1.5.0");
    CHECK(command<VersionCompare>("version compare 1.0.0 2.0.0").left == "1.0.0");
    CHECK(command<VersionCompare>("version compare 1.0.0 2.0.0").right == "2.0.0");
    CHECK(command<BundleValidate>("bundle validate bundle.toml").description == "bundle.toml");
    CHECK(command<BundleInspect>("bundle inspect a.bundle").file == "a.bundle");
    CHECK(command<BundleVerify>("bundle verify a.bundle").file == "a.bundle");
}

TEST_CASE("A set that failed is tried again when that is said, by every command that makes one") {
    CHECK_FALSE(command<Install>("install a.bundle").retry);
    CHECK_FALSE(command<Remove>("remove base").retry);
    CHECK_FALSE(command<Rollback>("rollback").retry);
    CHECK(command<Install>("install --retry a.bundle").retry);
    CHECK(command<Remove>("remove base --retry").retry);
    CHECK(command<Rollback>("rollback --retry").retry);
}

TEST_CASE("The commands of units, package and shell are understood") {
    command<Confirm>("confirm");
    command<Startup>("startup");
    command<InitStore>("init-store");
    CHECK_FALSE(command<StoreStamp>("store-stamp write").clear);
    CHECK(command<StoreStamp>("store-stamp clear").clear);
    CHECK(command<Complete>("complete ids").what == "ids");
    CHECK(command<Complete>("complete containers").what == "containers");
}

TEST_CASE("Logs begin with a hundred lines, and follow when asked to") {
    CHECK(command<Logs>("logs base").name == "base");
    CHECK(command<Logs>("logs base").lines == 100);
    CHECK_FALSE(command<Logs>("logs base").follow);
    CHECK(command<Logs>("logs base -f").follow);
    CHECK(command<Logs>("logs --follow base -n 5").lines == 5);
    CHECK(command<Logs>("logs base --lines=7").lines == 7);
}

TEST_CASE("The history shows the last twenty operations, or as many as asked for") {
    CHECK(command<ShowHistory>("history").lines == 20);
    CHECK(command<ShowHistory>("history -n 3").lines == 3);
    CHECK(command<ShowHistory>("history --lines=0").lines == 0);
}

TEST_CASE("A bundle is created with key and certificate, and what else is given") {
    const auto least = command<BundleCreate>("bundle create b.toml --key k.pem --cert c.pem");
    CHECK(least.request.description == "b.toml");
    CHECK(least.request.key == "k.pem");
    CHECK(least.request.certificate == "c.pem");
    CHECK(least.request.chain.empty());
    CHECK(least.request.output.empty());
    CHECK(least.request.add.empty());
    CHECK(least.request.images == agent::operations::ImagesKind::oci);
    const auto most = command<BundleCreate>(
        "bundle create b.toml --key k.pem --cert c.pem --chain ca.pem "
        "--add LICENSE:licenses/LICENSE --add notes.txt --images=store -o out.bundle");
    CHECK(most.request.images == agent::operations::ImagesKind::store);
    CHECK(most.request.chain == "ca.pem");
    CHECK(most.request.add == Words{"LICENSE:licenses/LICENSE", "notes.txt"});
    CHECK(most.request.output == "out.bundle");
}

TEST_CASE("Options stand before or after the command") {
    for (const auto* text : {"--json --root /mnt --config c.toml -q -v list",
                             "list --json --root=/mnt --config=c.toml --quiet --verbose",
                             "--root /mnt list --json -qv --config c.toml"}) {
        INFO(text);
        const auto all = options(text);
        CHECK(all.json);
        CHECK(all.quiet);
        CHECK(all.verbose);
        CHECK(all.root == "/mnt");
        CHECK(all.config == "c.toml");
    }
    CHECK(options("version compare 1.0.0 2.0.0 --json").json);
    CHECK(options("list --progress=json").json_progress);
    CHECK_FALSE(options("list --progress text").json_progress);
    CHECK(options("bundle inspect a.bundle --json").json);
    const auto none = options("list");
    CHECK_FALSE(none.json);
    CHECK_FALSE(none.json_progress);
    CHECK_FALSE(none.quiet);
    CHECK_FALSE(none.verbose);
    CHECK(none.root == "/");
    CHECK(none.config == "/etc/update-agent/agent.toml");
}

TEST_CASE("What cannot be understood ends with 2, and says what and how to get help") {
    for (const auto* text : {"",
                             "frobnicate",
                             "install",
                             "install --nonsense a.bundle",
                             "remove",
                             "rollback x",
                             "rollback 3x",
                             "rollback -1",
                             "rollback 4294967296",
                             "rollback 3 4",
                             "rollback 3 --allow-downgrade",
                             "recover base",
                             "recover --retry",
                             "recreate broker",
                             "confirm base",
                             "show",
                             "show a b",
                             "list extra",
                             "status extra",
                             "start",
                             "stop",
                             "restart",
                             "pause",
                             "resume",
                             "thaw base",
                             "logs",
                             "logs a b",
                             "logs base -n many",
                             "logs base -n -1",
                             "history base",
                             "history -n -1",
                             "bundle",
                             "bundle create",
                             "bundle create b.toml",
                             "bundle create b.toml --key k.pem",
                             "bundle convert a.bundle --key k.pem --cert c.pem",
                             "bundle create b.toml --key k.pem --cert c.pem --images registry",
                             "bundle inspect",
                             "bundle verify",
                             "bundle validate",
                             "bundle explode a",
                             "version",
                             "version match 1.0",
                             "version compare 1.0.0",
                             "version match 1 2 3",
                             "--root list",
                             "store-stamp",
                             "complete nonsense",
                             "remove base --json=maybe --dry-runn"}) {
        INFO(text);
        const auto line = parsed(text);
        REQUIRE_FALSE(line);
        CHECK(line.error().status == 2);
        CHECK(line.error().standard_output.empty());
        CHECK(has(line.error().standard_error, "--help"));
    }
}

TEST_CASE("Help and version go to standard output and end with 0") {
    for (const auto* text : {"--help", "-h", "install --help", "bundle --help",
                             "bundle create --help", "version match -h"}) {
        INFO(text);
        const auto line = parsed(text);
        REQUIRE_FALSE(line);
        CHECK(line.error().status == 0);
        CHECK(line.error().standard_error.empty());
        CHECK(has(line.error().standard_output, "Usage"));
    }
    const auto help = parsed("--help").error().standard_output;
    for (const auto* name : {"install", "remove", "rollback", "recover", "recreate", "list", "show",
                             "status", "start", "stop", "restart", "pause", "resume", "watch",
                             "logs", "doctor", "verify", "bundle", "version"}) {
        INFO(name);
        CHECK(has(help, std::string("\n  ") + name + " "));
    }
    for (const auto* name :
         {"store-stamp", "init-store", "startup", "confirm", "thaw", "complete"}) {
        INFO(name);
        CHECK_FALSE(has(help, name));
    }
    const auto version = parsed("--version");
    REQUIRE_FALSE(version);
    CHECK(version.error().status == 0);
    CHECK(version.error().standard_output.rfind("update-agent ", 0) == 0);
}
