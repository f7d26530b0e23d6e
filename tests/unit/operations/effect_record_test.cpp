// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/effect_record.hpp"

#include <chrono>

#include "tests/unit/catch.hpp"
#include "tests/unit/planning/example.hpp"

using namespace agent;
using namespace agent::operations;
using namespace std::chrono_literals;
using model::ErrorCode;
using Json = nlohmann::ordered_json;

namespace {

model::Sha256 digest(char digit) {
    return model::Sha256::parse(std::string(64, digit)).value();
}

const model::Version kVersion(1, 2, 3);

WatchedContainer watched(const std::string& name, bool health_check) {
    return {.service = name + ".service",
            .podman_name = name + "-0123abcd",
            .health_check = health_check};
}

WriteGeneration generation(unsigned number) {
    WriteGeneration effect;
    effect.generation.info.number = number;
    return effect;
}

/// One or more of every alternative, nothing at its default.
std::vector<Effect> all_effects() {
    return {
        KeepBundle{example::id("base"), kVersion, true},
        AttachImages{{"base_1.0.0", "view_2.0.0"}, {"view_2.0.0"}},
        InstallPackages{
            {{"driver", "amd64", "1:2.0-1", false, true}, {"firmware", "all", "3", true, false}}},
        BringImage{example::id("base"), kVersion, digest('a'), "localhost/a:1", digest('b')},
        BringImage{example::id("base"), kVersion, digest('a'), "localhost/\"odd\":1", std::nullopt},
        PullImage{digest('c'), "r.example/c:1@sha256:0"},
        NameImage{digest('c'), "localhost/c:1", digest('d')},
        NameImage{digest('c'), "localhost/c:1", std::nullopt},
        SyncEngineStore{},
        PrepareVolume{"/opt/data/v", {{2000, 2001}, {2002}}, {3, "", ""}},
        PrepareVolume{"/opt/data/w", {{}, {2002}}, {0, "u::rwx,g::r-x,o::r-x", "u::rwx"}},
        CreateContainer{"broker-0123abcd", {}, false},
        RecreateContainers{{{3, model::ContainerName::parse("a").value(), "a-0123abcd"},
                            {7, model::ContainerName::parse("b").value(), "b-0123abcd"}},
                           {"a.service", "c.service"},
                           {"a.target"},
                           {"a-restart.target"},
                           {"update-agent-pause@a.service"},
                           1234ms},
        RecreateContainers{},
        generation(4294967295U),
        SnapshotVolume{"/opt/data/v", "/opt/data/.update-agent/3/%2Fopt%2Fdata%2Fv"},
        CheckFiles{3, {.copies = {{example::id("base"), digest('e'), "", {}}}}},
        ChangeFiles{3, 7, {.copies = {{example::id("base"), digest('e'), "", {}}}}},
        RestoreVolume{"/opt/data/v", "/opt/data/.update-agent/2/%2Fopt%2Fdata%2Fv"},
        RunInit{"setup-0123abcd", {}, {}, true},
        NoteActive{{"base.target", "broker.service"}},
        HoldUnits{{"a-restart.target", "a.service"}, {"a.target", "a.service"}},
        StopUnits{{"a.service", "b.service"}, {"a.target"}},
        Activate{3,
                 7,
                 {"c.service"},
                 {"c.target"},
                 {"update-agent-pause@c.service"},
                 1234ms,
                 {"c.service"},
                 {"old.service"}},
        StartUnits{{"d.target"}, {"c.target"}, {"d.target", "d.service"}, 4321ms},
        WatchHealth{{watched("d", true), watched("e", false)},
                    {{"c.target", {watched("c", true)}}, {"f.target", {}}},
                    {watched("g", false)},
                    {.start_timeout = 5s, .settle_time = 70ms}},
        NoteState{7, {.confirmed = true, .boots = 0}},
    };
}

/// A field that an aggregate has more than these does not bind: this stops compiling, so that
/// whoever adds one thinks of the journal.
Json fields(const KeepBundle& effect) {
    // How it is hashed and what it is made from are of no use to who undoes it.
    const auto& [id, version, kept_already, verity, delta_from] = effect;
    static_cast<void>(verity);
    static_cast<void>(delta_from);
    return {id.value(), version.to_string(), kept_already};
}
Json fields(const AttachImages& effect) {
    const auto& [bundles, fresh] = effect;
    return {bundles, fresh};
}
Json fields(const InstallPackages& effect) {
    Json list = Json::array();
    for (const auto& [name, architecture, version, automatic, configured] : effect.packages)
        list.push_back({name, architecture, version, automatic, configured});
    return list;
}
Json optional_hex(const std::optional<model::Sha256>& image) {
    return image ? Json(image->hex()) : Json();
}
Json fields(const BringImage& effect) {
    const auto& [bundle, version, id, name, named_before] = effect;
    return {bundle.value(), version.to_string(), id.hex(), name, optional_hex(named_before)};
}
Json fields(const PullImage& effect) {
    const auto& [id, name] = effect;
    return {id.hex(), name};
}
Json fields(const NameImage& effect) {
    const auto& [id, name, named_before] = effect;
    return {id.hex(), name, optional_hex(named_before)};
}
Json fields(const SyncEngineStore& /*effect*/) {
    return Json::array();
}
Json fields(const PrepareVolume& effect) {
    const auto& [path, rights, former] = effect;
    const auto& [read_only, read_write] = rights;
    const auto& [missing, access, defaults] = former;
    return {path, read_only, read_write, missing, access, defaults};
}
/// Undone by its name; nobody but who planned it creates it.
Json fields(const CreateContainer& effect) {
    const auto& [podman_name, arguments, anew] = effect;
    return {podman_name};
}
Json fields(const RecreateContainers& effect) {
    const auto& [containers, services, targets, upholders, pauses, bound] = effect;
    Json list = Json::array();
    for (const auto& [generation, name, podman_name] : containers)
        list.push_back({generation, name.value(), podman_name});
    return {list, services, targets, upholders, pauses, bound.count()};
}
Json fields(const WriteGeneration& effect) {
    const auto& [generation] = effect;
    return {generation.info.number};
}
Json fields(const SnapshotVolume& effect) {
    const auto& [path, snapshot] = effect;
    return {path, snapshot};
}
/// What is changed nobody needs but who planned it.
Json images_of(const planning::FileChange& change) {
    Json images = Json::array();
    for (const auto& provider : change.copies)
        images.push_back(provider.image.hex());
    return images;
}
Json fields(const CheckFiles& effect) {
    const auto& [from, change] = effect;
    return {from, images_of(change)};
}
Json fields(const ChangeFiles& effect) {
    const auto& [from, to, change] = effect;
    return {from, to, images_of(change)};
}
Json fields(const RestoreVolume& effect) {
    const auto& [path, snapshot] = effect;
    return {path, snapshot};
}
/// Removed by its name; what was interrupted is not run again.
Json fields(const RunInit& effect) {
    const auto& [podman_name, arguments, max_wait, in_switch] = effect;
    return {podman_name, in_switch};
}
Json fields(const HoldUnits& effect) {
    const auto& [units, starts] = effect;
    return {units, starts};
}
Json fields(const NoteActive& effect) {
    const auto& [units] = effect;
    return {units};
}
Json fields(const StopUnits& effect) {
    const auto& [units, targets] = effect;
    return {units, targets};
}
Json fields(const Activate& effect) {
    const auto& [from, to, restart, replaced_targets, pauses, bound, held, gone] = effect;
    return {from, to, restart, replaced_targets, pauses, bound.count(), held, gone};
}
Json fields(const StartUnits& effect) {
    const auto& [targets, replaced_targets, added, bound] = effect;
    return {targets, replaced_targets, added, bound.count()};
}
Json fields(const std::vector<WatchedContainer>& containers) {
    Json list = Json::array();
    for (const auto& [service, podman_name, health_check] : containers)
        list.push_back({service, podman_name, health_check});
    return list;
}
Json fields(const WatchHealth& effect) {
    const auto& [containers, changed, untouched, bounds] = effect;
    Json by_target = Json::object();
    for (const auto& [target, list] : changed)
        by_target[target] = fields(list);
    const auto& [start_timeout, settle_time] = bounds;
    return {fields(containers), by_target, fields(untouched), start_timeout.count(),
            settle_time.count()};
}
Json fields(const NoteState& effect) {
    const auto& [generation, state] = effect;
    return {generation, state.confirmed};
}
Json fields_of(const Effect& effect) {
    return std::visit([](const auto& each) { return fields(each); }, effect);
}

}  // namespace

