// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/bundle/reader.hpp"
#include "agent/operations/context.hpp"

namespace agent::operations {

/// What a delta file starts from.
struct DeltaSource {
    /// The image store, below the kept bundles; empty for a whole bundle, or where it is not there.
    std::string store;
    /// Why it is not there.
    std::string obstacle;
};

/// ErrorCode::invalid where the file does not say it as docs/bundle-format.md wants.
[[nodiscard]] model::Result<DeltaSource> find_delta_source(const Context& context,
                                                           bundle::BundleReader& reader,
                                                           const model::BundleId& id,
                                                           const bundle::BundleFile& file);

}  // namespace agent::operations
