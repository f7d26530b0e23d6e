// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/operations/change.hpp"
#include "agent/operations/create_bundle.hpp"
#include "agent/operations/doctor.hpp"
#include "agent/operations/inspect_bundle.hpp"
#include "agent/operations/recover.hpp"
#include "agent/operations/recreate.hpp"
#include "agent/operations/status.hpp"
#include "agent/operations/verify.hpp"
#include "agent/store/history.hpp"
#include "tests/unit/planning/example.hpp"

/// What commands end with, made by hand.
namespace example {

namespace operations = agent::operations;
namespace store = agent::store;

inline model::SystemTime now() {
    return model::SystemTime{} + std::chrono::hours(500000);
}

inline model::Description base_description() {
    auto description = described("base", "1.2.0", {"broker"});
    description.type = model::BundleType::base;
    description.author = "Someone";
    return description;
}

inline model::Description view_description() {
    auto description = described("view", "2.0.0", {"panel"});
    description.requires_bundles = {requirement("base", "^1.0")};
    return description;
}

/// A dry run that adds `base`, or what came of it.
inline operations::Outcome outcome_of_adding(bool dry_run) {
    auto candidate_base = candidate(base_description(), 'a');
    candidate_base.bytes = 3 << 20;
    const auto plan = make_plan({}, {.add = {candidate_base}, .remove = {}}, facts()).value();
    return {.plan = plan,
            .space = planning::space_needed(plan),
            .dry_run = dry_run,
            .generation_before = 1,
            .generation_after = dry_run ? 1U : 2U,
            .notes = {"base: signed by CN=vendor"}};
}

/// The same with Debian packages.
inline operations::Outcome with_packages(bool dry_run) {
    auto outcome = outcome_of_adding(dry_run);
    outcome.plan.host_packages = {
        .packages =
            {{.name = "driver", .architecture = "amd64", .version = "1:2.0-1"},
             {.name = "firmware", .architecture = "all", .version = "3", .automatic = true}},
        .download = 1 << 20,
        .disk = 2 << 20,
        .refusals = {}};
    outcome.space = planning::space_needed(outcome.plan);
    return outcome;
}

/// Of the broker; the panel is bound to it.
inline operations::Outcome outcome_of_updating(bool dry_run) {
    auto view = view_description();
    view.containers[0].unit.binds_to = {"broker.service"};
    const auto set = installed_from({candidate(base_description()), candidate(view)});
    auto newer = base_description();
    newer.version = version("1.3.0");
    newer.containers[0].command = {"other"};
    auto candidate_base = candidate(newer, 'b');
    candidate_base.bytes = 3 << 20;
    return {.plan = make_plan(set, {.add = {candidate_base}, .remove = {}}, facts()).value(),
            .space = {.kept = 3 << 20, .engine = 0},
            .dry_run = dry_run,
            .generation_before = 1,
            .generation_after = dry_run ? 1U : 2U,
            .notes = {}};
}

inline operations::Outcome outcome_of_putting_back(bool dry_run) {
    auto outcome = outcome_of_updating(dry_run);
    outcome.plan.add.front().bytes = 0;
    outcome.plan.bytes = 0;
    outcome.restored = 7;
    return outcome;
}

inline operations::Outcome outcome_of_removing(bool dry_run) {
    const auto set = installed_from({candidate(base_description()), candidate(view_description())});
    return {.plan = make_plan(set, {.add = {}, .remove = {id("view")}}, facts()).value(),
            .dry_run = dry_run,
            .generation_before = 1,
            .generation_after = dry_run ? 1U : 2U,
            .notes = {}};
}

inline store::HistoryEntry done_operation() {
    return {.time = now(),
            .operation = "install",
            .bundles = {"base 1.2.0", "view 2.0.0"},
            .who = "operator (0)",
            .generation_before = 1,
            .generation_after = 2,
            .outcome = "done",
            .exit_code = 0,
            .duration_ms = 12345,
            .notes = {"base: signed by CN=vendor"},
            .transaction = "t-1",
            .plan = std::string(64, 'a'),
            .phases = {{"switch", 300}, {"acquire", 12}}};
}

inline store::HistoryEntry failed_operation() {
    store::HistoryEntry entry;
    entry.time = now() + std::chrono::hours(1);
    entry.operation = "remove";
    entry.bundles = {"view 2.0.0"};
    entry.who = "root (0)";
    entry.generation_before = 12;
    entry.generation_after = 12;
    entry.outcome = "broker.service did not become healthy\nthe old set is running";
    entry.exit_code = 8;
    entry.duration_ms = 125'000;
    return entry;
}

inline operations::Outcome outcome_of_nothing() {
    const auto base = candidate(base_description());
    return {
        .plan = make_plan(installed_from({base}), {.add = {base}, .remove = {}}, facts()).value(),
        .dry_run = false,
        .generation_before = 1,
        .generation_after = 1,
        .notes = {}};
}

inline operations::Settled settled(operations::Settled::How how) {
    operations::Settled settled{.info = {}, .how = how, .failure = {}};
    settled.info.id = "t-1";
    settled.info.operation = "install";
    settled.info.bundles = {"base 1.2.0", "view 2.0.0"};
    if (how == operations::Settled::How::undone)
        settled.failure =
            model::Error(agent::model::ErrorCode::internal, "it was interrupted\nundone");
    return settled;
}

/// The broker's lidar changed; the panel's camera is missing.
inline operations::Recreation recreation() {
    operations::DeviceUser user;
    user.container.name = name("broker");
    user.container.podman_name = "broker-12345678";
    return {.recreated = {{user, {"/dev/lidar was 188.0 and is 188.1"}}},
            .missing = {{.container = name("panel"), .path = "/dev/camera"}}};
}

inline std::vector<operations::DeviceStatus> device_status() {
    using agent::model::DeviceNumber;
    return {{"/dev/lidar", DeviceNumber{188, 0}, DeviceNumber{188, 1}},
            {"/dev/camera", DeviceNumber{81, 0}, std::nullopt},
            {"/dev/imu", std::nullopt, DeviceNumber{1, 3}}};
}

inline operations::ContainerStatus container_status(const std::string& container_name) {
    operations::ContainerStatus status;
    status.name = name(container_name);
    status.podman_name = container_name + "-12345678";
    status.condition = operations::Condition::running;
    status.unit = agent::host::UnitState{
        .name = container_name + ".service",
        .load = "loaded",
        .active = "active",
        .sub = "running",
        .result = "success",
        .fragment_path = {},
        .invocation_id = "abc",
        .main_pid = 4711,
        .restarts = 0,
        .memory = 10 << 20,
        .since = static_cast<std::uint64_t>(
                     std::chrono::duration_cast<std::chrono::microseconds>(now().time_since_epoch())
                         .count()) -
                 90'000'000,
        .exit_status = 0,
        .job = {}};
    return status;
}

/// `base` runs; `view` crashes, and its memory is not known.
inline operations::Status status() {
    auto panel = container_status("panel");
    panel.condition = operations::Condition::crashing;
    panel.unit->result = "exit-code";
    panel.unit->main_pid = 0;
    panel.unit->restarts = 7;
    panel.unit->memory.reset();
    panel.unit->since = 0;
    return {.generation = 3,
            .confirmed = true,
            .bundles = {{.description = base_description(),
                         .digest = candidate(base_description(), 'a').digest,
                         .condition = operations::Condition::running,
                         .containers = {container_status("broker")}},
                        {.description = view_description(),
                         .digest = candidate(view_description(), 'b').digest,
                         .condition = operations::Condition::crashing,
                         .containers = {panel}}}};
}

inline std::vector<operations::Check> checks() {
    using operations::Finding;
    return {{.name = "clock", .finding = Finding::good, .text = "plausible", .advice = {}},
            {.name = "space", .finding = Finding::warning, .text = "low", .advice = "free some"},
            {.name = "packages", .finding = Finding::failure, .text = "none", .advice = "apt"}};
}

/// A unit that was repaired, and a blob that is lost.
inline operations::Verification verification() {
    using Kind = operations::Defect::Kind;
    return {.generation = 3,
            .defects = {{.kind = Kind::unit,
                         .subject = "broker.service",
                         .text = "is missing",
                         .repairable = true,
                         .repaired = true},
                        {.kind = Kind::bundle,
                         .subject = "base_1.2.0/images/blobs/sha256/a",
                         .text = "has 1 bytes",
                         .advice = "tar"}}};
}

inline operations::CreatedBundle created() {
    return {.file = "base_1.2.0.bundle",
            .id = id("base"),
            .version = version("1.2.0"),
            .digest = candidate(base_description(), 'a').digest,
            .size = 1536,
            .images = {{"localhost/broker:1", candidate(base_description(), 'c').digest}}};
}

inline operations::InspectedBundle inspected() {
    agent::bundle::TrustedSigner signer;
    signer.signer.subject = "CN=vendor";
    signer.anchor_name = "vendor-root";
    return {.text = "format = 1\n",
            .description = base_description(),
            .digest = candidate(base_description(), 'a').digest,
            .size = 1536,
            .members = 9,
            .is_signed = true,
            .signer = signer,
            .distrust = {}};
}

}  // namespace example
