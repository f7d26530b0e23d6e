// SPDX-License-Identifier: GPL-3.0-or-later
#include <nlohmann/json.hpp>

#include "agent/bundle/oci_layout.hpp"
#include "agent/crypto/sha256.hpp"
#include "tests/unit/bundle/layouts.hpp"
#include "tests/unit/operations/fake_host.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace test {

Result<> FakeEngine::check() {
    return faults_.call("engine.check", [&]() -> Result<> {
        if (hangs) return model::fail(ErrorCode::internal, "podman info: no answer");
        return {};
    });
}

Result<std::filesystem::path> FakeEngine::graph_root() {
    return faults_.call("engine.graph_root",
                        [&] { return Result<std::filesystem::path>(graph_root_); });
}

Result<std::vector<host::ImageInfo>> FakeEngine::images() {
    return faults_.call("engine.images", [&] {
        std::vector<host::ImageInfo> list;
        for (const auto& [id, names] : image_names)
            list.push_back({*model::Sha256::parse(id), {names.begin(), names.end()}});
        return Result<std::vector<host::ImageInfo>>(list);
    });
}

Result<std::vector<host::ContainerInfo>> FakeEngine::containers() {
    return faults_.call("engine.containers", [&] {
        std::vector<host::ContainerInfo> list;
        for (const auto& [name, info] : made)
            if (info.labels.count("update-agent.container") != 0) list.push_back(info);
        return Result<std::vector<host::ContainerInfo>>(list);
    });
}

Result<host::Inventory> FakeEngine::inventory() {
    host::Inventory inventory;
    TRY_ASSIGN(inventory.images, images());
    TRY_ASSIGN(inventory.containers, containers());
    return inventory;
}

Result<host::ImageStoreUse> FakeEngine::image_store_use(
    const std::filesystem::path& /*directory*/) {
    return faults_.call("engine.image_store_use", [&]() -> Result<host::ImageStoreUse> {
        return host::ImageStoreUse{.used = image_store_used, .obstacle = image_store_obstacle};
    });
}

Result<> FakeEngine::use_image_store(const std::filesystem::path& /*directory*/) {
    return faults_.call("engine.use_image_store", [&]() -> Result<> {
        if (!image_store_used && !image_store_obstacle.empty())
            return model::fail(ErrorCode::conflict, image_store_obstacle);
        image_store_used = true;
        return {};
    });
}

Result<std::vector<std::string>> FakeEngine::users_of_layers(
    const std::set<std::string>& layers, const std::set<std::string>& /*ours*/) {
    return faults_.call("engine.users_of_layers", [&] {
        std::vector<std::string> users;
        for (const auto& [layer, user] : built_on)
            if (layers.count(layer) != 0) users.push_back(user);
        return Result<std::vector<std::string>>(users);
    });
}

Result<std::vector<std::string>> FakeEngine::secrets() {
    return faults_.call("engine.secrets", [&] {
        return Result<std::vector<std::string>>({secret_names.begin(), secret_names.end()});
    });
}

Result<model::Sha256> FakeEngine::pull_layout(const std::filesystem::path& layout,
                                              const std::string& ref) {
    return faults_.call("engine.pull_layout", [&]() -> Result<model::Sha256> {
        TRY_ASSIGN(const auto images, agent::bundle::read_layout(layout));
        for (const auto& image : images) {
            if (image.ref != ref) continue;
            const auto id = pulls_as.value_or(image.id);
            image_names[id.hex()];
            return id;
        }
        return model::fail(ErrorCode::internal, "the layout has no " + ref);
    });
}

Result<model::Sha256> FakeEngine::pull(const std::string& reference) {
    return faults_.call("engine.pull", [&]() -> Result<model::Sha256> {
        if (unreachable != 0) {
            --unreachable;
            return model::fail(ErrorCode::unreachable, "connection refused: " + reference);
        }
        if (!away_registry.empty() && reference.starts_with(away_registry + '/'))
            return model::fail(ErrorCode::unreachable, "no route to " + away_registry);
        const auto found = registry.find(reference);
        if (found == registry.end())
            return model::fail(ErrorCode::not_found, "manifest unknown: " + reference);
        const auto id = pulls_as.value_or(found->second);
        image_names[id.hex()].insert(reference);
        return id;
    });
}

Result<> FakeEngine::tag(const model::Sha256& image, const std::string& name) {
    return faults_.call("engine.tag", [&]() -> Result<> {
        const auto found = image_names.find(image.hex());
        if (found == image_names.end())
            return model::fail(ErrorCode::not_found, "no such image: " + image.hex());
        found->second.insert(name);
        return {};
    });
}

Result<> FakeEngine::untag(const model::Sha256& image, const std::string& name) {
    return faults_.call("engine.untag", [&]() -> Result<> {
        if (const auto found = image_names.find(image.hex()); found != image_names.end())
            found->second.erase(name);
        return {};
    });
}

Result<> FakeEngine::push_layout(const std::string& image, const std::filesystem::path& layout,
                                 const std::string& ref) {
    return faults_.call("engine.push_layout", [&]() -> Result<> {
        if (gives.count(image) == 0)
            return model::fail(ErrorCode::not_found, image + ": image not known");
        tests::LayoutBuilder builder(layout);
        const auto layer = builder.put_layer(agent::crypto::sha256(image).hex(), "zstd");
        builder.add(builder.put_image({layer}, tests::LayoutBuilder::ref(ref)));
        return {};
    });
}

