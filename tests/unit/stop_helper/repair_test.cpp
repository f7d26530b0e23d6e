// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/stop_helper/repair.hpp"

#include <algorithm>

#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

using agent::host::ContainerInfo;
using agent::model::ContainerName;
using agent::model::ErrorCode;
using agent::model::Result;
using agent::stop_helper::repair;
using agent::stop_helper::repair_time;
using agent::stop_helper::stored_spec;
namespace containers = agent::containers;
namespace fs = std::filesystem;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

const ContainerName kName = ContainerName::parse("a").value();

containers::CreateSpec spec() {
    agent::model::Container container;
    container.name = kName;
    container.image = "localhost/x:1";
    container.image_id = agent::model::Sha256::parse(std::string(64, 'c')).value();
    return containers::make_create_spec(agent::model::BundleId::parse("base").value(), container);
}

const std::string kPodmanName = spec().container.podman_name;

/// An engine in memory that notes what it is asked to change.
class Engine : public agent::host::StuckContainers {
  public:
    void add(const std::string& name, const std::string& state, const std::string& label = "a") {
        list.push_back(
            {"id", name, state, "", {{std::string(containers::kContainerLabel), label}}});
    }
    Result<std::vector<ContainerInfo>> containers() override { return list; }
    Result<> create(const Lines& arguments) override {
        did.push_back("create " + arguments.front());
        created = arguments;
        return {};
    }
    Result<> kill_containers(const std::string& label_value) override {
        did.push_back("kill " + label_value);
        if (kill_fails) return agent::model::fail(ErrorCode::internal, "podman stop: oops");
        return {};
    }
    Result<> remove_by_force(const std::string& name) override {
        did.push_back("remove " + name);
        if (failing_removals > 0) {
            --failing_removals;
            return agent::model::fail(ErrorCode::internal, "podman rm: busy");
        }
        return {};
    }

    std::vector<ContainerInfo> list;
    bool kill_fails = false;
    int failing_removals = 0;
    Lines did;
    Lines created;
};

/// One device, that may be there.
class OneDevice : public agent::host::Devices {
  public:
    Result<agent::model::DeviceNode> resolve(const std::string& path) override {
        if (!node) return agent::model::fail(ErrorCode::not_found, path + " is missing");
        return *node;
    }
    void remember(const std::string& podman_name,
                  const agent::model::DeviceNumbers& numbers) override {
        noted = podman_name + ": " + to_string(numbers.begin()->second);
    }
    void forget(const std::string& /*podman_name*/) override { noted.clear(); }
    std::optional<agent::model::DeviceNumbers> remembered(const std::string&) override {
        return std::nullopt;
    }

    std::optional<agent::model::DeviceNode> node;
    std::string noted;
};

Result<Lines> repair_installed(Engine& engine) {
    OneDevice devices;
    return repair(kName, spec(), engine, devices, 0ms);
}

const std::string kKill = "kill a";
const std::string kRemove = "remove " + kPodmanName;
const std::string kCreate = "create --name=" + kPodmanName;

}  // namespace

TEST_CASE("A container that podman knows to have ended is left as it is") {
    const auto* state = GENERATE("created", "exited", "stopped", "configured");
    Engine engine;
    engine.add(kPodmanName, state);
    CHECK(repair_installed(engine).value().empty());
    CHECK(engine.did == Lines{kKill});
}

TEST_CASE("A container that podman takes for running is removed and created again") {
    const auto* state =
        GENERATE("running", "stopping", "paused", "unknown", "removing", "initialized");
    Engine engine;
    engine.add(kPodmanName, state);
    CHECK(repair_installed(engine).value() ==
          Lines{"removed " + kPodmanName + ", which podman took for " + state,
                "created " + kPodmanName});
    CHECK(engine.did == Lines{kKill, kRemove, kCreate});
}

TEST_CASE("A removal that fails is tried again") {
    Engine engine;
    engine.add(kPodmanName, "running");
    engine.failing_removals = 2;
    CHECK(repair_installed(engine));
    CHECK(engine.did == Lines{kKill, kRemove, kRemove, kRemove, kCreate});
}

