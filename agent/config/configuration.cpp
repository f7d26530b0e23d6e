// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/config/configuration.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <limits>
#include <optional>
#include <system_error>
#include <vector>

#include "agent/model/field_reader.hpp"
#include "agent/model/toml_reader.hpp"
#include "agent/model/value_checks.hpp"

namespace agent::config {
namespace {

namespace fs = std::filesystem;
using model::ErrorCode;
using model::Result;

/// Nothing when there is no such file.
Result<std::optional<std::string>> read_file(const fs::path& path) {
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        const int error = errno;
        if (error == ENOENT || error == ENOTDIR) return std::nullopt;
        return model::fail(model::errno_error(error, "cannot open " + path.string()));
    }
    std::string text;
    std::array<char, 4096> chunk{};
    while (stream.read(chunk.data(), chunk.size()) || stream.gcount() > 0)
        text.append(chunk.data(), static_cast<std::size_t>(stream.gcount()));
    if (stream.bad()) return model::fail(model::errno_error(EIO, "cannot read " + path.string()));
    return text;
}

/// Regular files, so that a link to /dev/null masks nothing but itself.
bool is_drop_in(const fs::directory_entry& entry) {
    std::error_code error;
    const auto name = entry.path().filename().string();
    return entry.is_regular_file(error) && !error && !name.starts_with('.') &&
           entry.path().extension() == ".toml";
}

/// In lexical order; none when there is no such directory.
Result<std::vector<fs::path>> find_drop_ins(const fs::path& directory) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        if (is_drop_in(*entry)) files.push_back(entry->path());
    }
    if (error && error != std::errc::no_such_file_or_directory)
        return model::fail(model::errno_error(error.value(), "cannot list " + directory.string()));
    std::sort(files.begin(), files.end());
    return files;
}

void read_volume_roots(model::TomlTable& table, model::VolumeRoots& roots,
                       const model::Problems& problems) {
    constexpr std::string_view kKey = "volume-roots";
    if (!table.has(kKey)) return;
    const auto known = problems.size();
    auto named = model::read_distinct_strings(table, kKey, model::check_mount_path);
    if (named.empty() && problems.size() == known)
        table.problem(kKey, "is empty", "name at least one directory");
    if (!named.empty()) roots = std::move(named);
}

void read_image_integrity(model::TomlTable& table, ImageIntegrity& integrity) {
    constexpr std::string_view kKey = "image-integrity";
    const auto text = table.string(kKey);
    if (!text) return;
    if (*text == "auto")
        integrity = ImageIntegrity::automatic;
    else if (*text == "verity")
        integrity = ImageIntegrity::verity;
    else if (*text == "hash")
        integrity = ImageIntegrity::hash;
    else
        table.problem(kKey, "is none of auto, verity, hash");
}

}  // namespace

void merge(Configuration& configuration, std::string_view text, const std::string& where,
           model::Problems& problems) {
    auto document = model::TomlDocument::parse(text, where, problems);
    if (!document.valid()) return;
    auto table = document.root();
    if (auto machine = model::read_string(table, "machine", model::check_line); !machine.empty())
        configuration.machine = std::move(machine);
    if (const auto only_signed = table.boolean("signed-bundles-only"))
        configuration.signed_bundles_only = *only_signed;
    constexpr std::uint64_t kMostGenerations = 1000;
    if (const auto count = model::read_count(table, "keep-generations", 1, kMostGenerations))
        configuration.keep_generations = static_cast<unsigned>(*count);
    const auto set_span = [&table](std::string_view key, model::Span& span) {
        span = model::read_span(table, key, model::kPositiveSpan).value_or(span);
    };
    set_span("podman-timeout", configuration.podman_timeout);
    set_span("image-timeout", configuration.image_timeout);
    set_span("systemd-timeout", configuration.systemd_timeout);
    set_span("hook-timeout", configuration.hook_timeout);
    if (const auto reserve = model::read_size(table, "reserve", 0))
        configuration.reserve = *reserve;
    if (const auto limit = model::read_size(table, "snapshot-limit", 0))
        configuration.snapshot_limit = *limit;
    read_image_integrity(table, configuration.image_integrity);
    read_volume_roots(table, configuration.volume_roots, problems);
    table.finish();
}

Result<Configuration> load_configuration(const fs::path& root, const fs::path& file) {
    const bool is_default = file == fs::path(kConfigurationFile);
    const auto path = is_default ? root / file.relative_path() : file;
    Configuration configuration;
    model::Problems problems;
    TRY_ASSIGN(const auto text, read_file(path));
    if (text) merge(configuration, *text, path.string(), problems);
    if (!text && !is_default)
        return model::fail(ErrorCode::not_found, "there is no configuration file " + path.string());
    TRY_ASSIGN(const auto drop_ins, find_drop_ins(path.string() + ".d"));
    for (const auto& drop_in : drop_ins) {
        TRY_ASSIGN(const auto more, read_file(drop_in));
        if (more) merge(configuration, *more, drop_in.string(), problems);
    }
    if (!problems.empty()) return model::fail(model::to_error(problems));
    return configuration;
}

}  // namespace agent::config
