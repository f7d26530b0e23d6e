// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/afm/requests.hpp"
#include "agent/model/installed_set.hpp"

namespace agent::afm {

/// The id of the application that an installation added, from the document that it ended with and
/// what is installed by now. ErrorCode::conflict where it was there already and was not forced.
[[nodiscard]] model::Result<std::string> added_application(const std::string& document,
                                                           const model::InstalledSet& set,
                                                           bool force);

/// The text of the signal `changed`: what was done, "install" or "uninstall", and to which.
[[nodiscard]] std::string change_text(const char* operation, const std::string& id);

}  // namespace agent::afm
