// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/operations/fake_mounts.hpp"

#include <nlohmann/json.hpp>

#include "agent/crypto/sha256.hpp"
#include "agent/images/image_documents.hpp"
#include "agent/images/store_records.hpp"
#include "tests/unit/store/faults.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace test {

namespace {

using Json = nlohmann::json;
constexpr const char* kMark = ".mounted";

void write_documents(const std::filesystem::path& directory, const std::string& config) {
    const auto digest = "sha256:" + agent::crypto::sha256(config).hex();
    const Json manifest = {{"schemaVersion", 2}, {"config", {{"digest", digest}}}};
    write_text(directory / "manifest", manifest.dump());
    write_text(directory / agent::images::big_data_file(digest), config);
}

/// `configs` are those of its images.
void write_store(const std::filesystem::path& where, const Json& configs) {
    Json records = Json::array();
    Json layers = Json::array();
    for (const auto& config : configs) {
        const auto id = agent::crypto::sha256(config.get<std::string>()).hex();
        const auto layer = agent::crypto::sha256("layer of " + id).hex();
        records.push_back(
            {{"id", id}, {"names", {"localhost/" + id.substr(0, 12) + ":1"}}, {"layer", layer}});
        layers.push_back({{"id", layer}});
        write_documents(where / "overlay-images" / id, config.get<std::string>());
        std::filesystem::create_directories(where / "overlay" / layer / "diff");
        const auto link = agent::images::link_id(*model::Sha256::parse(layer));
        write_text(where / "overlay" / layer / "link", link);
        std::filesystem::create_directories(where / "overlay/l");
        std::filesystem::create_directory_symlink("../" + layer + "/diff",
                                                  where / "overlay/l" / link);
    }
    write_text(where / "overlay-images/images.json", records.dump());
    write_text(where / "overlay-layers/layers.json", layers.dump());
}

}  // namespace

std::string store_content(const std::vector<std::string>& configs) {
    auto text = "hsqs" + Json(configs).dump();
    text.resize((text.size() + 4095) / 4096 * 4096, '\n');
    return text;
}

Result<std::set<std::filesystem::path>> FakeMounts::mounted(const std::filesystem::path& below) {
    return faults_.call("mounts.mounted", [&]() -> Result<std::set<std::filesystem::path>> {
        std::set<std::filesystem::path> there;
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(below, error))
            if (std::filesystem::exists(entry.path() / kMark)) there.insert(entry.path());
        return there;
    });
}

bool FakeMounts::reads(const std::filesystem::path& where, const std::filesystem::path& file) {
    std::error_code error;
    return !reads_replaced_files && std::filesystem::equivalent(where / kMark, file, error);
}

std::optional<bool> FakeMounts::damaged(const std::filesystem::path& where) {
    const auto found = damage.find(where);
    return found == damage.end() ? std::nullopt : std::optional(found->second);
}

Result<> FakeMounts::mount(const host::StoreMount& store) {
    return faults_.call("mounts.mount", [&]() -> Result<> {
        const Faults::Own own;
        if (failure) return model::fail(*failure);
        if (store.verity && verity_failure) return model::fail(*verity_failure);
        const auto text = read_text(store.file);
        if (!text.starts_with("hsqs"))
            return model::fail(ErrorCode::invalid, store.file.string() + ": is no squashfs");
        write_store(store.where, Json::parse(text.substr(4, store.hash_offset - 4)));
        std::filesystem::create_hard_link(store.file, store.where / kMark);
        made.push_back(store);
        return {};
    });
}

Result<> FakeMounts::mount_layers(const std::vector<std::filesystem::path>& layers,
                                  const std::filesystem::path& where) {
    return faults_.call("mounts.mount_layers", [&]() -> Result<> {
        const Faults::Own own;
        for (const auto& layer : layers)
            if (!std::filesystem::is_directory(layer))
                return model::fail(ErrorCode::internal, layer.string() + " is not there");
        std::filesystem::remove_all(where);
        std::filesystem::create_directories(where.parent_path());
        std::filesystem::copy(image_files, where, std::filesystem::copy_options::recursive);
        return {};
    });
}

Result<> FakeMounts::unmount(const std::filesystem::path& where) {
    return faults_.call("mounts.unmount", [&]() -> Result<> {
        const Faults::Own own;
        std::filesystem::remove_all(where);
        return {};
    });
}

}  // namespace test