std::set<std::string> FakeEngine::mounted_images() const {
    std::set<std::string> ids;
    const auto text = read_text(further_store / "overlay-images/images.json");
    if (text.empty()) return ids;
    for (const auto& record : nlohmann::json::parse(text))
        ids.insert(record.at("id").get<std::string>());
    return ids;
}

Result<> FakeEngine::create(const std::vector<std::string>& create_arguments) {
    return faults_.call("engine.create", [&]() -> Result<> {
        host::ContainerInfo info;
        info.state = "created";
        for (const auto& argument : create_arguments) {
            if (argument.starts_with("--name=")) info.name = argument.substr(7);
            if (argument.starts_with("--label=")) {
                const auto label = argument.substr(8);
                const auto equals = label.find('=');
                info.labels[label.substr(0, equals)] = label.substr(equals + 1);
            }
            if (info.image_id.empty() && !argument.starts_with("--")) info.image_id = argument;
        }
        if (made.count(info.name) != 0)
            return model::fail(ErrorCode::internal, "the name is in use: " + info.name);
        if (image_names.count(info.image_id) == 0 && mounted_images().count(info.image_id) == 0)
            return model::fail(ErrorCode::internal, "no such image: " + info.image_id);
        info.id = "id-of-" + info.name;
        arguments[info.name] = create_arguments;
        made[info.name] = info;
        return {};
    });
}

Result<> FakeEngine::remove_container(const std::string& name) {
    return faults_.call("engine.remove_container", [&]() -> Result<> {
        const auto found = made.find(name);
        if (found == made.end() || found->second.labels.count("update-agent.container") == 0)
            return {};
        if (found->second.state == "running")
            return model::fail(ErrorCode::internal, "the container runs: " + name);
        made.erase(found);
        arguments.erase(name);
        return {};
    });
}

/// Whoever dies between start and end leaves it running.
Result<host::FinishedRun> FakeEngine::run_to_end(const std::string& name,
                                                 std::chrono::milliseconds /*bound*/,
                                                 const std::function<bool()>& cancelled) {
    TRY(faults_.call("engine.start_run", [&]() -> Result<> {
        const auto found = made.find(name);
        if (found == made.end())
            return model::fail(ErrorCode::not_found, "no such container: " + name);
        found->second.state = "running";
        return {};
    }));
    return faults_.call("engine.end_run", [&]() -> Result<host::FinishedRun> {
        if (cancelled()) return model::fail(ErrorCode::busy, "cancelled");
        const auto program = programs.find(made.at(name).labels.at("update-agent.init"));
        const host::FinishedRun well{.exit_code = 0, .last_lines = {}};
        auto result = program == programs.end() ? well : program->second();
        made.at(name).state = "exited";
        return result;
    });
}

Result<> FakeEngine::remove_run(const std::string& name) {
    return faults_.call("engine.remove_run", [&]() -> Result<> {
        const auto found = made.find(name);
        if (found == made.end() || found->second.labels.count("update-agent.init") == 0) return {};
        made.erase(found);
        arguments.erase(name);
        return {};
    });
}

Result<std::filesystem::path> FakeEngine::mount_image(const model::Sha256& image) {
    return faults_.call("engine.mount_image", [&]() -> Result<std::filesystem::path> {
        if (image_names.count(image.hex()) == 0)
            return model::fail(ErrorCode::not_found, "no such image: " + image.hex());
        mounted.insert(image.hex());
        ++mounts;
        return image_files;
    });
}

Result<> FakeEngine::unmount_image(const model::Sha256& image) {
    return faults_.call("engine.unmount_image", [&]() -> Result<> {
        mounted.erase(image.hex());
        return {};
    });
}

Result<> FakeEngine::remove_image(const model::Sha256& image) {
    return faults_.call("engine.remove_image", [&]() -> Result<> {
        for (const auto& [name, info] : made)
            if (info.image_id == image.hex())
                return model::fail(ErrorCode::conflict, "the image is in use by " + name);
        image_names.erase(image.hex());
        return {};
    });
}

Result<> FakeEngine::remove_leftovers() {
    return faults_.call("engine.remove_leftovers", [] { return Result<>(); });
}

void FakeEngine::take_state(const FakeEngine& other) {
    image_names = other.image_names;
    made = other.made;
    arguments = other.arguments;
    health_of = other.health_of;
    gives = other.gives;
    pulls_as = other.pulls_as;
    secret_names = other.secret_names;
    programs = other.programs;
    registry = other.registry;
    unreachable = other.unreachable;
    image_files = other.image_files;
    mounted = other.mounted;
    image_store_used = other.image_store_used;
    image_store_obstacle = other.image_store_obstacle;
}

Result<std::string> FakeEngine::health(const std::string& name) {
    return faults_.call("engine.health", [&] {
        const auto found = health_of.find(name);
        return Result<std::string>(found == health_of.end() ? "healthy" : found->second);
    });
}

}  // namespace test
