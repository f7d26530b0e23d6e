// SPDX-License-Identifier: GPL-3.0-or-later
// podman reads none of a store's records where one value in one of them has another type than it
// expects, so that one damaged store would take all images away.
#pragma once

#include "agent/model/result.hpp"
#include "agent/store/json_text.hpp"

namespace agent::images {

// What podman knows of a record that is an object, in its order; null counts as absent.
// ErrorCode::invalid, naming the key, where podman could not read a value.
[[nodiscard]] model::Result<store::Json> image_fields(const store::Json& record);
[[nodiscard]] model::Result<store::Json> layer_fields(const store::Json& record);

}  // namespace agent::images
