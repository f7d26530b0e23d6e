// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/layer.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <thread>
#include <vector>

#include "agent/bundle/archive_handles.hpp"
#include "agent/bundle/file_copy.hpp"
#include "agent/bundle/layout_blobs.hpp"
#include "agent/bundle/output_file.hpp"
#include "agent/crypto/sha256.hpp"

namespace agent::bundle {

using model::Error;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr std::size_t kPieceBytes = 1U << 20U;
constexpr unsigned kMaxThreads = 4;

/// The compressed layer as it is read: hashed on its way into libarchive.
struct Input {
    std::filesystem::path file;
    FileDescriptor fd;
    std::vector<std::byte> buffer = std::vector<std::byte>(kPieceBytes);
    crypto::Sha256Hasher hasher;
    std::optional<Error> error;

    static la_ssize_t read(archive* reader, void* data, const void** buffer) {
        auto& input = *static_cast<Input*>(data);
        const auto count = read_some(input.fd, input.buffer, input.file);
        if (!count) {
            input.error = count.error();
            archive_set_error(reader, EIO, "cannot read");
            return -1;
        }
        input.hasher.update(std::span(input.buffer).first(*count));
        *buffer = input.buffer.data();
        return static_cast<la_ssize_t>(*count);
    }
};

/// The zstd layer as it is written: hashed on its way out of libarchive.
struct Output {
    OutputFile& file;
    crypto::Sha256Hasher hasher;
    std::uint64_t size = 0;
    std::optional<Error> error;

    static la_ssize_t write(archive* writer, void* data, const void* buffer, std::size_t size) {
        auto& output = *static_cast<Output*>(data);
        const std::span piece(static_cast<const std::byte*>(buffer), size);
        if (const auto written = write_all(output.file.fd(), piece, output.file.temporary());
            !written) {
            output.error = written.error();
            archive_set_error(writer, EIO, "cannot write");
            return -1;
        }
        output.hasher.update(piece);
        output.size += size;
        return static_cast<la_ssize_t>(size);
    }
};

Error damaged(const Input& input, const std::string& what) {
    return {ErrorCode::invalid,
            input.file.string() + ": " + what + ": the image layout is damaged"};
}

Error read_error(const Input& input, const ReaderHandle& reader) {
    if (input.error) return *input.error;
    const char* const reason = archive_error_string(reader.get());
    return damaged(input, reason != nullptr ? reason : "cannot be uncompressed");
}

Error write_error(const Output& output, const WriterHandle& writer) {
    if (output.error) return *output.error;
    const char* const reason = archive_error_string(writer.get());
    return {ErrorCode::internal, "compressing to " + output.file.temporary().string() + ": " +
                                     (reason != nullptr ? reason : "no reason given")};
}

Result<ReaderHandle> open_reader(Input& input, bool is_gzip) {
    ReaderHandle reader(archive_read_new());
    archive_entry* entry = nullptr;
    archive_read_support_format_raw(reader.get());
    archive_read_support_format_empty(reader.get());
    if (is_gzip) archive_read_support_filter_gzip(reader.get());
    if (archive_read_open(reader.get(), &input, nullptr, Input::read, nullptr) != ARCHIVE_OK)
        return fail(read_error(input, reader));
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status != ARCHIVE_OK && status != ARCHIVE_EOF) return fail(read_error(input, reader));
    return reader;
}

/// Threads, where libarchive knows the option, change the time and nothing else.
void set_zstd_options(archive* writer) {
    const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1U, kMaxThreads);
    archive_write_set_filter_option(writer, "zstd", "threads", std::to_string(threads).c_str());
}

