// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/containers/device_arguments.hpp"

#include "agent/containers/create_spec.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/containers/example.hpp"

using namespace agent;
using containers::arguments_here;
using containers::device_labels;
using model::DeviceNode;
using model::DeviceNumbers;
using model::ErrorCode;
using Words = std::vector<std::string>;

namespace {

const std::map<std::string, DeviceNode> kNodes = {
    {"/dev/lidar", {"/dev/lidar", {188, 0}}},
    {"/dev/serial/by-id/usb-A", {"/dev/ttyUSB1", {188, 1}}},
    {"/dev/a,b", {"/dev/ttyUSB2", {188, 2}}},
    {"/dev/a=b%", {"/dev/a=b%", {4095, 1048575}}},
    {"/dev/by-path", {"/dev/odd:name", {1, 2}}},
};

model::Result<DeviceNode> look_up(const std::string& path) {
    const auto node = kNodes.find(path);
    if (node == kNodes.end()) return model::fail(ErrorCode::not_found, path + " is missing");
    return node->second;
}

/// What podman would keep of `--label=` arguments.
std::map<std::string, std::string> labels_in(const Words& arguments) {
    std::map<std::string, std::string> labels;
    for (const auto& argument : arguments) {
        if (!argument.starts_with("--label=")) continue;
        const auto equals = argument.find('=', 8);
        labels[argument.substr(8, equals - 8)] = argument.substr(equals + 1);
    }
    return labels;
}

}  // namespace

TEST_CASE("a device gets its label, and one that is named by a link keeps that name inside") {
    struct Case {
        const char* what;
        Words stored;
        Words here;
        DeviceNumbers devices;
    };
    const std::vector<Case> cases = {
        {"none", {"--name=a", "image"}, {"--name=a", "image"}, {}},
        {"a node",
         {"--device=/dev/lidar", "--init", "image"},
         {"--device=/dev/lidar", "--init", "--label=update-agent.device./dev/lidar=188.0", "image"},
         {{"/dev/lidar", {188, 0}}}},
        {"a link, beside a node",
         {"--device=/dev/lidar", "--device=/dev/serial/by-id/usb-A", "image"},
         {"--device=/dev/lidar", "--device=/dev/ttyUSB1:/dev/serial/by-id/usb-A",
          "--label=update-agent.device./dev/lidar=188.0",
          "--label=update-agent.device./dev/serial/by-id/usb-A=188.1", "image"},
         {{"/dev/lidar", {188, 0}}, {"/dev/serial/by-id/usb-A", {188, 1}}}},
        {"a path with a comma, which podman takes for the end of it",
         {"--device=\"/dev/a,b\"", "image"},
         {"--device=\"/dev/ttyUSB2:/dev/a,b\"", "--label=update-agent.device./dev/a,b=188.2",
          "image"},
         {{"/dev/a,b", {188, 2}}}},
        {"a path with what a label's key ends at",
         {"--device=/dev/a=b%", "image"},
         {"--device=/dev/a=b%", "--label=update-agent.device./dev/a%3Db%25=4095.1048575", "image"},
         {{"/dev/a=b%", {4095, 1048575}}}},
        {"words of the container's own command",
         {"--init", "image", "--device=/dev/missing"},
         {"--init", "image", "--device=/dev/missing"},
         {}},
    };
    for (const auto& each : cases) {
        INFO(each.what);
        const auto here = arguments_here(each.stored, look_up);
        REQUIRE(here);
        CHECK(here->arguments == each.here);
        CHECK(here->devices == each.devices);
        CHECK(device_labels(labels_in(here->arguments)) == each.devices);
    }
}

TEST_CASE("a device that no container can be created with is an error that names it") {
    const auto missing = arguments_here({"--device=/dev/missing", "image"}, look_up);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code() == ErrorCode::conflict);
    CHECK(missing.error().text() == "the device /dev/missing is missing");
    const auto colon = arguments_here({"--device=/dev/by-path", "image"}, look_up);
    REQUIRE_FALSE(colon);
    CHECK(colon.error().code() == ErrorCode::conflict);
    CHECK(colon.error().text().find("/dev/by-path leads to /dev/odd:name") == 0);
}

TEST_CASE("labels that are none of ours, or damaged, say nothing of devices") {
    CHECK(device_labels({{"update-agent.container", "a"},
                         {"update-agent.device./dev/a", "188"},
                         {"update-agent.device./dev/b", "188:0"},
                         {"update-agent.device./dev/c", "1.3"},
                         {"device./dev/d", "1.3"}}) == DeviceNumbers{{"/dev/c", {1, 3}}});
}

TEST_CASE("what a link leads to is in neither the stored arguments nor their digest") {
    auto container = example::container();
    container.devices = {"/dev/serial/by-id/usb-A", "/dev/a,b"};
    container.image_id = model::Sha256::parse(std::string(64, 'c')).value();
    const auto spec =
        containers::make_create_spec(model::BundleId::parse("base").value(), container);
    CHECK(std::count(spec.arguments.begin(), spec.arguments.end(),
                     "--device=/dev/serial/by-id/usb-A") == 1);
    for (const auto& argument : spec.arguments) {
        INFO(argument);
        CHECK(argument.find("ttyUSB") == std::string::npos);
        CHECK(argument.find(containers::kDeviceLabelPrefix) == std::string::npos);
    }
}
