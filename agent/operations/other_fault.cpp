// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/other_fault.hpp"

#include <algorithm>

namespace agent::operations {

namespace {

using model::ErrorCode;

bool is_full(const Context& context, const std::filesystem::path& path) {
    return context.host.machine.is_full(path).value_or(false);
}

}  // namespace

std::optional<std::pair<ErrorCode, std::string>> other_fault(const Context& context, bool silent) {
    auto& engine = context.host.engine;
    if (silent || !engine.check())
        return std::pair(ErrorCode::internal, "while podman does not answer");
    if (const auto root = engine.graph_root(); root && is_full(context, *root))
        return std::pair(ErrorCode::no_space, "with no space left on device for podman's store");
    const auto& roots = context.configuration.volume_roots;
    if (std::any_of(roots.begin(), roots.end(), [&](const auto& root) {
            return is_full(context,
                           context.paths.root() / std::filesystem::path(root).relative_path());
        }))
        return std::pair(ErrorCode::no_space, "with no space left on device for volumes");
    return std::nullopt;
}

}  // namespace agent::operations
