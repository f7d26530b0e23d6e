// SPDX-License-Identifier: GPL-3.0-or-later
// Which containers are to be created again: from what podman lists, and the devices' numbers.
#include "agent/operations/device_users.hpp"

#include "agent/containers/create_spec.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

using namespace agent;
using namespace agent::operations;
using model::DeviceNumbers;
using Lines = std::vector<std::string>;
using Labels = std::map<std::string, std::string>;

namespace {

model::InstalledSet installed() {
    auto base = example::described("base", "1.0.0", {"broker", "lidar", "both"});
    base.containers[1].devices = {"/dev/lidar"};
    base.containers[2].devices = {"/dev/camera", "/dev/lidar"};
    return example::installed_from({example::candidate(base)});
}

/// As podman lists one, with these labels of devices.
host::ContainerInfo listed(const std::string& container, const Labels& devices) {
    const auto set = installed();
    for (const auto& each : set.bundles.begin()->second.containers) {
        if (each.name.value() != container) continue;
        host::ContainerInfo info;
        info.name = each.podman_name;
        info.labels[std::string(containers::kSpecLabel)] = each.spec.hex();
        for (const auto& [path, number] : devices)
            info.labels["update-agent.device." + path] = number;
        return info;
    }
    return {};
}

host::ContainerInfo of_somebody_else(host::ContainerInfo info) {
    info.labels[std::string(containers::kSpecLabel)] = std::string(64, '0');
    return info;
}

struct Found {
    /// `CONTAINER: REASON`, `CONTAINER: PATH`, `CONTAINER`.
    Lines changed;
    Lines missing;
    Lines absent;
    bool operator==(const Found&) const = default;
};

Found found(const DeviceFindings& findings) {
    Found lines;
    for (const auto& [user, reasons] : findings.changed)
        for (const auto& reason : reasons)
            lines.changed.push_back(user.container.name.value() + ": " + reason);
    for (const auto& [container, path] : findings.missing)
        lines.missing.push_back(container.value() + ": " + path);
    for (const auto& user : findings.absent)
        lines.absent.push_back(user.container.name.value());
    return lines;
}

const auto kBoth = listed("both", {{"/dev/camera", "81.0"}, {"/dev/lidar", "188.0"}});
const auto kLidar = listed("lidar", {{"/dev/lidar", "188.0"}});
const auto kBroker = listed("broker", {});

}  // namespace

TEST_CASE("Only containers with devices are looked at") {
    const auto users = device_users(installed());
    REQUIRE(users.size() == 2);
    CHECK(users[0].container.name.value() == "lidar");
    CHECK(users[0].generation == 1);
    CHECK(users[0].devices == Lines{"/dev/lidar"});
    CHECK(users[1].devices == Lines{"/dev/camera", "/dev/lidar"});
    CHECK(device_users({}).empty());
}

TEST_CASE("A container is created again whose device has another number, or that has no label") {
    struct Case {
        const char* what;
        DeviceNumbers now;
        std::vector<host::ContainerInfo> engine;
        Found found;
    };
    const std::vector<Case> cases = {
        {"all as they were",
         {{"/dev/camera", {81, 0}}, {"/dev/lidar", {188, 0}}},
         {kBroker, kBoth, kLidar},
         {}},
        {"another minor of one that two use",
         {{"/dev/camera", {81, 0}}, {"/dev/lidar", {188, 1}}},
         {kBroker, kBoth, kLidar},
         {{"lidar: /dev/lidar was 188.0 and is 188.1", "both: /dev/lidar was 188.0 and is 188.1"},
          {},
          {}}},
        {"another major of one that one uses",
         {{"/dev/camera", {82, 0}}, {"/dev/lidar", {188, 0}}},
         {kBroker, kBoth, kLidar},
         {{"both: /dev/camera was 81.0 and is 82.0"}, {}, {}}},
        {"both of one container",
         {{"/dev/camera", {82, 0}}, {"/dev/lidar", {188, 1}}},
         {kBoth, kLidar},
         {{"lidar: /dev/lidar was 188.0 and is 188.1", "both: /dev/camera was 81.0 and is 82.0",
           "both: /dev/lidar was 188.0 and is 188.1"},
          {},
          {}}},
        {"no label",
         {{"/dev/camera", {81, 0}}, {"/dev/lidar", {188, 0}}},
         {listed("both", {{"/dev/camera", "81.0"}}), listed("lidar", {})},
         {{"lidar: /dev/lidar is 188.0, and has no label",
           "both: /dev/lidar is 188.0, and has no label"},
          {},
          {}}},
        {"a label that is damaged",
         {{"/dev/camera", {81, 0}}, {"/dev/lidar", {188, 0}}},
         {kBoth, listed("lidar", {{"/dev/lidar", "188"}})},
         {{"lidar: /dev/lidar is 188.0, and has no label"}, {}, {}}},
        {"a device that is missing, beside one that changed",
         {{"/dev/camera", {82, 0}}},
         {kBoth, kLidar},
         {{}, {"lidar: /dev/lidar", "both: /dev/lidar"}, {}}},
        {"all devices missing",
         {},
         {},
         {{}, {"lidar: /dev/lidar", "both: /dev/camera", "both: /dev/lidar"}, {}}},
        {"a container that is not there",
         {{"/dev/camera", {81, 0}}, {"/dev/lidar", {188, 0}}},
         {kBroker, kBoth},
         {{}, {}, {"lidar"}}},
        {"its name on a container of somebody else",
         {{"/dev/camera", {81, 0}}, {"/dev/lidar", {188, 1}}},
         {of_somebody_else(kBoth), of_somebody_else(kLidar)},
         {}},
    };
    const auto users = device_users(installed());
    for (const auto& each : cases) {
        INFO(each.what);
        const auto is = found(compare_devices(users, each.now, each.engine));
        CHECK(is.changed == each.found.changed);
        CHECK(is.missing == each.found.missing);
        CHECK(is.absent == each.found.absent);
    }
}
