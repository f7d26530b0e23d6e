// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/ids.hpp"

#include <algorithm>
#include <array>

#include "agent/model/text.hpp"

namespace agent::model {
namespace {

constexpr std::size_t kLongestName = 63;
/// A unit name has at most 255 characters, and `bundles-<escaped id>.slice` writes a dash as
/// `\x2d`.
constexpr std::size_t kLongestUnitName = 255;
constexpr std::size_t kSliceAffixes = std::string_view("bundles-.slice").size();
constexpr std::string_view kRestartSuffix = "-restart";

/// Units of the agent itself begin with these.
constexpr std::array<std::string_view, 3> kReservedPrefixes{"update-agent", "bundle-startup",
                                                            "installed-bundles"};

bool is_lower_or_digit(char c) {
    return is_lower(c) || is_digit(c);
}

/// Empty when `text` may name a bundle or a container, else what is wrong with it.
std::string complaint_about_name(std::string_view text) {
    const auto allowed = [](char c) { return is_lower_or_digit(c) || c == '-'; };
    if (text.empty() || !is_lower_or_digit(text.front()) ||
        !std::all_of(text.begin(), text.end(), allowed)) {
        return in_quotes(text) +
               " is not a name: write lower-case letters, digits and dashes, and begin with a "
               "letter or a digit";
    }
    if (text.size() > kLongestName) {
        return in_quotes(text) + " is too long: at most " + std::to_string(kLongestName) +
               " characters are allowed";
    }
    for (const auto prefix : kReservedPrefixes) {
        if (text.starts_with(prefix))
            return in_quotes(text) + " is reserved: names that begin with \"" +
                   std::string(prefix) + "\" belong to the agent";
    }
    return {};
}

std::string complaint_about_bundle_id(std::string_view text) {
    auto complaint = complaint_about_name(text);
    if (!complaint.empty()) return complaint;
    if (text.ends_with(kRestartSuffix))
        return in_quotes(text) + " is reserved: an id must not end in \"" +
               std::string(kRestartSuffix) + "\", the name of the target that restarts a bundle";
    const auto dashes = static_cast<std::size_t>(std::count(text.begin(), text.end(), '-'));
    if (kSliceAffixes + text.size() + 3 * dashes > kLongestUnitName)
        return in_quotes(text) + " has too many dashes for the name of a slice: write fewer";
    return {};
}

}  // namespace

Result<BundleId> BundleId::parse(std::string_view text) {
    if (auto complaint = complaint_about_bundle_id(text); !complaint.empty())
        return fail(ErrorCode::invalid, std::move(complaint));
    return BundleId(std::string(text));
}

Result<ContainerName> ContainerName::parse(std::string_view text) {
    if (auto complaint = complaint_about_name(text); !complaint.empty())
        return fail(ErrorCode::invalid, std::move(complaint));
    return ContainerName(std::string(text));
}

Result<Sha256> Sha256::parse(std::string_view text) {
    constexpr std::string_view kPrefix = "sha256:";
    constexpr std::size_t kDigits = 64;
    auto digits = text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : text;
    const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
    if (digits.size() != kDigits || !std::all_of(digits.begin(), digits.end(), is_hex))
        return fail(ErrorCode::invalid,
                    in_quotes(text) + " is not a SHA-256: write 64 lower-case hexadecimal digits");
    return Sha256(std::string(digits));
}

}  // namespace agent::model
