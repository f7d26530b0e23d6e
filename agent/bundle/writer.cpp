// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/writer.hpp"

#include <algorithm>

#include "agent/bundle/layout_blobs.hpp"
#include "agent/bundle/member_path.hpp"
#include "agent/bundle/output_file.hpp"
#include "agent/bundle/piecewise.hpp"
#include "agent/bundle/tar_writer.hpp"
#include "agent/crypto/sha256.hpp"
#include "agent/crypto/signature.hpp"

namespace agent::bundle {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

/// A member that is read from a file while the bundle is written.
struct Source {
    ManifestEntry entry;
    std::filesystem::path file;
};

Result<Source> hashed_source(const std::string& path, const std::filesystem::path& file) {
    TRY_ASSIGN(const FileDescriptor fd, open_regular(file));
    std::uint64_t size = 0;
    TRY_ASSIGN(model::Sha256 digest, hash_pieces(whole_of(fd, file), [&](auto piece) -> Result<> {
                   size += piece.size();
                   return {};
               }));
    return Source{{std::move(digest), size, path}, file};
}

Result<std::vector<Source>> small_files(const BundleContent& content) {
    std::vector<Source> sources;
    for (const auto& [path, file] : content.files) {
        if (const auto problem = member_path_problem(path))
            return fail(ErrorCode::invalid, file.string() + ": cannot be added as " +
                                                printable(path) + ": the path " + *problem);
        if (kind_of_member(path) != MemberKind::small_file)
            return fail(ErrorCode::invalid,
                        file.string() + ": cannot be added as " + printable(path) +
                            ": further files of a bundle are below schemas/, licenses/ or files/");
        TRY_ASSIGN(Source source, hashed_source(path, file));
        sources.push_back(std::move(source));
    }
    std::sort(sources.begin(), sources.end(),
              [](const Source& a, const Source& b) { return a.entry.path < b.entry.path; });
    return sources;
}

/// A blob's name is its digest already: it is checked while it is written, in the only pass.
Result<std::vector<Source>> image_files(const std::filesystem::path& layout) {
    std::vector<Source> sources;
    if (layout.empty()) return sources;
    for (const char* const name : {"index.json", "oci-layout"}) {
        TRY_ASSIGN(Source source, hashed_source(std::string("images/") + name, layout / name));
        sources.push_back(std::move(source));
    }
    TRY_ASSIGN(const std::vector<LayoutBlob> blobs, layout_blobs(layout));
    for (const auto& blob : blobs)
        sources.push_back({{blob.digest, blob.size, "images/blobs/sha256/" + blob.digest.hex()},
                           blob_path(layout, blob.digest)});
    return sources;
}

Result<std::vector<Source>> store_files(const BundleContent& content) {
    std::vector<Source> sources;
    if (content.store_file.empty()) return sources;
    if (!is_store_member(content.store_member))
        return fail(ErrorCode::invalid,
                    content.store_file.string() + ": cannot be added as " +
                        printable(content.store_member) +
                        ": an image store is images/<16 hexadecimal digits>.sqfs in a bundle");
    TRY_ASSIGN(Source source, hashed_source(content.store_member, content.store_file));
    sources.push_back(std::move(source));
    return sources;
}

/// The small files, then all of the images.
Result<std::vector<Source>> all_sources(const BundleContent& content) {
    TRY_ASSIGN(std::vector<Source> sources, small_files(content));
    TRY_ASSIGN(std::vector<Source> images, image_files(content.image_layout));
    TRY_ASSIGN(std::vector<Source> stores, store_files(content));
    std::move(images.begin(), images.end(), std::back_inserter(sources));
    std::move(stores.begin(), stores.end(), std::back_inserter(sources));
    return sources;
}

/// A member whose text is at hand.
struct Text {
    std::string_view path;
    const std::string& content;
};

/// What comes right behind the signature.
Result<std::vector<Text>> texts_of(const BundleContent& content) {
    if (content.description.size() > kMaxDescriptionBytes)
        return fail(ErrorCode::invalid, "the description is larger than 1 MiB");
    if (content.store_index.size() > kMaxStoreIndexBytes)
        return fail(ErrorCode::invalid,
                    "store.json is larger than 1 MiB: put fewer images into "
                    "the bundle");
    std::vector<Text> texts{{kDescriptionMember, content.description}};
    if (!content.store_index.empty()) texts.push_back({kStoreIndexMember, content.store_index});
    return texts;
}

/// The manifest is read back with the reader's own rules, so that nothing is written that could
/// not be read.
Result<std::string> make_manifest(const std::vector<Text>& texts,
                                  const std::vector<Source>& sources) {
    std::vector<ManifestEntry> entries;
    entries.reserve(texts.size() + sources.size());
    for (const auto& text : texts)
        entries.push_back(
            {crypto::sha256(text.content), text.content.size(), std::string(text.path)});
    for (const auto& source : sources)
        entries.push_back(source.entry);
    std::string manifest = to_text(entries);
    TRY(Manifest::parse(manifest));
    return manifest;
}

Result<std::string> sign(std::string_view manifest, const SigningMaterial& signing) {
    if (signing.key.empty() && signing.certificate.empty()) return std::string();
    TRY_ASSIGN(std::string signature,
               crypto::sign_detached(manifest, signing.key, signing.certificate, signing.chain));
    if (signature.size() > kMaxSignatureBytes)
        return fail(ErrorCode::invalid,
                    "the signature with its certificate chain is larger than 64 KiB: give a "
                    "shorter chain");
    return signature;
}

std::uint64_t size_of_all(const std::vector<Text>& texts, const std::vector<Source>& sources) {
    std::uint64_t size = 0;
    for (const auto& text : texts)
        size += text.content.size();
    for (const auto& source : sources)
        size += source.entry.size;
    return size;
}

class Progress {
  public:
    Progress(const ReadProgress& report, std::uint64_t total) : report_(report), total_(total) {}

