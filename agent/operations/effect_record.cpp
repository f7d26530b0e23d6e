// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/effect_record.hpp"

#include "agent/model/overloaded.hpp"

namespace agent::operations {

namespace {

using Json = nlohmann::ordered_json;
using model::ErrorCode;
using model::Result;
using model::Sha256;
using std::chrono::milliseconds;

/// Reads values of one object; a missing or wrong one makes the whole reading fail.
class Fields {
  public:
    explicit Fields(const Json& object) : object_(object) {}

    template <typename T>
    T get(const char* key) {
        try {
            return object_.at(key).get<T>();
        } catch (const Json::exception& error) {
            fail(error.what());
            return {};
        }
    }
    /// A string that `T::parse()` reads.
    template <typename T>
    T parsed(const char* key) {
        auto value = T::parse(get<std::string>(key));
        if (!value) fail(value.error().text());
        return value.value_or(T{});
    }
    template <typename T>
    std::optional<T> parsed_if_there(const char* key) {
        if (!object_.contains(key)) return std::nullopt;
        return parsed<T>(key);
    }
    milliseconds span(const char* key) { return milliseconds(get<std::int64_t>(key)); }
    Json list(const char* key) { return child(key, Json::value_t::array); }
    Json object(const char* key) { return child(key, Json::value_t::object); }
    void fail(const std::string& why) {
        if (problem_.empty()) problem_ = why;
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }

  private:
    /// Iterating over anything else would take it for an empty one.
    Json child(const char* key, Json::value_t type) {
        auto value = get<Json>(key);
        if (value.type() != type) fail(std::string(key) + " is " + value.type_name());
        return value;
    }

