// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/manifest.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "agent/bundle/member_path.hpp"

namespace agent::bundle {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

/// What off_t and tar's binary sizes can carry.
constexpr std::uint64_t kMaxTotalBytes = std::numeric_limits<std::int64_t>::max();

tl::unexpected<model::Error> invalid(std::size_t line, const std::string& message) {
    return fail(ErrorCode::invalid, "manifest line " + std::to_string(line) + ": " + message);
}

tl::unexpected<model::Error> contradiction(const std::string& message) {
    return fail(ErrorCode::invalid, "manifest: " + message);
}

/// Decimal without sign or leading zeros, so that one manifest has one text.
std::optional<std::uint64_t> parse_canonical(std::string_view text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || (text.size() > 1 && text.front() == '0'))
        return std::nullopt;
    return value;
}

Result<ManifestEntry> parse_line(std::string_view text, std::size_t line) {
    const std::size_t first = text.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
    if (second == std::string_view::npos || text.find(' ', second + 1) != std::string_view::npos)
        return invalid(line, "is not `sha256 size path` with one space between");
    ManifestEntry entry;
    // Sha256::parse() also takes the prefix `sha256:`, which sha256sum would not.
    auto digest = model::Sha256::parse(text.substr(0, first));
    if (!digest || digest->hex() != text.substr(0, first))
        return invalid(line, "the first field is not a SHA-256 in lower-case hexadecimal");
    entry.digest = std::move(*digest);
    const auto size = parse_canonical(text.substr(first + 1, second - first - 1));
    if (!size) return invalid(line, "the second field is not a size in bytes");
    entry.size = *size;
    entry.path = text.substr(second + 1);
    if (const auto problem = member_path_problem(entry.path))
        return invalid(line, "path " + printable(entry.path) + " " + *problem);
    if (entry.path == kManifestMember || entry.path == kSignatureMember)
        return invalid(line, entry.path + " cannot list itself");
    return entry;
}

/// Path order in which everything below a directory follows the directory at once.
bool before_by_component(const ManifestEntry* a, const ManifestEntry* b) {
    const auto key = [](char c) { return c == '/' ? '\0' : c; };
    return std::lexicographical_compare(a->path.begin(), a->path.end(), b->path.begin(),
                                        b->path.end(),
                                        [&](char x, char y) { return key(x) < key(y); });
}

Result<> check_no_file_is_a_directory(const std::vector<ManifestEntry>& entries) {
    std::vector<const ManifestEntry*> sorted;
    sorted.reserve(entries.size());
    for (const auto& entry : entries)
        sorted.push_back(&entry);
    std::sort(sorted.begin(), sorted.end(), before_by_component);
    for (std::size_t i = 1; i < sorted.size(); ++i) {
        const std::string& upper = sorted[i - 1]->path;
        const std::string& lower = sorted[i]->path;
        if (lower.size() > upper.size() && lower[upper.size()] == '/' &&
            lower.compare(0, upper.size(), upper) == 0)
            return fail(ErrorCode::invalid, std::string("manifest: ")
                                                .append(upper)
                                                .append(" is a file and also the directory of ")
                                                .append(lower));
    }
    return {};
}

}  // namespace

Result<Manifest> Manifest::parse(std::string_view text) {
    if (text.size() > kMaxManifestBytes)
        return fail(ErrorCode::invalid, "manifest: is larger than 1 MiB");
    if (text.empty() || text.back() != '\n')
        return fail(ErrorCode::invalid, "manifest: is empty, or its last line has no end");
    Manifest manifest;
    std::uint64_t total = 0;
    for (std::size_t start = 0, line = 1; start < text.size(); ++line) {
        if (line > kMaxMembers) return invalid(line, "more than 4096 members");
        const std::size_t end = text.find('\n', start);
        TRY_ASSIGN(ManifestEntry entry, parse_line(text.substr(start, end - start), line));
        if (entry.size > kMaxTotalBytes - total) return invalid(line, "the sizes are absurd");
        total += entry.size;
        if (!manifest.index_.emplace(entry.path, manifest.entries_.size()).second)
            return invalid(line, entry.path + " is listed twice");
        manifest.entries_.push_back(std::move(entry));
        start = end + 1;
    }
    TRY(check_no_file_is_a_directory(manifest.entries_));
    TRY(manifest.find_store());
    return manifest;
}

Result<> Manifest::find_store() {
    const std::string* other = nullptr;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const std::string& path = entries_[i].path;
        if (is_store_member(path)) {
            if (store_)
                return contradiction("lists two image stores, " + entries_[*store_].path + " and " +
                                     path + ", but a bundle has one at most");
            store_ = i;
        } else if (other == nullptr && kind_of_member(path) == MemberKind::image) {
            other = &path;
        }
    }
    const bool has_index = find(std::string(kStoreIndexMember)) != nullptr;
    if (has_index && !store_)
        return contradiction("lists store.json, but no image store images/<16 digits>.sqfs");
    if (!store_) return {};
    if (!has_index)
        return contradiction("lists the image store " + entries_[*store_].path +
                             ", but no store.json, which says what it is");
    if (other != nullptr)
        return contradiction("lists " + *other + " beside the image store " +
                             entries_[*store_].path +
                             ", but a bundle has an image layout or an image store");
    return {};
}

const ManifestEntry* Manifest::store() const {
    return store_ ? &entries_[*store_] : nullptr;
}

const ManifestEntry* Manifest::find(const std::string& path) const {
    const auto found = index_.find(path);
    return found == index_.end() ? nullptr : &entries_[found->second];
}

std::uint64_t Manifest::total_size() const {
    std::uint64_t total = 0;
    for (const auto& entry : entries_)
        total += entry.size;
    return total;
}

std::string to_text(const std::vector<ManifestEntry>& entries) {
    std::string text;
    for (const auto& entry : entries)
        text += entry.digest.hex() + ' ' + std::to_string(entry.size) + ' ' + entry.path + '\n';
    return text;
}

}  // namespace agent::bundle
