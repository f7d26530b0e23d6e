// SPDX-License-Identifier: GPL-3.0-or-later
// Small members that are read into memory, and judged as all others are.
#include <functional>

#include "tests/unit/bundle/bundles.hpp"

using agent::bundle::BundleReader;
using agent::model::ErrorCode;
using tests::TarMember;
using tests::TemporaryDirectory;
using tests::with_manifest;

namespace {

using Members = std::map<std::string, std::string>;
constexpr std::uint64_t kLimit = 1000;

const TarMember kToml{"bundle.toml", std::string(tests::kDescription)};
const TarMember kFirst{"schemas/a.json", "{}"};
const TarMember kOther{"files/large", std::string(100000, 'x')};
const TarMember kSecond{"schemas/b.json", "true"};
const TarMember kIndex{"images/index.json", "{}"};

agent::model::Result<Members> read(const std::vector<TarMember>& members,
                                   const std::set<std::string>& paths) {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "x.bundle";
    tests::write_text(file, tests::tar_text(members));
    TRY_ASSIGN(auto reader, BundleReader::open(file));
    return reader.read_members(paths, kLimit);
}

}  // namespace

TEST_CASE("small members are read, wherever they are among the others") {
    const auto members = with_manifest({kToml, kFirst, kOther, kSecond, kIndex});
    CHECK(read(members, {}).value().empty());
    CHECK(read(members, {"schemas/b.json"}).value() == Members{{"schemas/b.json", "true"}});
    CHECK(read(members, {"schemas/b.json", "schemas/a.json"}).value() ==
          Members{{"schemas/a.json", "{}"}, {"schemas/b.json", "true"}});
}

TEST_CASE("a member that is not as the manifest has it is not read") {
    struct Case {
        const char* what;
        std::function<void(std::vector<TarMember>&)> change;
        std::string says;
    };
    const std::vector<Case> cases = {
        {"not listed",
         [](auto& members) {
             members = with_manifest({kToml, kFirst});
         },
         "has no schemas/b.json"},
        {"other content", [](auto& members) { members[4].content = "fals"; },
         "not what the manifest lists"},
        {"another size", [](auto& members) { members[4].content = "false"; }, "5 bytes"},
        {"missing", [](auto& members) { members.erase(members.begin() + 4); }, "ends before"},
        {"twice", [](auto& members) { members.insert(members.begin() + 3, members[2]); },
         "comes twice"},
        {"behind the images", [](auto& members) { std::swap(members[4], members[5]); },
         "comes too late"},
        {"too large",
         [](auto& members) {
             members = with_manifest({kToml, {"schemas/b.json", std::string(kLimit + 1, ' ')}});
         },
         "at most 1000"},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        auto members = with_manifest({kToml, kFirst, kOther, kSecond, kIndex});
        each.change(members);
        const auto result = read(members, {"schemas/b.json"});
        REQUIRE_FALSE(result);
        INFO(result.error().text());
        CHECK(result.error().code() == ErrorCode::invalid);
        CHECK(result.error().text().find(each.says) != std::string::npos);
    }
}