    [[nodiscard]] Result<> advance(std::uint64_t bytes) {
        done_ += bytes;
        if (report_ && !report_(done_, total_)) return fail(ErrorCode::busy, "cancelled");
        return {};
    }

  private:
    const ReadProgress& report_;
    std::uint64_t done_ = 0;
    std::uint64_t total_;
};

Result<> write_source(TarWriter& tar, const Source& source, Progress& progress) {
    TRY(is_store_member(source.entry.path) ? tar.begin_aligned(source.entry.path, source.entry.size)
                                           : tar.begin(source.entry.path, source.entry.size));
    TRY_ASSIGN(const FileDescriptor fd, open_regular(source.file));
    std::uint64_t size = 0;
    TRY_ASSIGN(const model::Sha256 digest,
               hash_pieces(whole_of(fd, source.file), [&](auto piece) -> Result<> {
                   size += piece.size();
                   if (size > source.entry.size) return {};
                   TRY(tar.write(piece));
                   return progress.advance(piece.size());
               }));
    if (digest == source.entry.digest && size == source.entry.size) return {};
    return fail(ErrorCode::invalid, source.file.string() +
                                        ": its content is not what its name or its first reading "
                                        "says: it is damaged, or changed meanwhile");
}

}  // namespace

Result<model::Sha256> write_bundle(const BundleContent& content, const SigningMaterial& signing,
                                   const std::filesystem::path& output,
                                   const ReadProgress& progress) {
    TRY_ASSIGN(const std::vector<Source> sources, all_sources(content));
    TRY_ASSIGN(const std::vector<Text> texts, texts_of(content));
    TRY_ASSIGN(const std::string manifest, make_manifest(texts, sources));
    TRY_ASSIGN(const std::string signature, sign(manifest, signing));
    Progress done(progress, size_of_all(texts, sources));

    TRY_ASSIGN(OutputFile file, OutputFile::create(output));
    TRY_ASSIGN(TarWriter tar, TarWriter::create(file.fd(), output));
    TRY(tar.add(std::string(kManifestMember), manifest));
    if (!signature.empty()) TRY(tar.add(std::string(kSignatureMember), signature));
    for (const auto& text : texts) {
        TRY(tar.add(std::string(text.path), text.content));
        TRY(done.advance(text.content.size()));
    }
    for (const auto& source : sources)
        TRY(write_source(tar, source, done));
    TRY(tar.finish());
    TRY(file.commit());
    return crypto::sha256(manifest);
}

}  // namespace agent::bundle