    const Json& object_;
    std::string problem_;
};

Json image(const std::string& name, const Sha256& id, const std::optional<Sha256>& before) {
    Json json = {{"name", name}, {"id", id.hex()}};
    if (before) json["named-before"] = before->hex();
    return json;
}

Json containers_record(const std::vector<WatchedContainer>& containers) {
    Json list = Json::array();
    for (const auto& each : containers)
        list.push_back({{"service", each.service},
                        {"podman-name", each.podman_name},
                        {"health-check", each.health_check}});
    return list;
}

std::vector<WatchedContainer> parse_containers(const Json& list, Fields& fields) {
    std::vector<WatchedContainer> containers;
    for (const auto& each : list) {
        Fields own(each);
        containers.push_back({.service = own.get<std::string>("service"),
                              .podman_name = own.get<std::string>("podman-name"),
                              .health_check = own.get<bool>("health-check")});
        if (!own.problem().empty()) fields.fail(own.problem());
    }
    return containers;
}

Json watch_record(const WatchHealth& effect) {
    Json changed = Json::object();
    for (const auto& [target, containers] : effect.changed)
        changed[target] = containers_record(containers);
    return {{"containers", containers_record(effect.containers)},
            {"changed", changed},
            {"untouched", containers_record(effect.untouched)},
            {"start-timeout-ms", effect.bounds.start_timeout.count()},
            {"settle-time-ms", effect.bounds.settle_time.count()}};
}

WatchHealth parse_watch(Fields& fields) {
    WatchHealth watch{.containers = parse_containers(fields.list("containers"), fields),
                      .changed = {},
                      .untouched = parse_containers(fields.list("untouched"), fields),
                      .bounds = {.start_timeout = fields.span("start-timeout-ms"),
                                 .settle_time = fields.span("settle-time-ms")}};
    const auto changed = fields.object("changed");
    for (const auto& [target, containers] : changed.items())
        if (containers.is_array())
            watch.changed[target] = parse_containers(containers, fields);
        else
            fields.fail(target + " is " + containers.type_name());
    return watch;
}

/// Only what undoing takes: a generation that is not there yet is made by nobody but the operation
/// that planned it.
WriteGeneration parse_generation(Fields& fields) {
    WriteGeneration effect;
    effect.generation.info.number = fields.get<unsigned>("generation");
    return effect;
}

using Strings = std::vector<std::string>;
using Gids = std::vector<std::uint32_t>;

Json volume_record(const PrepareVolume& effect) {
    return {{"path", effect.path},
            {"read-only", effect.rights.read_only},
            {"read-write", effect.rights.read_write},
            {"missing", effect.former.missing},
            {"access", effect.former.access},
            {"default", effect.former.defaults}};
}

PrepareVolume parse_volume(Fields& fields) {
    return {.path = fields.get<std::string>("path"),
            .rights = {.read_only = fields.get<Gids>("read-only"),
                       .read_write = fields.get<Gids>("read-write")},
            .former = {.missing = fields.get<unsigned>("missing"),
                       .access = fields.get<std::string>("access"),
                       .defaults = fields.get<std::string>("default")}};
}

Json packages_record(const InstallPackages& effect) {
    Json list = Json::array();
    for (const auto& each : effect.packages)
        list.push_back({{"name", each.name},
                        {"architecture", each.architecture},
                        {"version", each.version},
                        {"automatic", each.automatic},
                        {"configured", each.configured}});
    return {{"packages", list}};
}

InstallPackages parse_packages(Fields& fields) {
    InstallPackages effect;
    const auto list = fields.list("packages");
    for (const auto& each : list) {
        Fields own(each);
        effect.packages.push_back({.name = own.get<std::string>("name"),
                                   .architecture = own.get<std::string>("architecture"),
                                   .version = own.get<std::string>("version"),
                                   .automatic = own.get<bool>("automatic"),
                                   .configured = own.get<bool>("configured")});
        if (!own.problem().empty()) fields.fail(own.problem());
    }
    return effect;
}

Json recreated_record(const RecreateContainers& effect) {
    Json list = Json::array();
    for (const auto& each : effect.containers)
        list.push_back({{"generation", each.generation},
                        {"name", each.name.value()},
                        {"podman-name", each.podman_name}});
    return {{"containers", list},        {"services", effect.services},
            {"targets", effect.targets}, {"upholders", effect.upholders},
            {"pauses", effect.pauses},   {"bound-ms", effect.bound.count()}};
}

RecreateContainers parse_recreated(Fields& fields) {
    RecreateContainers effect{.containers = {},
                              .services = fields.get<Strings>("services"),
                              .targets = fields.get<Strings>("targets"),
                              .upholders = fields.get<Strings>("upholders"),
                              .pauses = fields.get<Strings>("pauses"),
                              .bound = fields.span("bound-ms")};
    const auto list = fields.list("containers");
    for (const auto& each : list) {
        Fields own(each);
        effect.containers.push_back({.generation = own.get<unsigned>("generation"),
                                     .name = own.parsed<model::ContainerName>("name"),
                                     .podman_name = own.get<std::string>("podman-name")});
        if (!own.problem().empty()) fields.fail(own.problem());
    }
    return effect;
}

Activate parse_activate(Fields& fields) {
    return {.from = fields.get<unsigned>("from"),
            .to = fields.get<unsigned>("to"),
            .restart = fields.get<Strings>("restart"),
            .replaced_targets = fields.get<Strings>("replaced-targets"),
            .pauses = fields.get<Strings>("pauses"),
            .bound = fields.span("bound-ms"),
            .held = fields.get<Strings>("held"),
            .gone = fields.get<Strings>("gone")};
}

/// Only what undoing takes.
planning::FileChange parse_change(Fields& fields) {
    planning::FileChange change;
    for (const auto& text : fields.get<Strings>("images")) {
        const auto image = Sha256::parse(text);
        if (!image) fields.fail(image.error().text());
        change.copies.push_back(
            {.bundle = {}, .image = image.value_or(Sha256()), .key = {}, .copies = {}});
    }
    return change;
}

Strings images_of(const planning::FileChange& change) {
    Strings images;
    for (const auto& provider : change.copies)
        images.push_back(provider.image.hex());
    return images;
}

Effect parse_fields(const std::string& what, Fields& fields) {
    if (what == "keep-bundle")
        return KeepBundle{.id = fields.parsed<model::BundleId>("id"),
                          .version = fields.parsed<model::Version>("version"),
                          .kept_already = fields.get<bool>("kept-already")};
    if (what == "attach-images")
        return AttachImages{.bundles = fields.get<Strings>("bundles"),
                            .fresh = fields.get<Strings>("fresh")};
    if (what == "install-packages") return parse_packages(fields);
    if (what == "bring-image")
        return BringImage{.bundle = fields.parsed<model::BundleId>("bundle"),
                          .version = fields.parsed<model::Version>("version"),
                          .id = fields.parsed<Sha256>("id"),
                          .name = fields.get<std::string>("name"),
                          .named_before = fields.parsed_if_there<Sha256>("named-before")};
    if (what == "pull-image")
        return PullImage{.id = fields.parsed<Sha256>("id"),
                         .name = fields.get<std::string>("name")};
    if (what == "name-image")
        return NameImage{.id = fields.parsed<Sha256>("id"),
                         .name = fields.get<std::string>("name"),
                         .named_before = fields.parsed_if_there<Sha256>("named-before")};
    if (what == "sync-engine-store") return SyncEngineStore{};
    if (what == "prepare-volume") return parse_volume(fields);
    if (what == "create-container")
        return CreateContainer{
            .podman_name = fields.get<std::string>("name"), .arguments = {}, .anew = false};
    if (what == "recreate-containers") return parse_recreated(fields);
    if (what == "write-generation") return parse_generation(fields);
    if (what == "snapshot-volume")
        return SnapshotVolume{.path = fields.get<std::string>("path"),
                              .snapshot = fields.get<std::string>("snapshot")};
    if (what == "check-files")
        return CheckFiles{.from = fields.get<unsigned>("from"), .change = parse_change(fields)};
    if (what == "change-files")
        return ChangeFiles{.from = fields.get<unsigned>("from"),
                           .to = fields.get<unsigned>("to"),
                           .change = parse_change(fields)};
    if (what == "restore-volume")
        return RestoreVolume{.path = fields.get<std::string>("path"),
                             .snapshot = fields.get<std::string>("snapshot")};
    if (what == "run-init")
        return RunInit{.podman_name = fields.get<std::string>("name"),
                       .arguments = {},
                       .max_wait = {},
                       .in_switch = fields.get<bool>("in-switch")};
    if (what == "hold-units")
        return HoldUnits{.units = fields.get<Strings>("units"),
                         .starts = fields.get<Strings>("starts")};
    if (what == "note-active") return NoteActive{fields.get<Strings>("units")};
    if (what == "stop-units")
        return StopUnits{.units = fields.get<Strings>("units"),
                         .targets = fields.get<Strings>("targets")};
    if (what == "activate") return parse_activate(fields);
    if (what == "start-units")
        return StartUnits{.targets = fields.get<Strings>("targets"),
                          .replaced_targets = fields.get<Strings>("replaced-targets"),
                          .added = fields.get<Strings>("added"),
                          .bound = fields.span("bound-ms")};
    if (what == "watch-health") return parse_watch(fields);
    if (what == "note-state")
        return NoteState{.generation = fields.get<unsigned>("generation"),
                         .state = {.confirmed = fields.get<bool>("confirmed")}};
    fields.fail("no effect is called '" + what + "'");
    return SyncEngineStore{};
}

Json named(const char* what, Json fields) {
    Json json = {{"effect", what}};
    json.update(fields);
    return json;
}

}  // namespace

Json effect_record(const Effect& effect) {
    return std::visit(
        model::Overloaded{
            [](const KeepBundle& e) {
                return named("keep-bundle", {{"id", e.id.value()},
                                             {"version", e.version.to_string()},
                                             {"kept-already", e.kept_already}});
            },
            [](const AttachImages& e) {
                return named("attach-images", {{"bundles", e.bundles}, {"fresh", e.fresh}});
            },
            [](const InstallPackages& e) { return named("install-packages", packages_record(e)); },
            [](const BringImage& e) {
                auto json = named("bring-image", image(e.name, e.id, e.named_before));
                json["bundle"] = e.bundle.value();
                json["version"] = e.version.to_string();
                return json;
            },
            [](const PullImage& e) {
                return named("pull-image", image(e.name, e.id, std::nullopt));
            },
            [](const NameImage& e) {
                return named("name-image", image(e.name, e.id, e.named_before));
            },
            [](const SyncEngineStore&) { return named("sync-engine-store", Json::object()); },
            [](const PrepareVolume& e) { return named("prepare-volume", volume_record(e)); },
            [](const CreateContainer& e) {
                return named("create-container", {{"name", e.podman_name}});
            },
            [](const RecreateContainers& e) {
                return named("recreate-containers", recreated_record(e));
            },
            [](const WriteGeneration& e) {
                return named("write-generation", {{"generation", e.generation.info.number}});
            },
            [](const SnapshotVolume& e) {
                return named("snapshot-volume", {{"path", e.path}, {"snapshot", e.snapshot}});
            },
            [](const CheckFiles& e) {
                return named("check-files", {{"from", e.from}, {"images", images_of(e.change)}});
            },
            [](const ChangeFiles& e) {
                return named("change-files",
                             {{"from", e.from}, {"to", e.to}, {"images", images_of(e.change)}});
            },
            [](const RestoreVolume& e) {
                return named("restore-volume", {{"path", e.path}, {"snapshot", e.snapshot}});
            },
            [](const RunInit& e) {
                return named("run-init", {{"name", e.podman_name}, {"in-switch", e.in_switch}});
            },
            [](const HoldUnits& e) {
                return named("hold-units", {{"units", e.units}, {"starts", e.starts}});
            },
            [](const NoteActive& e) {
                return named("note-active", {{"units", e.units}});
            },
            [](const StopUnits& e) {
                return named("stop-units", {{"units", e.units}, {"targets", e.targets}});
            },
            [](const Activate& e) {
                return named("activate", {{"from", e.from},
                                          {"to", e.to},
                                          {"restart", e.restart},
                                          {"replaced-targets", e.replaced_targets},
                                          {"pauses", e.pauses},
                                          {"held", e.held},
                                          {"gone", e.gone},
                                          {"bound-ms", e.bound.count()}});
            },
            [](const StartUnits& e) {
                return named("start-units", {{"targets", e.targets},
                                             {"replaced-targets", e.replaced_targets},
                                             {"added", e.added},
                                             {"bound-ms", e.bound.count()}});
            },
            [](const WatchHealth& e) { return named("watch-health", watch_record(e)); },
            [](const NoteState& e) {
                return named("note-state",
                             {{"generation", e.generation}, {"confirmed", e.state.confirmed}});
            },
        },
        effect);
}

Result<Effect> parse_effect(const Json& record) {
    Fields fields(record);
    const auto what = fields.get<std::string>("effect");
    auto effect = parse_fields(what, fields);
    if (fields.problem().empty()) return effect;
    return model::fail(ErrorCode::invalid, "effect '" + what + "': " + fields.problem());
}

}  // namespace agent::operations
