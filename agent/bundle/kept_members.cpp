// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/kept_members.hpp"

#include <optional>

#include "agent/bundle/file_io.hpp"
#include "agent/bundle/member_path.hpp"
#include "agent/bundle/piecewise.hpp"
#include "agent/crypto/sha256.hpp"

namespace agent::bundle {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr const char* kOtherContent = "its content is not what the manifest lists";

class MemberCheck {
  public:
    MemberCheck(const Manifest& manifest, const ReadProgress& progress)
        : total_(manifest.total_size()), progress_(progress) {}

    /// Why the member is damaged, or nothing. Only being cancelled is an error.
    Result<std::optional<std::string>> look(const std::filesystem::path& file,
                                            const ManifestEntry& entry) {
        const auto before = done_;
        auto why = judge(file, entry);
        // What was not read is done, too.
        done_ = before + entry.size;
        if (cancelled_) return fail(ErrorCode::busy, "cancelled");
        return why;
    }

  private:
    std::optional<std::string> judge(const std::filesystem::path& file,
                                     const ManifestEntry& entry) {
        const auto fd = open_regular(file);
        if (!fd && fd.error().code() == ErrorCode::not_found) return "is missing";
        if (!fd) return fd.error().text();
        const auto size = size_of(*fd, file);
        if (!size) return size.error().text();
        if (*size != entry.size)
            return "has " + std::to_string(*size) + " bytes, but the manifest lists " +
                   std::to_string(entry.size);
        const auto digest = hash(*fd, file);
        if (!digest) return digest.error().text();
        if (*digest != entry.digest) return kOtherContent;
        return std::nullopt;
    }

    Result<model::Sha256> hash(const FileDescriptor& fd, const std::filesystem::path& file) {
        return hash_pieces(whole_of(fd, file), [this](auto piece) -> Result<> {
            done_ += piece.size();
            cancelled_ = progress_ && !progress_(done_, total_);
            if (cancelled_) return fail(ErrorCode::busy, "cancelled");
            return {};
        });
    }

    std::uint64_t total_;
    const ReadProgress& progress_;
    std::uint64_t done_ = 0;
    bool cancelled_ = false;
};

}  // namespace

Result<std::string> read_kept_manifest(const std::filesystem::path& directory,
                                       const model::Sha256& digest) {
    const auto file = directory / kManifestMember;
    TRY_ASSIGN(std::string text, read_file(file, kMaxManifestBytes));
    if (crypto::sha256(text) == digest) return text;
    return fail(ErrorCode::invalid, file.string() + ": is not the manifest that was installed");
}

Result<std::string> read_kept_description(const std::filesystem::path& directory,
                                          const Manifest& manifest) {
    return read_kept_member(directory, manifest, std::string(kDescriptionMember),
                            kMaxDescriptionBytes);
}

Result<std::string> read_kept_member(const std::filesystem::path& directory,
                                     const Manifest& manifest, const std::string& path,
                                     std::uint64_t limit) {
    const auto file = directory / path;
    TRY_ASSIGN(std::string text, read_file(file, limit));
    const auto* const entry = manifest.find(path);
    if (entry != nullptr && crypto::sha256(text) == entry->digest) return text;
    return fail(ErrorCode::invalid, file.string() + ": " + kOtherContent);
}

Result<std::vector<DamagedMember>> damaged_members(const std::filesystem::path& directory,
                                                   const Manifest& manifest,
                                                   const ReadProgress& progress) {
    std::vector<DamagedMember> damaged;
    MemberCheck check(manifest, progress);
    for (const auto& entry : manifest.entries()) {
        TRY_ASSIGN(auto why, check.look(directory / entry.path, entry));
        if (why) damaged.push_back({.path = entry.path, .text = std::move(*why)});
    }
    return damaged;
}

}  // namespace agent::bundle
