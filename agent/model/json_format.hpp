// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace agent::model {

/// Number of the format of all documents for programs; it grows when one that reads them would have
/// to change. docs/json-output.md describes them.
inline constexpr int kJsonFormat = 1;

}  // namespace agent::model
