// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper_package_database.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::apt::HelperPackageDatabase;
using agent::model::ErrorCode;
namespace fs = std::filesystem;

namespace {

using agent::host::PackageState;
using agent::model::HostPackage;
using States = std::vector<PackageState>;

/// A root with a dpkg database that has these stanzas.
class Root {
  public:
    explicit Root(const std::string& status) {
        test::write_text(path() / "var/lib/dpkg/status", status);
    }
    [[nodiscard]] const fs::path& path() const { return directory_.path(); }
    /// Asked through the real helper.
    [[nodiscard]] States states(const std::vector<HostPackage>& wanted) const {
        const auto found = HelperPackageDatabase(PACKAGES_HELPER, path()).look_up(wanted);
        REQUIRE(found);
        return *found;
    }

  private:
    test::TemporaryDirectory directory_;
};

std::string stanza(const std::string& name, const std::string& version,
                   const std::string& architecture, const std::string& state = "installed") {
    return "Package: " + name + "\nStatus: install ok " + state +
           "\nArchitecture: " + architecture + "\nMulti-Arch: same\nVersion: " + version +
           "\nDescription: a package\n with text\n\n";
}

HostPackage any(const std::string& name) {
    return {.name = name, .relation = {}, .version = {}};
}

const PackageState kMissing{};

const std::string kDpkg = stanza("dpkg", "1.21.22", "amd64");

}  // namespace

TEST_CASE("Versions of installed packages are found, of the others nothing") {
    const Root root(kDpkg + stanza("podman", "4.3.1+ds1-8+deb12u1", "amd64") +
                    stanza("systemd", "252.36-1~deb12u1", "amd64") +
                    stanza("adduser", "3.134", "all"));
    CHECK(root.states({any("podman"), any("no-such-package"), any("adduser"), any("podman")}) ==
          States{{"4.3.1+ds1-8+deb12u1", true},
                 kMissing,
                 {"3.134", true},
                 {"4.3.1+ds1-8+deb12u1", true}});
    CHECK(root.states({}).empty());
}

TEST_CASE("Versions are compared as Debian compares them") {
    const Root root(kDpkg + stanza("a", "1:1.10~rc1-2", "amd64"));
    struct Row {
        const char* relation;
        const char* version;
        bool satisfies;
    };
    for (const auto& [relation, version, satisfies] :
         std::vector<Row>{{">=", "1:1.9", true},
                          {">=", "2", true},
                          {">>", "1:1.10~rc1-2", false},
                          {">=", "1:1.10~rc1-2", true},
                          {">=", "1:1.10", false},
                          {"<<", "1:1.10", true},
                          {"<=", "1:1.10~rc1-2", true},
                          {"<<", "1:1.10~rc1-2", false},
                          {"=", "1:1.10~rc1-2", true},
                          {"=", "1.10~rc1-2", false},
                          {"<<", "1:1.10~rc1-10", true}}) {
        INFO(relation << " " << version);
        CHECK(root.states({{.name = "a", .relation = relation, .version = version}}) ==
              States{{"1:1.10~rc1-2", satisfies}});
        CHECK(root.states({{.name = "b", .relation = relation, .version = version}}) ==
              States{kMissing});
    }
}

TEST_CASE("A package that is not installed whole is not installed") {
    const auto* state =
        GENERATE("config-files", "half-installed", "unpacked", "half-configured", "not-installed");
    const Root root(kDpkg + stanza("podman", "4.3.1", "amd64", state));
    CHECK(root.states({any("podman")}) == States{kMissing});
}

TEST_CASE("Of several architectures the native one counts, in any order") {
    const auto native = stanza("libc6", "2.36-9", "amd64");
    const auto foreign = stanza("libc6", "2.31-1", "i386");
    const auto& stanzas = GENERATE_COPY(native + foreign, foreign + native);
    CHECK(Root(stanzas + kDpkg).states({any("libc6")}) == States{{"2.36-9", true}});
    CHECK(Root(kDpkg + foreign).states({any("libc6")}) == States{{"2.31-1", true}});
}

TEST_CASE("A root without dpkg's database is an error that names the file") {
    const Root root("");
    fs::remove_all(root.path() / "var");
    const auto found = HelperPackageDatabase(PACKAGES_HELPER, root.path()).look_up({any("a")});
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == ErrorCode::internal);
    CHECK(found.error().text().find("var/lib/dpkg/status") != std::string::npos);
}

TEST_CASE("A database that is damaged is an error") {
    const Root root(kDpkg + "no colon here\nnone here either\n\n");
    const auto found = HelperPackageDatabase(PACKAGES_HELPER, root.path()).look_up({any("a")});
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == ErrorCode::internal);
}

TEST_CASE("A helper that is not there is not found") {
    const auto found = HelperPackageDatabase("/no/such/helper").look_up({any("a")});
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == ErrorCode::not_found);
}

TEST_CASE("What is no relation is a wrong call of the helper") {
    const Root root(kDpkg);
    const auto found = HelperPackageDatabase(PACKAGES_HELPER, root.path())
                           .look_up({{.name = "a", .relation = ">", .version = "1"}});
    REQUIRE_FALSE(found);
    CHECK(found.error().text().find("status 2") != std::string::npos);
}

TEST_CASE("Answers that are not ours are errors") {
    const auto* answer =
        GENERATE("", "[]", "{}", R"({"format":1,"packages":{}})", R"({"format":2})",
                 R"({"format":2,"packages":[{"version":1}]})", R"({"format":2,"packages":[]})",
                 R"({"format":2,"packages":[{"version":"1","satisfies":1}]})");
    const auto states = agent::apt::parse_answer(answer, 1);
    REQUIRE_FALSE(states);
    CHECK(states.error().code() == ErrorCode::internal);
}
