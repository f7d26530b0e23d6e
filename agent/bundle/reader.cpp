// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/reader.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <vector>

#include "agent/bundle/archive_stream.hpp"
#include "agent/bundle/directory_writer.hpp"
#include "agent/bundle/member_path.hpp"
#include "agent/crypto/sha256.hpp"

namespace agent::bundle {

using model::Error;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr const char* kOtherThanListed = "its content is not what the manifest lists";
constexpr std::string_view kSquashfsMagic = "hsqs";
constexpr std::size_t kHashAtOnce = 1U << 20U;

}  // namespace

struct BundleReader::State {
    explicit State(ArchiveStream opened) : stream(std::move(opened)) {}

    ArchiveStream stream;
    std::string manifest_text;
    std::string signature;
    /// The header that was read to see whether there is a signature.
    std::optional<ArchiveMember> third;
    std::optional<std::string> description;
    std::optional<std::string> store_index;
    Manifest manifest;
    std::vector<bool> seen;
    MemberKind kind = MemberKind::description;
    std::uint64_t done = 0;
    std::uint64_t total = 0;

    [[nodiscard]] Result<std::string> read_whole(const ArchiveMember& member, std::uint64_t limit);
    [[nodiscard]] Result<std::string> read_checked(const ArchiveMember& member,
                                                   const ManifestEntry& entry, std::uint64_t limit);
    [[nodiscard]] Result<> open_signature();
    [[nodiscard]] Result<std::string> read_description();
    [[nodiscard]] Result<> read_store_index();
    [[nodiscard]] Result<const ManifestEntry*> accept(const ArchiveMember& member);
    [[nodiscard]] Result<> advance(std::uint64_t bytes, const ReadProgress& progress);
    [[nodiscard]] Result<> read_member(const ManifestEntry& entry, DirectoryWriter* writer,
                                       const ReadProgress& progress);
    [[nodiscard]] Result<> read_content(const ManifestEntry& entry, DirectoryWriter* writer,
                                        const ReadProgress& progress);
    [[nodiscard]] Result<FileRange> store_content() const;
    [[nodiscard]] Result<> read_store(const ManifestEntry& entry, DirectoryWriter* writer,
                                      StoreCheck check, const ReadProgress& progress);
    [[nodiscard]] Result<> keep_store(const ManifestEntry& entry, const FileRange& content,
                                      DirectoryWriter& writer, StoreCheck check,
                                      const ReadProgress& progress);
    [[nodiscard]] Result<> copy_store(const FileRange& store, DirectoryWriter& writer,
                                      const ReadProgress& progress);
    [[nodiscard]] Result<> hash_clone(const ManifestEntry& entry, DirectoryWriter& writer,
                                      const ReadProgress& progress);
    [[nodiscard]] Result<> read_rest(DirectoryWriter* writer, StoreCheck check,
                                     const ReadProgress& progress);
    [[nodiscard]] Result<> extract_into(DirectoryWriter& writer, StoreCheck check,
                                        const ReadProgress& progress);
    [[nodiscard]] Result<> check_complete() const;
    [[nodiscard]] Error size_error(const ArchiveMember& member, std::uint64_t listed) const;
};

BundleReader::BundleReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
BundleReader::~BundleReader() = default;
BundleReader::BundleReader(BundleReader&&) noexcept = default;
BundleReader& BundleReader::operator=(BundleReader&&) noexcept = default;

Result<BundleReader> BundleReader::open(const BundleFile& file) {
    TRY_ASSIGN(ArchiveStream stream, ArchiveStream::open(file));
    auto state = std::make_unique<State>(std::move(stream));
    TRY_ASSIGN(const auto first, state->stream.next());
    if (!first || first->path != kManifestMember)
        return fail(
            state->stream.invalid("the first member of a bundle file is `manifest`, "
                                  "written without a leading ./"));
    TRY_ASSIGN(state->manifest_text, state->read_whole(*first, kMaxManifestBytes));
    TRY(state->open_signature());
    return BundleReader(std::move(state));
}

