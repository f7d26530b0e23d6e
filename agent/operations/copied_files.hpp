// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>

#include "agent/operations/context.hpp"
#include "agent/volumes/provided_files.hpp"

namespace agent::operations {

/// What file providers copied for a generation, by bundle.
using CopiedFiles = std::map<model::BundleId, std::vector<volumes::CopiedEntry>>;

/// None where there is no record. ErrorCode::invalid for a damaged one.
[[nodiscard]] model::Result<CopiedFiles> read_copied_files(const Context& context,
                                                           unsigned generation);
[[nodiscard]] model::Result<> write_copied_files(const Context& context, unsigned generation,
                                                 const CopiedFiles& files);

}  // namespace agent::operations
