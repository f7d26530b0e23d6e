// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/generation_reader.hpp"

#include <system_error>

#include "agent/model/toml_reader.hpp"
#include "agent/store/atomic_file.hpp"
#include "agent/store/generation_file.hpp"
#include "agent/store/toml_text.hpp"

namespace agent::store {

using model::ErrorCode;
using model::fail;
using model::Problems;
using model::Result;
namespace fs = std::filesystem;

namespace {

constexpr int kDescriptionFormat = 1;

/// A description that this agent cannot read may be damaged, or one of a format to come.
model::Error description_error(const std::string& text, const std::string& where,
                               const Problems& problems) {
    Problems ignored;
    auto document = model::TomlDocument::parse(text, where, ignored);
    if (document.valid()) {
        auto root = document.root();
        if (auto format = check_format(root, kDescriptionFormat, where); !format)
            return format.error();
    }
    return to_error(problems);
}

Result<model::Description> read_description(const fs::path& directory, const BundleRecord& record) {
    const fs::path file = directory / kDescriptionFile;
    TRY_ASSIGN(const std::string text, read_file(file));
    Problems problems;
    auto description = model::parse_description(text, file.string(), problems);
    if (!problems.empty()) return fail(description_error(text, file.string(), problems));
    if (description.id != record.id || description.version != record.version)
        return fail(ErrorCode::invalid, file.string() + " is that of " + description.id.value() +
                                            " " + description.version.to_string() + ", not of " +
                                            record.id.value() + " " + record.version.to_string());
    return description;
}

Result<GenerationRecord> read_record(const fs::path& directory, unsigned number) {
    const fs::path file = directory / kGenerationFile;
    TRY_ASSIGN(const std::string text, read_file(file));
    TRY_ASSIGN(auto record, parse_generation(text, file.string()));
    if (record.info.number != number)
        return fail(ErrorCode::invalid,
                    file.string() + " is that of generation " + std::to_string(record.info.number));
    return record;
}

}  // namespace

Result<GenerationInfo> read_generation_info(const fs::path& directory, unsigned number) {
    TRY_ASSIGN(auto record, read_record(directory, number));
    return record.info;
}

Result<model::InstalledSet> read_generation_set(const fs::path& directory, unsigned number) {
    TRY_ASSIGN(auto record, read_record(directory, number));
    model::InstalledSet set;
    set.generation = number;
    for (auto& bundle : record.bundles) {
        TRY_ASSIGN(auto description,
                   read_description(directory / kBundlesDirectory / bundle.id.value(), bundle));
        set.bundles.emplace(
            bundle.id, model::InstalledBundle{std::move(description), bundle.digest, bundle.anchor,
                                              std::move(bundle.containers), bundle.store});
    }
    return set;
}

Result<std::map<std::string, std::string>> read_texts(const fs::path& directory) {
    std::map<std::string, std::string> texts;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->symlink_status(error).type() != fs::file_type::regular) continue;
        TRY_ASSIGN(texts[entry->path().filename().string()], read_file(entry->path()));
    }
    if (error && error != std::errc::no_such_file_or_directory)
        return fail(model::errno_error(error.value(), "cannot read " + directory.string()));
    return texts;
}

}  // namespace agent::store