TEST_CASE("Every effect survives the journal with all that undoing it needs") {
    std::set<std::size_t> alternatives;
    for (const auto& effect : all_effects()) {
        INFO(to_string(effect));
        alternatives.insert(effect.index());
        const auto record = effect_record(effect);
        const auto parsed = parse_effect(Json::parse(record.dump()));
        REQUIRE(parsed);
        CHECK(parsed->index() == effect.index());
        CHECK(fields_of(*parsed) == fields_of(effect));
        CHECK(effect_record(*parsed) == record);
    }
    CHECK(alternatives.size() == std::variant_size_v<Effect>);
}

TEST_CASE("A damaged effect is an error that says which and what") {
    for (const auto& effect : all_effects()) {
        const auto record = effect_record(effect);
        for (const auto& [key, value] : record.items()) {
            if (key == "named-before") continue;
            for (const Json& wrong : {Json(), Json("?"), Json(-1.5), Json{{"a", 1}}}) {
                // A name can be any string, and a map of nothing known is none of the units.
                if (wrong.is_string() && value.is_string() && key != "id" && key != "effect")
                    continue;
                // JSON reads each number as the wanted kind of number.
                if (wrong.is_number() && value.is_number()) continue;
                INFO(record.dump() << ": " << key << " is " << wrong.dump());
                auto damaged = record;
                damaged[key] = wrong;
                const auto parsed = parse_effect(damaged);
                REQUIRE_FALSE(parsed);
                CHECK(parsed.error().code() == ErrorCode::invalid);
                CHECK(parsed.error().text().find("effect '") == 0);
            }
            INFO(record.dump() << " without " << key);
            auto damaged = record;
            damaged.erase(key);
            REQUIRE_FALSE(parse_effect(damaged));
            if (key != "effect")
                CHECK(parse_effect(damaged).error().text().find(key) != std::string::npos);
        }
    }
    for (const Json& other : {Json(), Json(1), Json("activate"), Json::array(), Json::object(),
                              Json{{"effect", "dance"}}}) {
        INFO(other.dump());
        REQUIRE_FALSE(parse_effect(other));
        CHECK(parse_effect(other).error().code() == ErrorCode::invalid);
    }
}