Result<> BundleReader::State::open_signature() {
    TRY_ASSIGN(third, stream.next());
    if (!third || third->path != kSignatureMember) return {};
    TRY_ASSIGN(signature, read_whole(*third, kMaxSignatureBytes));
    if (signature.empty()) return fail(stream.damaged("is empty"));
    TRY_ASSIGN(third, stream.next());
    return {};
}

const std::string& BundleReader::manifest_text() const {
    return state_->manifest_text;
}
const std::string& BundleReader::signature() const {
    return state_->signature;
}
model::Sha256 BundleReader::digest() const {
    return crypto::sha256(state_->manifest_text);
}

Result<std::string> BundleReader::read_description() {
    if (!state_->description) {
        TRY_ASSIGN(state_->description, state_->read_description());
    }
    return *state_->description;
}

const Manifest& BundleReader::manifest() const {
    assert(state_->description);
    return state_->manifest;
}

Result<std::optional<std::string>> BundleReader::read_store_index() {
    assert(state_->description);
    TRY(state_->read_store_index());
    return state_->store_index;
}

Result<std::map<std::string, std::string>> BundleReader::read_members(
    const std::set<std::string>& paths, std::uint64_t limit) {
    TRY(read_description());
    for (const auto& path : paths)
        if (state_->manifest.find(path) == nullptr)
            return fail(ErrorCode::invalid, "has no " + path + ", which its description names");
    TRY(state_->read_store_index());
    std::map<std::string, std::string> texts;
    if (state_->store_index && paths.count(std::string(kStoreIndexMember)) > 0)
        texts.emplace(kStoreIndexMember, *state_->store_index);
    while (texts.size() < paths.size()) {
        TRY_ASSIGN(const auto member, state_->stream.next());
        // What is listed and not there is told with how much else is missing.
        if (!member) return fail(state_->check_complete().error());
        TRY_ASSIGN(const ManifestEntry* entry, state_->accept(*member));
        if (paths.count(member->path) == 0) {
            TRY(state_->read_member(*entry, nullptr, {}));
            continue;
        }
        TRY_ASSIGN(texts[member->path], state_->read_checked(*member, *entry, limit));
    }
    return texts;
}

Result<> BundleReader::verify_rest(const ReadProgress& progress) {
    assert(state_->description);
    TRY(state_->read_store_index());
    return state_->read_rest(nullptr, StoreCheck::hash, progress);
}

Result<> BundleReader::extract(const std::filesystem::path& directory, const ReadProgress& progress,
                               StoreCheck check) {
    assert(state_->description);
    TRY_ASSIGN(DirectoryWriter writer, DirectoryWriter::create(directory));
    const auto result = state_->extract_into(writer, check, progress);
    if (result) return {};
    std::error_code error;
    std::filesystem::remove_all(directory, error);
    if (!error) return fail(result.error());
    return fail(result.error().followed_by(
        model::errno_error(error.value(), "removing " + directory.string())));
}