TEST_CASE("A removal that never succeeds is given up, and nothing is created") {
    Engine engine;
    engine.add(kPodmanName, "running");
    engine.failing_removals = 100;
    CHECK(repair_installed(engine).error().text() == "podman rm: busy");
    CHECK(engine.did == Lines{kKill, kRemove, kRemove, kRemove, kRemove, kRemove});
}

TEST_CASE("That podman cannot end it is no failure while its list is good") {
    Engine engine;
    engine.add(kPodmanName, "exited");
    engine.kill_fails = true;
    CHECK(repair_installed(engine).value().empty());
}

TEST_CASE("Of an update, the old container is removed, and the new one is there already") {
    Engine engine;
    engine.add("a-00000000", "running");
    engine.add(kPodmanName, "created");
    CHECK(repair_installed(engine));
    CHECK(engine.did == Lines{kKill, "remove a-00000000"});
}

TEST_CASE("A container that was pruned is created again") {
    Engine engine;
    CHECK(repair_installed(engine).value() == Lines{"created " + kPodmanName});
}

TEST_CASE("A container with a device is created with what its path leads to now") {
    auto with = spec();
    with.arguments.insert(with.arguments.begin() + 2, "--device=/dev/lidar");
    Engine engine;
    OneDevice devices;
    const auto missing = repair(kName, with, engine, devices, 0ms);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().text() == "the device /dev/lidar is missing");
    CHECK(engine.did == Lines{kKill});

    devices.node = {"/dev/ttyUSB3", {188, 3}};
    CHECK(repair(kName, with, engine, devices, 0ms));
    CHECK(engine.did == Lines{kKill, kKill, kCreate});
    const auto is_there = [&](const char* argument) {
        return std::find(engine.created.begin(), engine.created.end(), argument) !=
               engine.created.end();
    };
    CHECK(is_there("--device=/dev/ttyUSB3:/dev/lidar"));
    CHECK(is_there("--label=update-agent.device./dev/lidar=188.3"));
    CHECK(devices.noted == kPodmanName + ": 188.3");
}

TEST_CASE("The containers of others are left alone") {
    Engine engine;
    engine.add("b-00000000", "running", "b");
    engine.add(kPodmanName, "exited");
    CHECK(repair_installed(engine));
    CHECK(engine.did == Lines{kKill});
}

TEST_CASE("A container that is no longer installed is removed only") {
    Engine engine;
    engine.add(kPodmanName, "running");
    OneDevice devices;
    CHECK(repair(kName, std::nullopt, engine, devices, 0ms));
    CHECK(engine.did == Lines{kKill, kRemove});
}

TEST_CASE("The arguments are read beside the units that the link leads to") {
    const test::TemporaryDirectory directory;
    const auto link = directory.path() / "systemd-units";
    test::write_text(directory.path() / "agent/generations/3/units/a.service", "");
    fs::create_directory_symlink("agent/generations/3/units", link);
    CHECK(stored_spec(link, kName).value() == std::nullopt);
    const auto file = directory.path() / "agent/generations/3/containers/a";
    test::write_text(file, containers::to_text(spec()));
    CHECK(stored_spec(link, kName).value() == spec());
    test::write_text(file, "{");
    CHECK(stored_spec(link, kName).error().code() == ErrorCode::invalid);
    CHECK(stored_spec(directory.path() / "missing", kName).value() == std::nullopt);
}

TEST_CASE("A repair ends before systemd ends it") {
    struct Row {
        std::string argument;
        std::chrono::seconds time;
    };
    const auto row = GENERATE(values<Row>({
        {"--init", 75s},
        {"--stop-timeout=8", 9s},
        {"--stop-timeout=0", 1s},
        {"--stop-timeout=600", 75s},
        {"--stop-timeout=4294967295", 75s},
        {"--stop-timeout=soon", 75s},
    }));
    auto with = spec();
    with.arguments.insert(with.arguments.begin() + 1, row.argument);
    CHECK(repair_time(with) == row.time);
    CHECK(repair_time(std::nullopt) == 75s);
}
