// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "agent/model/description.hpp"
#include "agent/model/toml_reader.hpp"

namespace agent::model {

// Each reads the tables of a description that are neither its top nor containers, checks them one
// by one, and refuses what comes twice.

/// `[[requires]]` and `[[host-packages]]`.
void read_dependencies(TomlTable& root, Description& description);
/// `[[groups]]`, `[bundle-group]` and `[[volumes]]`.
void read_groups_and_volumes(TomlTable& root, Description& description);
/// `[[file-providers]]`.
void read_file_providers(TomlTable& root, Description& description);

}  // namespace agent::model
