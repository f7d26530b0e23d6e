// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "agent/model/description.hpp"
#include "agent/model/toml_reader.hpp"

namespace agent::model {

/// A description with the tables it was read from, in the same order, to report problems at.
struct ParsedDescription {
    Description description;
    TomlTable root;
    std::vector<TomlTable> containers;
    std::vector<TomlTable> init_containers;
    std::vector<TomlTable> file_providers;
};

// Each adds problems for what is wrong between parts that are good on their own.

/// Names that come twice, references to what is not there, image references that do not go with
/// `images`.
void check_consistency(ParsedDescription& parsed);
/// What a base bundle needs and what it may not have.
void check_base_rules(ParsedDescription& parsed);
/// What an add-on may not have without a scope. Gives containers without a user the default one.
void apply_addon_rules(ParsedDescription& parsed);

}  // namespace agent::model
