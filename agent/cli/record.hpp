// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/operations/progress.hpp"

namespace agent::cli::json {

/// Tells what a record of progress.json says. One that is not understood is passed over, and so is
/// a plan: it is a document for programs.
void tell(const std::string& record, operations::Progress& progress);

/// A document as a command prints it; empty for what is none.
[[nodiscard]] std::string printed(const std::string& document);

/// Whether it says that a command has failed.
[[nodiscard]] bool is_error(const std::string& document);

}  // namespace agent::cli::json
