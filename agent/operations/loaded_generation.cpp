// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/loaded_generation.hpp"

#include <charconv>
#include <system_error>

#include "agent/model/unit_name.hpp"

namespace agent::operations {

namespace {

// Where the manager hands generators their late directory, systemd.generator(7).
constexpr auto kLateDirectory = "run/systemd/generator.late";

}  // namespace

std::optional<unsigned> loaded_generation(const Context& context) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(
        context.paths.root() / kLateDirectory / model::kLoadedGenerationStamp, error);
    if (error) return std::nullopt;
    const auto text = target.string();
    unsigned number = 0;
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return number;
}

}  // namespace agent::operations
