// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/model/version_range.hpp"
#include "tests/fuzz/invariant.hpp"

using namespace agent::model;

namespace {

bool contains(const std::string& range, const Version& version) {
    const auto parsed = VersionRange::parse(range);
    fuzz::require(parsed.has_value(), "an operator and a version are a range");
    return parsed->contains(version);
}

void check_version(const Version& version) {
    const auto text = version.to_string();
    const auto again = Version::parse(text);
    fuzz::require(again && *again == version && again->build() == version.build(),
                  "a version is read back as it was written");
    fuzz::require(contains("=" + text, version), "a version is in the range of itself");
    fuzz::require(contains(">=" + text, version), "a version is at least itself");
    fuzz::require(contains("^" + text, version), "a version is compatible with itself");
    fuzz::require(contains("~" + text, version), "a version is a patch of itself");
    fuzz::require(!contains(">" + text, version), "a version is not above itself");
    fuzz::require(!contains("<" + text, version), "a version is not below itself");
    fuzz::require(!contains("!=" + text, version), "a version is not another one");
}

}  // namespace

/// A range, a line break, and a version.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(data, data + size);
    const auto line_break = std::min(input.find('\n'), input.size());
    const auto range = VersionRange::parse(std::string_view(input).substr(0, line_break));
    const auto version =
        Version::parse(std::string_view(input).substr(std::min(line_break + 1, input.size())));
    if (version) check_version(*version);
    if (!range) {
        fuzz::require(range.error().code() == ErrorCode::invalid, "a bad range is invalid input");
        return 0;
    }
    const auto probe = version.value_or(Version(1, 2, 3));
    const Version release(probe.major(), probe.minor(), probe.patch());
    const auto either = VersionRange::parse(range->text() + " || " + release.to_string());
    fuzz::require(either && either->contains(release), "an alternative adds to a range");
    fuzz::require(either->contains(probe) == (range->contains(probe) || probe == release),
                  "an alternative takes nothing away");
    const auto both = VersionRange::parse(release.to_string() + ", " + range->text());
    fuzz::require(both.has_value(), "two ranges are one");
    return 0;
}
