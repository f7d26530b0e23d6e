// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper_package_database.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::apt::HelperPackageDatabase;
using agent::model::ErrorCode;
namespace fs = std::filesystem;

namespace {

using Versions = std::map<std::string, std::string>;

/// A root with a dpkg database that has these stanzas.
class Root {
  public:
    explicit Root(const std::string& status) {
        test::write_text(path() / "var/lib/dpkg/status", status);
    }
    [[nodiscard]] const fs::path& path() const { return directory_.path(); }
    /// Asked through the real helper.
    [[nodiscard]] Versions versions(const std::vector<std::string>& packages) const {
        const auto found =
            HelperPackageDatabase(PACKAGES_HELPER, path()).installed_versions(packages);
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

const std::string kDpkg = stanza("dpkg", "1.21.22", "amd64");

}  // namespace

TEST_CASE("Versions of installed packages are found, of the others nothing") {
    const Root root(kDpkg + stanza("podman", "4.3.1+ds1-8+deb12u1", "amd64") +
                    stanza("systemd", "252.36-1~deb12u1", "amd64") +
                    stanza("adduser", "3.134", "all"));
    CHECK(root.versions({"podman", "adduser", "no-such-package"}) ==
          Versions{{"podman", "4.3.1+ds1-8+deb12u1"}, {"adduser", "3.134"}});
    CHECK(root.versions({}).empty());
}

TEST_CASE("A package that is not installed whole is not installed") {
    const auto* state =
        GENERATE("config-files", "half-installed", "unpacked", "half-configured", "not-installed");
    const Root root(kDpkg + stanza("podman", "4.3.1", "amd64", state));
    CHECK(root.versions({"podman"}).empty());
}

TEST_CASE("Of several architectures the native one counts, in any order") {
    const auto native = stanza("libc6", "2.36-9", "amd64");
    const auto foreign = stanza("libc6", "2.31-1", "i386");
    const auto& stanzas = GENERATE_COPY(native + foreign, foreign + native);
    CHECK(Root(stanzas + kDpkg).versions({"libc6"}) == Versions{{"libc6", "2.36-9"}});
    CHECK(Root(kDpkg + foreign).versions({"libc6"}) == Versions{{"libc6", "2.31-1"}});
}

TEST_CASE("A root without dpkg's database is an error that names the file") {
    const Root root("");
    fs::remove_all(root.path() / "var");
    const auto found =
        HelperPackageDatabase(PACKAGES_HELPER, root.path()).installed_versions({"a"});
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == ErrorCode::internal);
    CHECK(found.error().text().find("var/lib/dpkg/status") != std::string::npos);
}

TEST_CASE("A database that is damaged is an error") {
    const Root root(kDpkg + "no colon here\nnone here either\n\n");
    const auto found =
        HelperPackageDatabase(PACKAGES_HELPER, root.path()).installed_versions({"a"});
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == ErrorCode::internal);
}

TEST_CASE("A helper that is not there is not found") {
    const auto found = HelperPackageDatabase("/no/such/helper").installed_versions({"a"});
    REQUIRE_FALSE(found);
    CHECK(found.error().code() == ErrorCode::not_found);
}

TEST_CASE("Answers that are not ours are errors") {
    const auto* answer = GENERATE("", "[]", "{}", R"({"format":2,"packages":{}})",
                                  R"({"format":1})", R"({"format":1,"packages":{"a":1}})");
    const auto versions = agent::apt::parse_answer(answer);
    REQUIRE_FALSE(versions);
    CHECK(versions.error().code() == ErrorCode::internal);
}
