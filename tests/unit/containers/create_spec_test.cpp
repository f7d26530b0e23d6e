// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/containers/create_spec.hpp"

#include <algorithm>
#include <functional>

#include "tests/unit/catch.hpp"
#include "tests/unit/containers/example.hpp"

using agent::containers::CreateSpec;
using agent::containers::make_create_spec;
using agent::containers::parse_create_spec;
using agent::containers::to_text;
using agent::model::BundleId;
using agent::model::Container;
using agent::model::ErrorCode;
using Words = std::vector<std::string>;

namespace {

CreateSpec spec_of(const std::function<void(Container&)>& change) {
    auto container = example::container();
    change(container);
    return make_create_spec(example::bundle(), container);
}

CreateSpec plain_spec() {
    return spec_of([](Container&) {});
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("the arguments are name, labels, options, image and command, in this order") {
    const auto spec = spec_of([](auto& c) { c.command = {"serve", "--port=1", "-v"}; });
    const auto digest = spec.container.spec.hex();
    CHECK(spec.arguments ==
          Words{"--name=broker-" + digest.substr(0, 8), "--label=update-agent.spec=" + digest,
                "--label=update-agent.bundle=mqtt-base", "--label=update-agent.container=broker",
                "--hostname=broker", "--pull=never", "--http-proxy=false", "--cgroups=split",
                "--pids-limit=-1", "--log-driver=journald", "--sdnotify=container",
                "--network=host", "--no-healthcheck", std::string(64, 'a'), "serve", "--port=1",
                "-v"});
    CHECK(spec.container.name.value() == "broker");
    CHECK(spec.container.podman_name == "broker-" + digest.substr(0, 8));
    CHECK(spec.container.image_id == example::image());
}

TEST_CASE("the same description has the same digest, on every machine") {
    CHECK(plain_spec() == plain_spec());
    CHECK(plain_spec().container.spec.hex() ==
          "263c49500fe0a02e882777fbcc23a7dc224547dc6e484d3bc1ab3909998341e7");
}

TEST_CASE("every difference in the arguments is another digest and another name") {
    const std::vector<CreateSpec> specs = {
        plain_spec(),
        spec_of([](auto& c) {
            c.command = {"a", "b"};
        }),
        spec_of([](auto& c) { c.command = {"a b"}; }),
        spec_of([](auto& c) { c.command = {"1:a,"}; }),
        spec_of([](auto& c) {
            c.command = {"", ""};
        }),
        spec_of([](auto& c) {
            c.env = {{"A", "1"}};
        }),
        spec_of([](auto& c) {
            c.image_id = agent::model::Sha256::parse(std::string(64, 'b')).value();
        }),
        make_create_spec(BundleId::parse("other").value(), example::container()),
    };
    for (auto one = specs.begin(); one != specs.end(); ++one)
        for (auto other = std::next(one); other != specs.end(); ++other) {
            CHECK(one->container.spec != other->container.spec);
            CHECK(one->container.podman_name != other->container.podman_name);
        }
}

TEST_CASE("where its volumes lie and what its groups are is part of the digest") {
    auto container = example::container();
    container.groups = {"sensors"};
    const auto spec = [&](const agent::containers::Placement& placement) {
        return make_create_spec(example::bundle(), container, placement).container.spec;
    };
    const agent::containers::Placement one = {.mounts = {{"/opt/data/v", "/v", false, ""}},
                                              .gids = {{"sensors", 2000}}};
    auto moved = one;
    moved.mounts[0].host_path = "/opt/data/w";
    auto renumbered = one;
    renumbered.gids["sensors"] = 2001;
    CHECK(spec(one) == spec(one));
    CHECK(spec(one) != spec({}));
    CHECK(spec(one) != spec(moved));
    CHECK(spec(one) != spec(renumbered));
}

TEST_CASE("what is no argument does not change the digest") {
    const auto spec = spec_of([](auto& c) {
        c.image = "localhost/other-name:1";
        c.memory_max = 1024;
        c.restart = "on-failure";
        c.unit.after = {"time-sync.target"};
    });
    CHECK(spec == plain_spec());
}

TEST_CASE("the stored text is read back as it was") {
    const auto spec = spec_of([](auto& c) {
        c.env = {{"TEXT", "line\nquote\" back\\slash \x01 \u00e9"}};
        c.command = {"", " ", "--", "$HOME", "%h"};
    });
    const auto read = parse_create_spec(to_text(spec));
    REQUIRE(read.has_value());
    CHECK(*read == spec);
    CHECK(to_text(*read) == to_text(spec));
}

TEST_CASE("damaged text is refused") {
    const auto text = to_text(plain_spec());
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"empty", ""},
        {"cut off", text.substr(0, text.size() / 2)},
        {"not an object", "[]"},
        {"without arguments", replaced(text, "\"arguments\"", "\"argument\"")},
        {"an argument of another type", replaced(text, "\"--pull=never\"", "7")},
        {"another argument", replaced(text, "--pull=never", "--pull=always")},
        {"another name", replaced(text, "--name=broker-", "--name=sshd-")},
        {"a name that is none", replaced(text, "\"name\": \"broker\"", "\"name\": \"../x\"")},
        {"another image id that is none", replaced(text, "\"image-id\": \"", "\"image-id\": \"z")},
        {"no arguments", R"({"format": 1, "name": "a", "spec": ")" + std::string(64, '0') +
                             R"(", "image-id": ")" + std::string(64, '0') +
                             R"(", "arguments": []})"},
    };
    for (const auto& [what, damaged] : cases) {
        INFO(what);
        const auto read = parse_create_spec(damaged);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().code() == ErrorCode::invalid);
    }
}

TEST_CASE("a newer format is refused by its number") {
    const auto read =
        parse_create_spec(replaced(to_text(plain_spec()), "\"format\": 1", "\"format\": 2"));
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code() == ErrorCode::invalid);
    CHECK(read.error().text().find("format 2") != std::string::npos);
}
