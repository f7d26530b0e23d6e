// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "agent/bundle/reader.hpp"
#include "agent/operations/context.hpp"
#include "agent/planning/plan.hpp"

namespace agent::operations {

/// The schemas of the scopes that an opened bundle defines, by scope. They are read from the file
/// once more, so that the reader stays where it is; the file must still be the same.
[[nodiscard]] model::Result<std::map<std::string, std::string>> read_schemas(
    const bundle::BundleFile& file, const bundle::BundleReader& reader,
    const model::Description& description);

/// Texts of the installed bundles that have a scope or define one, from their kept directories.
/// Nothing is read where no candidate could change what is allowed.
[[nodiscard]] model::Result<std::map<model::BundleId, planning::BundleTexts>> installed_texts(
    const Context& context, const model::InstalledSet& installed,
    const std::vector<planning::Candidate>& candidates);

/// Adds the schema of every scope that the description defines to the bundle's `files`: from the
/// directory `schemas` beside the description, unless it is among them already. All that is wrong
/// with any comes together.
[[nodiscard]] model::Result<> add_schemas(
    const model::Description& description, const std::filesystem::path& description_file,
    std::vector<std::pair<std::string, std::filesystem::path>>& files);

}  // namespace agent::operations
