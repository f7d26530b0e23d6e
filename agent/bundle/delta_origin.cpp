// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/delta_origin.hpp"

#include <array>
#include <optional>

namespace agent::bundle {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr std::string_view kFormat = "rdiff";

/// The fields of a line that has just these, each ended by one space or the line's end.
std::optional<std::array<std::string_view, 3>> fields_of(std::string_view line) {
    if (line.empty() || line.back() != '\n') return std::nullopt;
    line.remove_suffix(1);
    const auto first = line.find(' ');
    const auto second = line.find(' ', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
    return std::array{line.substr(0, first), line.substr(first + 1, second - first - 1),
                      line.substr(second + 1)};
}

}  // namespace

Result<DeltaOrigin> parse_delta_origin(std::string_view text) {
    const auto fields = fields_of(text);
    if (!fields) return fail(ErrorCode::invalid, "is not one line `rdiff SHA256 VERSION`");
    const auto& [format, digest, version] = *fields;
    if (format != kFormat)
        return fail(ErrorCode::invalid,
                    "is of a format that this version does not know; install the whole bundle");
    const auto store = model::Sha256::parse(digest);
    if (!store || store->hex() != digest)
        return fail(ErrorCode::invalid, "has no SHA-256 in 64 lower-case hexadecimal digits");
    TRY_ASSIGN(auto parsed, model::Version::parse(version));
    return DeltaOrigin{.store = *store, .version = std::move(parsed)};
}

std::string to_text(const DeltaOrigin& origin) {
    return std::string(kFormat) + " " + origin.store.hex() + " " + origin.version.to_string() +
           "\n";
}

std::string difference_member(std::string_view store_member) {
    return std::string(store_member.substr(0, store_member.rfind('.'))) + ".rdiff";
}

}  // namespace agent::bundle
