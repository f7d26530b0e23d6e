// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "agent/bundle/delta_writer.hpp"
#include "agent/model/description.hpp"
#include "agent/operations/create_bundle.hpp"

namespace agent::operations {

/// The bundle file that a delta starts from, opened.
struct OpenedBase {
    bundle::BundleReader reader;
    bundle::DeltaBase base;
};

/// ErrorCode::usage where the file is not one of another version of `description`, with an image
/// store.
[[nodiscard]] model::Result<OpenedBase> open_base(const std::filesystem::path& file,
                                                  const model::Description& description);

/// Makes the delta file beside the bundle file `whole`, called by it and the base's version.
[[nodiscard]] model::Result<CreatedDelta> create_delta(const Context& context,
                                                       const OpenedBase& opened,
                                                       const std::filesystem::path& whole);

}  // namespace agent::operations
