// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/bundle/archive_stream.hpp"
#include "agent/bundle/directory_writer.hpp"
#include "agent/bundle/member_path.hpp"
#include "agent/bundle/reader.hpp"

namespace agent::bundle {

inline constexpr const char* kOtherThanListed = "its content is not what the manifest lists";

struct BundleReader::State {
    explicit State(ArchiveStream opened) : stream(std::move(opened)) {}

    ArchiveStream stream;
    std::string manifest_text;
    std::string signature;
    /// The header that was read to see whether there is a signature.
    std::optional<ArchiveMember> third;
    std::optional<std::string> description;
    std::optional<std::string> store_index;
    /// Of a delta file.
    std::optional<std::string> delta_origin;
    /// A header that was read to see whether it is one.
    std::optional<ArchiveMember> ahead;
    bool looked_ahead = false;
    Manifest manifest;
    std::vector<bool> seen;
    MemberKind kind = MemberKind::description;
    std::uint64_t done = 0;
    std::uint64_t total = 0;

    [[nodiscard]] model::Result<std::string> read_whole(const ArchiveMember& member,
                                                        std::uint64_t limit);
    [[nodiscard]] model::Result<std::string> read_checked(const ArchiveMember& member,
                                                          const ManifestEntry& entry,
                                                          std::uint64_t limit);
    [[nodiscard]] model::Result<> open_signature();
    [[nodiscard]] model::Result<std::string> read_description();
    [[nodiscard]] model::Result<> read_store_index();
    [[nodiscard]] model::Result<> read_delta_origin();
    [[nodiscard]] model::Result<std::optional<ArchiveMember>> next();
    [[nodiscard]] model::Result<const ManifestEntry*> accept_difference();
    [[nodiscard]] model::Result<const ManifestEntry*> accept(const ArchiveMember& member);
    [[nodiscard]] model::Result<> advance(std::uint64_t bytes, const ReadProgress& progress);
    [[nodiscard]] model::Result<> read_member(const ManifestEntry& entry, DirectoryWriter* writer,
                                              const ReadProgress& progress);
    [[nodiscard]] model::Result<> read_content(const ManifestEntry& entry, DirectoryWriter* writer,
                                               const ReadProgress& progress);
    [[nodiscard]] model::Result<FileRange> store_content() const;
    [[nodiscard]] model::Result<> read_store(const ManifestEntry& entry, DirectoryWriter* writer,
                                             const StoreKeeping& keeping,
                                             const ReadProgress& progress);
    [[nodiscard]] model::Result<> rebuild_store(const ManifestEntry& entry, DirectoryWriter* writer,
                                                const StoreKeeping& keeping,
                                                const ReadProgress& progress);
    [[nodiscard]] model::Result<model::Sha256> rebuild_into(DirectoryWriter& writer,
                                                            const std::filesystem::path& origin,
                                                            const ReadProgress& progress);
    [[nodiscard]] model::Result<> keep_store(const ManifestEntry& entry, const FileRange& content,
                                             DirectoryWriter& writer, StoreCheck check,
                                             const ReadProgress& progress);
    [[nodiscard]] model::Result<> copy_store(const FileRange& store, DirectoryWriter& writer,
                                             const ReadProgress& progress);
    [[nodiscard]] model::Result<> hash_clone(const ManifestEntry& entry, DirectoryWriter& writer,
                                             const ReadProgress& progress);
    [[nodiscard]] model::Result<> read_rest(DirectoryWriter* writer, const StoreKeeping& keeping,
                                            const ReadProgress& progress);
    [[nodiscard]] model::Result<> read_listed(const ArchiveMember& member, DirectoryWriter* writer,
                                              const StoreKeeping& keeping,
                                              const ReadProgress& progress);
    [[nodiscard]] model::Result<> extract_into(DirectoryWriter& writer, const StoreKeeping& keeping,
                                               const ReadProgress& progress);
    [[nodiscard]] model::Result<> check_complete() const;
    [[nodiscard]] model::Error size_error(const ArchiveMember& member, std::uint64_t listed) const;
};

}  // namespace agent::bundle
