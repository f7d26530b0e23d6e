// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/model/result.hpp"

namespace agent::host {

enum class HookPoint { before, after, failed };

/// Programs that an administrator has put beside the operations that change the installed set.
class Hooks {
  public:
    virtual ~Hooks() = default;
    /// Runs the programs of that point one after the other, each with the document on its standard
    /// input. Before an operation the first that fails ends it with ErrorCode::conflict; else all
    /// of them run, and the error has what failed of them.
    [[nodiscard]] virtual model::Result<> run(HookPoint point, const std::string& document) = 0;
};

}  // namespace agent::host
