// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/tar_writer.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>

namespace agent::bundle {

using model::errno_error;
using model::Error;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr int kWriteBytes = 1 << 20;
constexpr int kBlock = 512;

struct FreedArchive {
    // Freeing alone would first fill up a member that was not written to its end, with gigabytes
    // of zeros if need be.
    void operator()(archive* writer) const {
        archive_write_fail(writer);
        archive_write_free(writer);
    }
};
struct FreedEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

struct TarWriter::State {
    std::filesystem::path file;
    std::unique_ptr<archive, FreedArchive> writer;

    [[nodiscard]] Error error() const;
};

Error TarWriter::State::error() const {
    const std::string what = "writing " + file.string();
    const int number = archive_errno(writer.get());
    // Negative and absurd numbers are libarchive's own kinds.
    if (number == ENOSPC || number == EDQUOT || number == EFBIG || number == EIO)
        return errno_error(number, what);
    const char* const reason = archive_error_string(writer.get());
    return {ErrorCode::internal, what + ": " + (reason != nullptr ? reason : "no reason given")};
}

TarWriter::TarWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarWriter::~TarWriter() = default;
TarWriter::TarWriter(TarWriter&&) noexcept = default;
TarWriter& TarWriter::operator=(TarWriter&&) noexcept = default;

Result<TarWriter> TarWriter::create(const FileDescriptor& fd, const std::filesystem::path& file) {
    auto state = std::make_unique<State>();
    state->file = file;
    state->writer.reset(archive_write_new());
    archive* const writer = state->writer.get();
    if (writer == nullptr || archive_write_set_format_pax_restricted(writer) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(writer, kWriteBytes) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(writer, kBlock) != ARCHIVE_OK ||
        archive_write_open_fd(writer, fd.get()) != ARCHIVE_OK)
        return fail(ErrorCode::internal, "cannot write a tar file to " + file.string());
    return TarWriter(std::move(state));
}

Result<> TarWriter::begin(const std::string& path, std::uint64_t size) {
    constexpr unsigned kMode = 0644;
    const std::unique_ptr<archive_entry, FreedEntry> entry(archive_entry_new());
    archive_entry_copy_pathname(entry.get(), path.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), kMode);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    archive_entry_set_mtime(entry.get(), 0, 0);
    if (archive_write_header(state_->writer.get(), entry.get()) != ARCHIVE_OK)
        return fail(state_->error());
    return {};
}

Result<> TarWriter::write(std::span<const std::byte> data) {
    while (!data.empty()) {
        const la_ssize_t count = archive_write_data(state_->writer.get(), data.data(), data.size());
        if (count <= 0) return fail(state_->error());
        data = data.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Result<> TarWriter::add(const std::string& path, std::string_view content) {
    TRY(begin(path, content.size()));
    return write(std::as_bytes(std::span(content)));
}

Result<> TarWriter::finish() {
    if (archive_write_close(state_->writer.get()) != ARCHIVE_OK) return fail(state_->error());
    return {};
}

}  // namespace agent::bundle
