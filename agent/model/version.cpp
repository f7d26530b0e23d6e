// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/version.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "agent/model/text.hpp"

namespace agent::model {
namespace {

tl::unexpected<Error> not_a_version(std::string_view text, const std::string& why) {
    return fail(ErrorCode::invalid, in_quotes(text) + " is not a version: " + why);
}

constexpr auto kLargestNumber = std::numeric_limits<std::uint64_t>::max();

/// What is wrong with the dot-separated identifiers of a pre-release or of build metadata.
std::string complaint_about_identifiers(const std::vector<std::string_view>& identifiers,
                                        std::string_view what, bool numbers_are_plain) {
    for (const auto identifier : identifiers) {
        if (identifier.empty()) return "an identifier of its " + std::string(what) + " is empty";
        if (!has_only_alphanumeric_and(identifier, "-"))
            return "its " + std::string(what) + " may only have letters, digits, dashes and dots";
        if (numbers_are_plain && identifier.size() > 1 && identifier.front() == '0' &&
            is_all_digits(identifier))
            return "the number " + std::string(identifier) + " of its " + std::string(what) +
                   " begins with 0";
    }
    return {};
}

/// Numeric identifiers compare as numbers of any length and come before alphanumeric ones.
std::strong_ordering compare_identifiers(const std::string& left, const std::string& right) {
    const bool left_numeric = is_all_digits(left);
    const bool right_numeric = is_all_digits(right);
    if (left_numeric != right_numeric)
        return left_numeric ? std::strong_ordering::less : std::strong_ordering::greater;
    if (left_numeric && left.size() != right.size()) return left.size() <=> right.size();
    return left.compare(right) <=> 0;
}

std::strong_ordering compare_prereleases(const std::vector<std::string>& left,
                                         const std::vector<std::string>& right) {
    if (left.empty() || right.empty()) return left.empty() <=> right.empty();
    const auto shorter = std::min(left.size(), right.size());
    for (std::size_t i = 0; i < shorter; ++i) {
        const auto order = compare_identifiers(left[i], right[i]);
        if (order != std::strong_ordering::equal) return order;
    }
    return left.size() <=> right.size();
}

}  // namespace

Version::Version(std::uint64_t major, std::uint64_t minor, std::uint64_t patch)
    : major_(major), minor_(minor), patch_(patch) {}

Result<Version> Version::parse(std::string_view text) {
    const auto core_end = std::min(text.find_first_of("-+"), text.size());
    const auto numbers = split(text.substr(0, core_end), '.');
    Version version;
    if (numbers.size() != 3) return not_a_version(text, "write it as MAJOR.MINOR.PATCH");
    const std::array fields{&version.major_, &version.minor_, &version.patch_};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto digits = numbers[i];
        if (!is_all_digits(digits)) return not_a_version(text, "write three numbers, as in 1.2.3");
        if (digits.size() > 1 && digits.front() == '0')
            return not_a_version(text, "the number " + std::string(digits) + " begins with 0");
        const auto number = parse_decimal(digits, kLargestNumber);
        if (!number)
            return not_a_version(text, "the number " + std::string(digits) + " is too large");
        *fields[i] = *number;
    }

    const auto build_begin = text.find('+', core_end);
    if (build_begin != std::string_view::npos) {
        const auto build = text.substr(build_begin + 1);
        const auto complaint =
            complaint_about_identifiers(split(build, '.'), "build metadata", false);
        if (!complaint.empty()) return not_a_version(text, complaint);
        version.build_ = build;
    }
    const auto prerelease_end = std::min(build_begin, text.size());
    if (core_end < prerelease_end) {
        const auto identifiers =
            split(text.substr(core_end + 1, prerelease_end - core_end - 1), '.');
        const auto complaint = complaint_about_identifiers(identifiers, "pre-release", true);
        if (!complaint.empty()) return not_a_version(text, complaint);
        version.prerelease_.assign(identifiers.begin(), identifiers.end());
    }
    return version;
}

Result<Version> Version::coerce_os_version(std::string_view version_id) {
    if (auto strict = parse(version_id)) return strict;
    if (version_id.empty())
        return fail(ErrorCode::invalid,
                    "the operating system has no VERSION_ID in os-release: a range for `os` cannot "
                    "be compared with it");
    const auto unusable = [version_id] {
        return fail(ErrorCode::invalid, "VERSION_ID " + in_quotes(version_id) +
                                            " of os-release cannot be read as a version: one to "
                                            "three numbers are needed");
    };
    const auto numbers = split(version_id, '.');
    Version version;
    const std::array fields{&version.major_, &version.minor_, &version.patch_};
    if (numbers.size() > fields.size()) return unusable();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto number = parse_decimal(numbers[i], kLargestNumber);
        if (!number) return unusable();
        *fields[i] = *number;
    }
    return version;
}

std::string Version::to_string() const {
    std::string text =
        std::to_string(major_) + '.' + std::to_string(minor_) + '.' + std::to_string(patch_);
    for (std::size_t i = 0; i < prerelease_.size(); ++i)
        text += (i == 0 ? '-' : '.') + prerelease_[i];
    if (!build_.empty()) text += '+' + build_;
    return text;
}

std::strong_ordering Version::operator<=>(const Version& other) const {
    if (const auto order = major_ <=> other.major_; std::is_neq(order)) return order;
    if (const auto order = minor_ <=> other.minor_; std::is_neq(order)) return order;
    if (const auto order = patch_ <=> other.patch_; std::is_neq(order)) return order;
    return compare_prereleases(prerelease_, other.prerelease_);
}

bool Version::operator==(const Version& other) const {
    return (*this <=> other) == std::strong_ordering::equal;
}

}  // namespace agent::model
