// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/problem.hpp"
#include "agent/model/result.hpp"
#include "agent/model/units_of_measure.hpp"
#include "agent/model/volumes.hpp"

namespace agent::config {

/// How the content of images that are mounted is held to what was signed.
enum class ImageIntegrity {
    /// dm-verity where the kernel has it, else hashed once.
    automatic,
    verity,
    hash
};

/// What an admin sets for a machine; agent.toml(5) is the reference of the keys.
struct Configuration {
    /// What `compatible` of a description is compared with; empty when the machine has no name.
    std::string machine;
    bool signed_bundles_only = true;
    /// How many generations are kept, the current one included; at least 1.
    unsigned keep_generations = 3;
    /// How long one call of podman may take that brings in no image.
    model::Span podman_timeout = std::chrono::minutes(5);
    /// How long bringing in one image may take.
    model::Span image_timeout = std::chrono::minutes(30);
    /// How long a daemon-reload, and an answer of the bus, may take.
    model::Span systemd_timeout = std::chrono::minutes(2);
    /// How long one of the administrator's hooks may take.
    model::Span hook_timeout = std::chrono::minutes(1);
    /// Bytes that an installation leaves free.
    std::uint64_t reserve = std::uint64_t{64} << 20U;
    /// Bytes of one volume that may be copied before it is written to, where its file system can
    /// neither snapshot it nor share the blocks of its files.
    std::uint64_t snapshot_limit = std::uint64_t{1} << 30U;
    ImageIntegrity image_integrity = ImageIntegrity::automatic;
    /// Directories below which volumes may lie, at least one; those without a path of their own lie
    /// below the first.
    std::vector<std::string> volume_roots = {model::kVolumeRoot};
    bool operator==(const Configuration&) const = default;
};

inline constexpr const char* kConfigurationFile = "/etc/update-agent/agent.toml";

/// Sets what `text` says, and leaves the rest. Every problem is added to `problems`; `where` names
/// the file in them.
void merge(Configuration& configuration, std::string_view text, const std::string& where,
           model::Problems& problems);

/// Reads the file and then, in lexical order, `*.toml` of the directory with its name and `.d`
/// behind it; what is read later wins. The default file is looked for below `root` and may be
/// missing, any other is used as it is named and must be there. ErrorCode::invalid with all
/// problems of all files.
[[nodiscard]] model::Result<Configuration> load_configuration(
    const std::filesystem::path& root, const std::filesystem::path& file = kConfigurationFile);

}  // namespace agent::config