Result<std::string> BundleReader::State::read_whole(const ArchiveMember& member,
                                                    std::uint64_t limit) {
    if (member.size > limit)
        return fail(stream.invalid("has " + std::to_string(member.size) + " bytes, but at most " +
                                   std::to_string(limit) + " are allowed"));
    std::string text;
    for (;;) {
        TRY_ASSIGN(const auto piece, stream.read());
        if (piece.empty()) break;
        text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
    if (text.size() != member.size) return fail(stream.damaged("is shorter than its header says"));
    return text;
}

Result<std::string> BundleReader::State::read_checked(const ArchiveMember& member,
                                                      const ManifestEntry& entry,
                                                      std::uint64_t limit) {
    TRY_ASSIGN(std::string text, read_whole(member, limit));
    if (crypto::sha256(text) != entry.digest) return fail(stream.damaged(kOtherThanListed));
    return text;
}

Result<std::string> BundleReader::State::read_description() {
    auto parsed = Manifest::parse(manifest_text);
    if (!parsed) return fail(parsed.error().with_context(stream.file().string()));
    manifest = std::move(*parsed);
    total = manifest.total_size();
    seen.assign(manifest.entries().size(), false);
    if (!third || third->path != kDescriptionMember)
        return fail(
            stream.invalid("`bundle.toml` comes right after `manifest` and `manifest.sig` "
                           "in a bundle file, and is not there"));
    TRY_ASSIGN(const ManifestEntry* entry, accept(*third));
    TRY_ASSIGN(std::string text, read_checked(*third, *entry, kMaxDescriptionBytes));
    done = text.size();
    return text;
}

Result<> BundleReader::State::read_store_index() {
    const std::string path(kStoreIndexMember);
    if (store_index || manifest.find(path) == nullptr) return {};
    TRY_ASSIGN(const auto member, stream.next());
    if (!member) return fail(check_complete().error());
    if (member->path != path)
        return fail(
            stream.invalid("`store.json`, which the manifest lists, comes right after "
                           "`bundle.toml` in a bundle file, and is not there"));
    TRY_ASSIGN(const ManifestEntry* entry, accept(*member));
    TRY_ASSIGN(store_index, read_checked(*member, *entry, kMaxStoreIndexBytes));
    done += store_index->size();
    return {};
}

Error BundleReader::State::size_error(const ArchiveMember& member, std::uint64_t listed) const {
    return stream.damaged("has " + std::to_string(member.size) + " bytes, but the manifest lists " +
                          std::to_string(listed));
}

Result<const ManifestEntry*> BundleReader::State::accept(const ArchiveMember& member) {
    const ManifestEntry* const entry = manifest.find(member.path);
    if (entry == nullptr)
        return fail(
            stream.invalid("is not listed in the manifest: the file was changed after it "
                           "was made: copy it again from its source"));
    const auto index = static_cast<std::size_t>(entry - manifest.entries().data());
    if (seen[index]) return fail(stream.invalid("comes twice"));
    seen[index] = true;
    if (member.size != entry->size) return fail(size_error(member, entry->size));
    const auto member_kind = kind_of_member(member.path);
    if (!member_kind)
        return fail(
            stream.invalid("this version knows no such member, only bundle.toml, "
                           "store.json and what is below schemas/, licenses/, files/ and images/"));
    if (*member_kind < kind)
        return fail(
            stream.invalid("comes too late: schemas/, licenses/ and files/ come before "
                           "images/ in a bundle file"));
    kind = *member_kind;
    return entry;
}

Result<> BundleReader::State::advance(std::uint64_t bytes, const ReadProgress& progress) {
    done += bytes;
    if (progress && !progress(done, total)) return fail(ErrorCode::busy, "cancelled");
    return {};
}

Result<> BundleReader::State::read_member(const ManifestEntry& entry, DirectoryWriter* writer,
                                          const ReadProgress& progress) {
    if (writer == nullptr) return read_content(entry, writer, progress);
    TRY(writer->begin(entry.path, entry.size));
    TRY(read_content(entry, writer, progress));
    return writer->end();
}

Result<> BundleReader::State::read_content(const ManifestEntry& entry, DirectoryWriter* writer,
                                           const ReadProgress& progress) {
    crypto::Sha256Hasher hasher;
    std::uint64_t size = 0;
    for (;;) {
        TRY_ASSIGN(const auto piece, stream.read());
        if (piece.empty()) break;
        size += piece.size();
        if (size > entry.size) return fail(stream.damaged("is longer than listed"));
        hasher.update(piece);
        if (writer != nullptr) TRY(writer->write(piece));
        TRY(advance(piece.size(), progress));
    }
    if (size != entry.size) return fail(stream.damaged("is shorter than listed"));
    if (hasher.finish() != entry.digest) return fail(stream.damaged(kOtherThanListed));
    return {};
}

Result<FileRange> BundleReader::State::store_content() const {
    TRY_ASSIGN(FileRange content, stream.content());
    std::array<std::byte, kSquashfsMagic.size()> start{};
    TRY_ASSIGN(const std::size_t count, read_some_at(content, 0, start));
    const auto expected = std::as_bytes(std::span(kSquashfsMagic));
    if (count != start.size() || !std::equal(start.begin(), start.end(), expected.begin()))
        return fail(stream.damaged("is not an image store: it does not begin as a squashfs does"));
    return content;
}

Result<> BundleReader::State::read_store(const ManifestEntry& entry, DirectoryWriter* writer,
                                         StoreCheck check, const ReadProgress& progress) {
    TRY_ASSIGN(const FileRange content, store_content());
    if (writer == nullptr) return read_content(entry, writer, progress);
    return keep_store(entry, content, *writer, check, progress);
}

Result<> BundleReader::State::keep_store(const ManifestEntry& entry, const FileRange& content,
                                         DirectoryWriter& writer, StoreCheck check,
                                         const ReadProgress& progress) {
    TRY_ASSIGN(const bool cloned, writer.begin_clone(entry.path, content));
    if (check == StoreCheck::hash) {
        TRY(cloned ? hash_clone(entry, writer, progress) : read_content(entry, &writer, progress));
    } else if (cloned) {
        TRY(advance(entry.size, progress));
    } else {
        TRY(copy_store(content, writer, progress));
    }
    return writer.end();
}

Result<> BundleReader::State::copy_store(const FileRange& store, DirectoryWriter& writer,
                                         const ReadProgress& progress) {
    const std::uint64_t before = done;
    return writer.copy(store, [&](std::uint64_t copied) {
        done = before + copied;
        return !progress || progress(done, total);
    });
}

Result<> BundleReader::State::hash_clone(const ManifestEntry& entry, DirectoryWriter& writer,
                                         const ReadProgress& progress) {
    crypto::Sha256Hasher hasher;
    std::vector<std::byte> buffer(kHashAtOnce);
    for (;;) {
        TRY_ASSIGN(const std::size_t count, writer.read_back(buffer));
        if (count == 0) break;
        hasher.update(std::span(buffer).first(count));
        TRY(advance(count, progress));
    }
    if (hasher.finish() != entry.digest) return fail(stream.damaged(kOtherThanListed));
    return {};
}

Result<> BundleReader::State::read_rest(DirectoryWriter* writer, StoreCheck check,
                                        const ReadProgress& progress) {
    // Told before gigabytes are read; a file that is being copied still looks like this.
    if (total > stream.file_size())
        return fail(stream.damaged_file("has " + std::to_string(stream.file_size()) +
                                        " bytes, but the manifest lists " + std::to_string(total)));
    stream.read_ahead();
    for (;;) {
        TRY_ASSIGN(const auto member, stream.next());
        if (!member) return check_complete();
        TRY_ASSIGN(const ManifestEntry* entry, accept(*member));
        TRY(entry == manifest.store() ? read_store(*entry, writer, check, progress)
                                      : read_member(*entry, writer, progress));
    }
}

Result<> BundleReader::State::extract_into(DirectoryWriter& writer, StoreCheck check,
                                           const ReadProgress& progress) {
    TRY(read_store_index());
    TRY(writer.write_file(std::string(kManifestMember), manifest_text));
    if (!signature.empty()) TRY(writer.write_file(std::string(kSignatureMember), signature));
    TRY(writer.write_file(std::string(kDescriptionMember), *description));
    if (store_index) TRY(writer.write_file(std::string(kStoreIndexMember), *store_index));
    TRY(read_rest(&writer, check, progress));
    if (manifest.store() != nullptr && check == StoreCheck::hash)
        TRY(writer.write_file(std::string(kCheckedMarker), {}));
    return writer.sync();
}

Result<> BundleReader::State::check_complete() const {
    std::size_t missing = 0;
    std::string first;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (seen[i]) continue;
        if (missing++ == 0) first = manifest.entries()[i].path;
    }
    if (missing == 0) return {};
    return fail(
        stream.damaged("the manifest lists " + first +
                       (missing > 1 ? " and " + std::to_string(missing - 1) + " others" : "") +
                       ", but the file ends before"));
}

}  // namespace agent::bundle
