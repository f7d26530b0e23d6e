// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/delta_writer.hpp"

#include <string>

#include "agent/bundle/archive_stream.hpp"
#include "agent/bundle/member_path.hpp"
#include "agent/bundle/output_file.hpp"
#include "agent/bundle/piecewise.hpp"
#include "agent/bundle/tar_writer.hpp"
#include "agent/model/image_store.hpp"

namespace agent::bundle {

using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

Result<> check_base(const DeltaBase& base, const GoOn& go_on) {
    TRY_ASSIGN(const auto digest,
               hash_pieces(base.store, [&](auto /*piece*/) -> Result<> { return go_on(); }));
    if (digest == base.origin.store) return {};
    return fail(ErrorCode::invalid,
                base.store.file.string() +
                    ": its image store is not what its manifest lists: the file is damaged");
}

/// Writes the difference beside the output, and forgets it with the returned file.
Result<OutputFile> write_difference(const DeltaBase& base, const std::filesystem::path& fresh,
                                    const std::filesystem::path& output, const GoOn& go_on) {
    TRY_ASSIGN(auto reader, BundleReader::open(fresh));
    TRY(reader.read_description());
    TRY_ASSIGN(const auto index, reader.read_store_index());
    if (!index) return fail(ErrorCode::invalid, fresh.string() + ": has no image store in it");
    TRY_ASSIGN(const auto store, model::parse_image_store(*index, fresh.string()));
    TRY_ASSIGN(const auto content, reader.find_store());
    if (store.hash_offset > content.size)
        return fail(ErrorCode::invalid, fresh.string() + ": store.json is not about its store");

    TRY_ASSIGN(auto file, OutputFile::create(output.string() + ".rdiff"));
    const FileRange old{base.store.fd, base.store.file, base.store.offset, base.data_bytes};
    const FileRange data{content.fd, content.file, content.offset, store.hash_offset};
    TRY(write_rdiff(
        old, data, [&](auto piece) { return write_all(file.fd(), piece, file.temporary()); },
        go_on));
    return file;
}

Result<> add_difference(TarWriter& tar, const std::string& path, const OutputFile& difference) {
    TRY_ASSIGN(const auto size, size_of(difference.fd(), difference.temporary()));
    TRY_ASSIGN(const FileDescriptor fd, open_regular(difference.temporary()));
    TRY(tar.begin(path, size));
    return read_pieces(whole_of(fd, difference.temporary()),
                       [&tar](auto piece) { return tar.write(piece); });
}

Result<> copy_member(ArchiveStream& from, const ArchiveMember& member, TarWriter& tar) {
    TRY(tar.begin(member.path, member.size));
    for (;;) {
        TRY_ASSIGN(const auto piece, from.read());
        if (piece.empty()) return {};
        TRY(tar.write(piece));
    }
}

}  // namespace

Result<> write_delta(const DeltaBase& base, const std::filesystem::path& fresh,
                     const std::filesystem::path& output, const GoOn& go_on) {
    TRY(check_base(base, go_on));
    TRY_ASSIGN(const auto difference, write_difference(base, fresh, output, go_on));
    TRY_ASSIGN(auto from, ArchiveStream::open(fresh));
    TRY_ASSIGN(auto file, OutputFile::create(output));
    TRY_ASSIGN(auto tar, TarWriter::create(file.fd(), output));
    for (;;) {
        TRY_ASSIGN(const auto member, from.next());
        if (!member) break;
        if (is_store_member(member->path)) {
            TRY(add_difference(tar, difference_member(member->path), difference));
            continue;
        }
        TRY(copy_member(from, *member, tar));
        if (member->path == kStoreIndexMember)
            TRY(tar.add(std::string(kDeltaMember), to_text(base.origin)));
    }
    TRY(tar.finish());
    return file.commit();
}

}  // namespace agent::bundle