Result<WriterHandle> open_writer(Output& output) {
    WriterHandle writer(archive_write_new());
    const EntryHandle entry(archive_entry_new());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_pathname(entry.get(), "layer");
    if (archive_write_set_format_raw(writer.get()) != ARCHIVE_OK ||
        archive_write_add_filter_zstd(writer.get()) != ARCHIVE_OK)
        return fail(write_error(output, writer));
    set_zstd_options(writer.get());
    archive_write_set_bytes_per_block(writer.get(), static_cast<int>(kPieceBytes));
    archive_write_set_bytes_in_last_block(writer.get(), 1);
    if (archive_write_open(writer.get(), &output, nullptr, Output::write, nullptr) != ARCHIVE_OK ||
        archive_write_header(writer.get(), entry.get()) != ARCHIVE_OK)
        return fail(write_error(output, writer));
    return writer;
}

/// Returns the digest of the uncompressed layer.
Result<model::Sha256> transcode(Input& input, const ReaderHandle& reader, Output& output,
                                const WriterHandle& writer) {
    crypto::Sha256Hasher plain;
    for (;;) {
        const void* data = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        const int status = archive_read_data_block(reader.get(), &data, &size, &offset);
        if (status == ARCHIVE_EOF) break;
        if (status != ARCHIVE_OK) return fail(read_error(input, reader));
        if (size == 0) continue;
        plain.update(std::span(static_cast<const std::byte*>(data), size));
        if (archive_write_data(writer.get(), data, size) != static_cast<la_ssize_t>(size))
            return fail(write_error(output, writer));
    }
    if (archive_write_close(writer.get()) != ARCHIVE_OK) return fail(write_error(output, writer));
    return plain.finish();
}

/// What libarchive left unread, such as padding behind gzip's end, belongs to the digest too.
Result<model::Sha256> finish_digest(Input& input) {
    for (;;) {
        TRY_ASSIGN(const std::size_t count, read_some(input.fd, input.buffer, input.file));
        if (count == 0) return input.hasher.finish();
        input.hasher.update(std::span(input.buffer).first(count));
    }
}

Result<> copy_blob(const std::filesystem::path& source, const std::filesystem::path& target) {
    TRY_ASSIGN(const FileDescriptor fd, open_regular(source));
    TRY_ASSIGN(const std::uint64_t size, size_of(fd, source));
    TRY_ASSIGN(OutputFile file, OutputFile::create(target));
    TRY(copy_range({fd, source, 0, size}, file.fd(), target, {}));
    return file.commit();
}

}  // namespace

Result<> share_blob(const std::filesystem::path& from, const model::Sha256& digest,
                    const std::filesystem::path& to) {
    const std::filesystem::path source = blob_path(from, digest);
    const std::filesystem::path target = blob_path(to, digest);
    // A layout may be made of symbolic links into a store; what they lead to is what is shared.
    if (::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) == 0 ||
        errno == EEXIST)
        return {};
    return copy_blob(source, target);
}

Result<OciDescriptor> recompress_layer(const std::filesystem::path& from,
                                       const OciDescriptor& layer, const model::Sha256& diff_id,
                                       const std::filesystem::path& to) {
    Input input;
    input.file = blob_path(from, layer.digest);
    TRY_ASSIGN(input.fd, open_regular(input.file));
    TRY_ASSIGN(OutputFile file, OutputFile::create(blob_path(to, layer.digest)));
    Output output{file, {}, 0, std::nullopt};
    TRY_ASSIGN(const ReaderHandle reader, open_reader(input, layer.media_type == kGzipType));
    TRY_ASSIGN(const WriterHandle writer, open_writer(output));
    TRY_ASSIGN(const model::Sha256 plain, transcode(input, reader, output, writer));
    TRY_ASSIGN(const model::Sha256 compressed, finish_digest(input));
    if (compressed != layer.digest)
        return fail(damaged(input, "its content is not what its name says"));
    if (plain != diff_id)
        return fail(
            damaged(input, "its uncompressed content is not what the image's config says (" +
                               diff_id.hex() + ")"));
    OciDescriptor result{std::string(kZstdType), output.hasher.finish(), output.size, {}, false};
    TRY(file.commit_as(blob_path(to, result.digest)));
    return result;
}

}  // namespace agent::bundle
