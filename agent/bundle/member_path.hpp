// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace agent::bundle {

inline constexpr std::string_view kManifestMember = "manifest";
inline constexpr std::string_view kSignatureMember = "manifest.sig";
inline constexpr std::string_view kDescriptionMember = "bundle.toml";
inline constexpr std::string_view kStoreIndexMember = "store.json";

/// Why `path` cannot be a member of a bundle file, or nothing. A path is relative and canonical,
/// of printable ASCII without space and backslash: any tar, locale and awk reads it alike.
[[nodiscard]] std::optional<std::string> member_path_problem(std::string_view path);

/// What a member is, in the order in which kinds follow each other in the file.
enum class MemberKind { description, store_index, small_file, image };
/// Nothing for a path that this version has no use for.
[[nodiscard]] std::optional<MemberKind> kind_of_member(std::string_view path);

/// Whether it is the path of an image store, `images/<16 lower-case hexadecimal digits>.sqfs`.
[[nodiscard]] bool is_store_member(std::string_view path);

/// The path for an error text: at most its first 200 bytes, what is not printable as `\xNN`.
[[nodiscard]] std::string printable(std::string_view path);

}  // namespace agent::bundle
