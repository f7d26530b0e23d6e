// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/reader.hpp"

#include <cassert>

#include "agent/bundle/delta_origin.hpp"
#include "agent/bundle/reader_state.hpp"
#include "agent/crypto/sha256.hpp"

namespace agent::bundle {

using model::Error;
using model::ErrorCode;
using model::fail;
using model::Result;

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

Result<std::optional<std::string>> BundleReader::read_delta_origin() {
    TRY(read_store_index());
    TRY(state_->read_delta_origin());
    return state_->delta_origin;
}

Result<std::map<std::string, std::string>> BundleReader::read_members(
    const std::set<std::string>& paths, std::uint64_t limit) {
    TRY(read_description());
    for (const auto& path : paths)
        if (state_->manifest.find(path) == nullptr)
            return fail(ErrorCode::invalid, "has no " + path + ", which its description names");
    TRY(read_delta_origin());
    std::map<std::string, std::string> texts;
    if (state_->store_index && paths.count(std::string(kStoreIndexMember)) > 0)
        texts.emplace(kStoreIndexMember, *state_->store_index);
    while (texts.size() < paths.size()) {
        TRY_ASSIGN(const auto member, state_->next());
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
    TRY(read_delta_origin());
    return state_->read_rest(nullptr, {}, progress);
}

Result<> BundleReader::extract(const std::filesystem::path& directory, const ReadProgress& progress,
                               const StoreKeeping& keeping) {
    TRY(read_delta_origin());
    TRY_ASSIGN(DirectoryWriter writer, DirectoryWriter::create(directory));
    const auto result = state_->extract_into(writer, keeping, progress);
    if (result) return {};
    std::error_code error;
    std::filesystem::remove_all(directory, error);
    if (!error) return fail(result.error());
    return fail(result.error().followed_by(
        model::errno_error(error.value(), "removing " + directory.string())));
}

Result<FileRange> BundleReader::find_store() {
    TRY(read_delta_origin());
    for (;;) {
        TRY_ASSIGN(const auto member, state_->next());
        if (!member || state_->delta_origin)
            return fail(ErrorCode::invalid,
                        state_->stream.file().string() + ": has no image store in it");
        TRY_ASSIGN(const ManifestEntry* entry, state_->accept(*member));
        if (entry == state_->manifest.store()) return state_->store_content();
        TRY(state_->read_member(*entry, nullptr, {}));
    }
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

Result<> BundleReader::State::read_delta_origin() {
    if (!store_index || looked_ahead) return {};
    looked_ahead = true;
    TRY_ASSIGN(ahead, stream.next());
    if (!ahead) return fail(check_complete().error());
    if (ahead->path != kDeltaMember) return {};
    TRY_ASSIGN(delta_origin, read_whole(*ahead, kMaxDeltaBytes));
    ahead.reset();
    return {};
}

Result<std::optional<ArchiveMember>> BundleReader::State::next() {
    if (!ahead) return stream.next();
    return std::exchange(ahead, std::nullopt);
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

/// In the place of the image store.
Result<const ManifestEntry*> BundleReader::State::accept_difference() {
    const ManifestEntry* const entry = manifest.store();
    const auto index = static_cast<std::size_t>(entry - manifest.entries().data());
    if (seen[index]) return fail(stream.invalid("comes twice"));
    seen[index] = true;
    kind = MemberKind::image;
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

Result<> BundleReader::State::read_rest(DirectoryWriter* writer, const StoreKeeping& keeping,
                                        const ReadProgress& progress) {
    // Told before gigabytes are read; a file that is being copied still looks like this.
    if (total > stream.file_size() && !delta_origin)
        return fail(stream.damaged_file("has " + std::to_string(stream.file_size()) +
                                        " bytes, but the manifest lists " + std::to_string(total)));
    stream.read_ahead();
    for (;;) {
        TRY_ASSIGN(const auto member, next());
        if (!member) return check_complete();
        TRY(read_listed(*member, writer, keeping, progress));
    }
}

Result<> BundleReader::State::read_listed(const ArchiveMember& member, DirectoryWriter* writer,
                                          const StoreKeeping& keeping,
                                          const ReadProgress& progress) {
    if (delta_origin && member.path == difference_member(manifest.store()->path)) {
        TRY_ASSIGN(const ManifestEntry* entry, accept_difference());
        return rebuild_store(*entry, writer, keeping, progress);
    }
    TRY_ASSIGN(const ManifestEntry* entry, accept(member));
    if (entry != manifest.store()) return read_member(*entry, writer, progress);
    if (delta_origin) return fail(stream.invalid("is in a delta file, which has its difference"));
    return read_store(*entry, writer, keeping, progress);
}

Result<> BundleReader::State::extract_into(DirectoryWriter& writer, const StoreKeeping& keeping,
                                           const ReadProgress& progress) {
    TRY(writer.write_file(std::string(kManifestMember), manifest_text));
    if (!signature.empty()) TRY(writer.write_file(std::string(kSignatureMember), signature));
    TRY(writer.write_file(std::string(kDescriptionMember), *description));
    if (store_index) TRY(writer.write_file(std::string(kStoreIndexMember), *store_index));
    TRY(read_rest(&writer, keeping, progress));
    if (manifest.store() != nullptr && (keeping.check == StoreCheck::hash || delta_origin))
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
