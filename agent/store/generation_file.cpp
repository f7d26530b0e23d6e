// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/generation_file.hpp"

#include <set>

#include "agent/store/timestamp.hpp"
#include "agent/store/toml_text.hpp"

namespace agent::store {

using model::Problems;
using model::Result;
using model::TomlDocument;
using model::TomlTable;

namespace {

constexpr int kGenerationFormat = 1;
constexpr const char* kVerity = "verity";
constexpr const char* kHash = "hash";

std::string line(const std::string& key, const std::string& value) {
    return key + " = " + value + "\n";
}

std::string digest_text(const model::Sha256& digest) {
    return toml_string("sha256:" + digest.hex());
}

std::string container_text(const model::InstalledContainer& container) {
    return "\n[[bundles.containers]]\n" + line("name", toml_string(container.name.value())) +
           line("podman-name", toml_string(container.podman_name)) +
           line("spec", digest_text(container.spec)) +
           line("image-id", digest_text(container.image_id));
}

std::string store_text(const model::InstalledStore& store) {
    return line("image-store", "{ root-hash = " + digest_text(store.root_hash) +
                                   ", hash-offset = " + std::to_string(store.hash_offset) +
                                   ", integrity = " + toml_string(store.verity ? kVerity : kHash) +
                                   " }");
}

std::string bundle_text(const model::BundleId& id, const model::InstalledBundle& bundle) {
    std::string text = "\n[[bundles]]\n" + line("id", toml_string(id.value())) +
                       line("version", toml_string(bundle.description.version.to_string())) +
                       line("digest", digest_text(bundle.digest));
    if (!bundle.anchor.empty()) text += line("anchor", toml_string(bundle.anchor));
    if (bundle.store) text += store_text(*bundle.store);
    for (const auto& container : bundle.containers)
        text += container_text(container);
    return text;
}

GenerationInfo read_info(TomlTable& table) {
    GenerationInfo info;
    info.number = required_number(table, "number");
    info.parent = required_number(table, "parent");
    info.reason = required_string(table, "reason").value_or("");
    info.time = required_time(table, "time");
    info.systemd_version = required_number(table, "systemd-version");
    for (const auto& text : table.strings("brought-images")) {
        if (const auto id = model::Sha256::parse(text))
            info.brought_images.insert(*id);
        else
            table.problem("brought-images", id.error().text());
    }
    return info;
}

model::InstalledContainer read_container(TomlTable& table) {
    model::InstalledContainer container;
    container.name = required<model::ContainerName>(table, "name");
    container.podman_name = required_string(table, "podman-name").value_or("");
    container.spec = required<model::Sha256>(table, "spec");
    container.image_id = required<model::Sha256>(table, "image-id");
    table.finish();
    return container;
}

std::uint64_t required_offset(TomlTable& table, std::string_view key) {
    const auto value = table.integer(key);
    if (value && *value > 0) return static_cast<std::uint64_t>(*value);
    table.problem(key, "must be there, and more than 0");
    return 0;
}

model::InstalledStore read_store(TomlTable& table) {
    model::InstalledStore store;
    store.root_hash = required<model::Sha256>(table, "root-hash");
    store.hash_offset = required_offset(table, "hash-offset");
    const auto integrity = required_string(table, "integrity").value_or(kHash);
    if (integrity != kVerity && integrity != kHash)
        table.problem("integrity", "is neither " + std::string(kVerity) + " nor " + kHash);
    store.verity = integrity == kVerity;
    table.finish();
    return store;
}

BundleRecord read_bundle(TomlTable& table) {
    BundleRecord bundle;
    bundle.id = required<model::BundleId>(table, "id");
    bundle.version = required<model::Version>(table, "version");
    bundle.digest = required<model::Sha256>(table, "digest");
    bundle.anchor = table.string("anchor").value_or("");
    if (auto store = table.table("image-store")) bundle.store = read_store(*store);
    for (auto& container : table.tables("containers"))
        bundle.containers.push_back(read_container(container));
    table.finish();
    return bundle;
}

std::vector<BundleRecord> read_bundles(TomlTable& root) {
    std::vector<BundleRecord> bundles;
    std::set<model::BundleId> ids;
    for (auto& table : root.tables("bundles")) {
        bundles.push_back(read_bundle(table));
        if (!ids.insert(bundles.back().id).second) table.problem("id", "is there twice");
    }
    return bundles;
}

std::string ids_text(const std::set<model::Sha256>& ids) {
    std::string text;
    for (const auto& id : ids)
        text += (text.empty() ? "" : ", ") + toml_string("sha256:" + id.hex());
    return "[" + text + "]";
}

/// Reads a file that begins with a format number by `read`, which gets its root table.
template <typename Read>
auto parse_file(std::string_view text, const std::string& where, const Read& read)
    -> Result<decltype(read(std::declval<TomlTable&>()))> {
    Problems problems;
    TomlDocument document = TomlDocument::parse(text, where, problems);
    if (!document.valid()) return model::fail(to_error(problems));
    TomlTable root = document.root();
    TRY(check_format(root, kGenerationFormat, where));
    auto value = read(root);
    root.finish();
    if (!problems.empty()) return model::fail(to_error(problems));
    return value;
}

}  // namespace

std::string generation_text(const GenerationInfo& info, const model::InstalledSet& set) {
    std::string text = line("format", std::to_string(kGenerationFormat)) +
                       line("number", std::to_string(info.number)) +
                       line("parent", std::to_string(info.parent)) +
                       line("reason", toml_string(info.reason)) +
                       line("time", toml_string(to_rfc3339(info.time))) +
                       line("systemd-version", std::to_string(info.systemd_version)) +
                       line("brought-images", ids_text(info.brought_images));
    for (const auto& [id, bundle] : set.bundles)
        text += bundle_text(id, bundle);
    return text;
}

Result<GenerationRecord> parse_generation(std::string_view text, const std::string& where) {
    return parse_file(text, where, [](TomlTable& root) {
        GenerationRecord record;
        record.info = read_info(root);
        record.bundles = read_bundles(root);
        return record;
    });
}

std::string state_text(const GenerationState& state) {
    const auto boolean = [](bool value) { return value ? "true" : "false"; };
    return line("format", std::to_string(kGenerationFormat)) +
           line("confirmed", boolean(state.confirmed)) + line("boots", std::to_string(state.boots));
}

Result<GenerationState> parse_state(std::string_view text, const std::string& where) {
    return parse_file(text, where, [](TomlTable& root) {
        GenerationState state;
        state.confirmed = required_boolean(root, "confirmed");
        state.boots = required_number(root, "boots");
        return state;
    });
}

}  // namespace agent::store
