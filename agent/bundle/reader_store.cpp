// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>

#include "agent/bundle/piecewise.hpp"
#include "agent/bundle/rdiff.hpp"
#include "agent/bundle/reader_state.hpp"
#include "agent/crypto/sha256.hpp"
#include "agent/model/image_store.hpp"

namespace agent::bundle {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr std::string_view kSquashfsMagic = "hsqs";

}  // namespace

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
                                         const StoreKeeping& keeping,
                                         const ReadProgress& progress) {
    TRY_ASSIGN(const FileRange content, store_content());
    if (writer == nullptr) return read_content(entry, writer, progress);
    return keep_store(entry, content, *writer, keeping.check, progress);
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
    TRY_ASSIGN(const auto digest, hash_pieces(writer.content(), [&](auto piece) {
                   return advance(piece.size(), progress);
               }));
    if (digest != entry.digest) return fail(stream.damaged(kOtherThanListed));
    return {};
}

/// Returns the digest of what was made. The tree is not in the difference: all of it changes where
/// something moves, and it follows from the data.
Result<model::Sha256> BundleReader::State::rebuild_into(DirectoryWriter& writer,
                                                        const std::filesystem::path& origin,
                                                        const ReadProgress& progress) {
    TRY_ASSIGN(const auto store, model::parse_image_store(*store_index, stream.file().string()));
    TRY_ASSIGN(const FileDescriptor fd, open_regular(origin));
    TRY_ASSIGN(const std::uint64_t size, size_of(fd, origin));
    crypto::Sha256Hasher hasher;
    std::uint64_t made = 0;
    const auto take = [&](std::span<const std::byte> piece) -> Result<> {
        made += piece.size();
        if (made > store.hash_offset) return fail(ErrorCode::invalid, "makes too much");
        hasher.update(piece);
        TRY(writer.write(piece));
        return advance(piece.size(), progress);
    };
    TRY(apply_rdiff(
        {fd, origin, 0, size}, [this] { return stream.read(); }, take));
    if (made != store.hash_offset) return fail(ErrorCode::invalid, "makes too little");
    TRY(writer.append_tree());
    auto tree = writer.content();
    tree.offset = made;
    tree.size -= made;
    TRY(read_pieces(tree, [&](auto piece) -> Result<> {
        hasher.update(piece);
        return advance(piece.size(), progress);
    }));
    return hasher.finish();
}

Result<> BundleReader::State::rebuild_store(const ManifestEntry& entry, DirectoryWriter* writer,
                                            const StoreKeeping& keeping,
                                            const ReadProgress& progress) {
    if (writer == nullptr) return {};
    if (keeping.origin.empty())
        return fail(ErrorCode::conflict, stream.file().string() +
                                             ": is a delta, and what it starts from is not here; "
                                             "take the whole bundle");
    TRY(writer->begin(entry.path, entry.size));
    const auto made = rebuild_into(*writer, keeping.origin, progress);
    if (!made && made.error().code() != ErrorCode::invalid) return fail(made.error());
    if (!made || *made != entry.digest)
        return fail(stream.invalid(
            "does not make of " + keeping.origin.string() + " what the manifest lists" +
            (made ? "" : " (" + made.error().text() + ")") +
            ": one of them is damaged: copy this file again, see 'update-agent verify' for the "
            "other, or install the whole bundle"));
    return writer->end();
}

}  // namespace agent::bundle
