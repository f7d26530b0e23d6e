// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agent::model {

/// The word of `words` that `typo` is most likely meant to be; empty when none is near.
[[nodiscard]] std::string nearest_word(std::string_view typo,
                                       const std::vector<std::string>& words);

}  // namespace agent::model
