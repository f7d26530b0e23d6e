// SPDX-License-Identifier: GPL-3.0-or-later
// The agent's side of the helper; what the helper does to a machine is for the machine tests.
#include "agent/apt/helper_package_installer.hpp"

#include <sys/stat.h>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using namespace agent;
using agent::apt::HelperPackageInstaller;
using model::ErrorCode;
using Packages = std::vector<model::NewPackage>;

namespace {

const Packages kPackages{{.name = "driver", .architecture = "amd64", .version = "1:2.0-1"},
                         {.name = "firmware",
                          .architecture = "all",
                          .version = "3",
                          .automatic = true,
                          .configured = true}};

/// A helper that writes its arguments down, each in a line, and prints this answer.
class Helper {
  public:
    explicit Helper(const std::string& answer, int status = 0) {
        test::write_text(program(), "#!/bin/sh\nprintf '%s\\n' \"$@\" >" +
                                        (directory_.path() / "arguments").string() +
                                        "\ncat <<'END'\n" + answer + "\nEND\nexit " +
                                        std::to_string(status) + "\n");
        REQUIRE(::chmod(program().c_str(), 0700) == 0);
    }
    [[nodiscard]] std::filesystem::path program() const { return directory_.path() / "helper"; }
    [[nodiscard]] HelperPackageInstaller installer() const {
        return HelperPackageInstaller({.helper = program(), .record = "/some/record"});
    }
    [[nodiscard]] std::string arguments() const {
        return test::read_text(directory_.path() / "arguments");
    }

  private:
    test::TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("The helper is given every package in words of its own") {
    const Helper helper(R"({"format":2,"stays":["x stays"]})");
    CHECK(helper.installer().install(kPackages));
    const std::string words = "driver\namd64\n1:2.0-1\n--\nfirmware\nall\n3\nac\n";
    CHECK(helper.arguments() == "--install\n/some/record\n" + words);
    const auto removed = helper.installer().remove(kPackages);
    REQUIRE(removed);
    CHECK(*removed == std::vector<std::string>{"x stays"});
    CHECK(helper.arguments() == "--remove\n/some/record\n" + words);
}

TEST_CASE("A proposal is read with all that it has") {
    const Helper helper(R"({"format":2,"download":7,"disk":9,
        "packages":[{"name":"driver","architecture":"amd64","version":"1:2.0-1",
                     "automatic":false,"configured":false},
                    {"name":"firmware","architecture":"all","version":"3",
                     "automatic":true,"configured":true}],
        "refusals":[{"package":"tool","text":"is not there","hint":"apt-get update",
                     "untrusted":true}]})");
    const auto proposal = helper.installer().propose({{"driver", ">=", "2"}, {"firmware", "", ""}});
    REQUIRE(proposal);
    CHECK(helper.arguments() == "--propose\ndriver\n>=\n2\nfirmware\n\n\n");
    CHECK(proposal->packages == kPackages);
    CHECK(proposal->download == 7);
    CHECK(proposal->disk == 9);
    CHECK(proposal->refusals == std::vector<model::PackageRefusal>{{.package = "tool",
                                                                    .text = "is not there",
                                                                    .hint = "apt-get update",
                                                                    .untrusted = true}});
}

TEST_CASE("A failure of the helper is told with its own kind") {
    const Helper helper(R"({"format":2,"error":{"exit-code":12,"message":"no route"}})", 1);
    const auto failed = helper.installer().install(kPackages);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code() == ErrorCode::unreachable);
    CHECK(failed.error().text() == "no route");
    CHECK(helper.installer().remove(kPackages).error().code() == ErrorCode::unreachable);
    CHECK(helper.installer().propose({}).error().code() == ErrorCode::unreachable);
}

TEST_CASE("Answers of packages that are not ours are errors") {
    const auto* answer =
        GENERATE("", "[]", "{}", R"({"format":1,"stays":[]})", R"({"format":2})",
                 R"({"format":2,"stays":[1]})", R"({"format":2,"error":{"exit-code":"7"}})",
                 R"({"format":2,"error":{"exit-code":99,"message":"?"}})");
    const auto removal = apt::parse_removal(answer);
    REQUIRE_FALSE(removal);
    CHECK(removal.error().code() == ErrorCode::internal);
    const auto proposal = apt::parse_proposal(answer);
    REQUIRE_FALSE(proposal);
    CHECK(proposal.error().code() == ErrorCode::internal);
}

TEST_CASE("A wrong call of the real helper changes nothing and is an error") {
    HelperPackageInstaller installer({.helper = PACKAGES_HELPER});
    const Packages wrong{{.name = "--purge", .architecture = "all", .version = "1"}};
    CHECK(installer.install(wrong).error().code() == ErrorCode::internal);
    CHECK(installer.remove(wrong).error().code() == ErrorCode::internal);
    CHECK_FALSE(installer.propose({{"a", ">", "1"}}));
}

TEST_CASE("What was not begun is undone without a lock of anybody") {
    HelperPackageInstaller installer({.helper = PACKAGES_HELPER});
    const Packages nowhere{
        {.name = "update-agent-no-such-package", .architecture = "all", .version = "1"}};
    const auto removed = installer.remove(nowhere);
    INFO((removed ? std::string() : removed.error().text()));
    REQUIRE(removed);
    CHECK(removed->empty());
}
