// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets that containers want, and podman's store has or has not.
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

namespace {

using namespace example;
using agent::planning::make_plan;
using Secrets = std::set<std::string>;

const std::string kText = R"(format = 1
id = "view"
[[containers]]
name = "panel"
[[containers]]
name = "other"
secrets = [
  { name = "key" },
  { name = "cert", target = "/run/cert.pem" },
]
)";

planning::Candidate wanting_secrets() {
    auto description = described("view", "1.0.0", {"panel", "other"});
    description.containers[1].secrets = {{"key", "key"}, {"cert", "/run/cert.pem"}};
    auto made = candidate(std::move(description));
    made.texts.description = kText;
    return made;
}

std::vector<std::string> refusals(std::optional<Secrets> there,
                                  const planning::Candidate& wanted = wanting_secrets()) {
    auto machine = facts();
    machine.secrets = std::move(there);
    const auto plan = make_plan({}, {.add = {wanted}, .remove = {}}, machine);
    std::vector<std::string> lines;
    if (plan) return lines;
    for (const auto& problem : plan.error()) {
        CHECK(problem.code == model::ErrorCode::conflict);
        lines.push_back(to_string(problem));
    }
    return lines;
}

}  // namespace

TEST_CASE("a secret that podman has not is refused at its place, with the command that helps") {
    struct Case {
        const char* what;
        std::optional<Secrets> there;
        std::vector<std::string> says;
    };
    const std::string cert =
        "view 1.0.0:9:5: containers[1].secrets[1].name: podman has no secret 'cert' (podman "
        "secret create cert FILE)";
    const std::string key =
        "view 1.0.0:8:5: containers[1].secrets[0].name: podman has no secret 'key' (podman secret "
        "create key FILE)";
    const std::vector<Case> cases = {
        {"all are there", Secrets{"cert", "key", "more"}, {}},
        {"below another root, where podman is not asked", std::nullopt, {}},
        {"one is missing", Secrets{"key"}, {cert}},
        {"one has a name that only begins alike", Secrets{"key", "certificate"}, {cert}},
        {"all are missing", Secrets{}, {key, cert}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        CHECK(refusals(each.there) == each.says);
    }
}

TEST_CASE("an init container's secrets are looked up as well") {
    auto description = described("view", "1.0.0", {"panel"});
    description.init_containers = {container("prepare")};
    description.init_containers[0].secrets = {{"seed", "seed"}};
    const auto lines = refusals(Secrets{}, candidate(std::move(description)));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] ==
          "view 1.0.0: init-containers[0].secrets[0].name: podman has no secret 'seed' (podman "
          "secret create seed FILE)");
}
