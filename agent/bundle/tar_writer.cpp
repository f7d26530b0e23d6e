// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/tar_writer.hpp"

#include "agent/bundle/archive_handles.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>
#include <optional>

namespace agent::bundle {

using model::Error;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr int kWriteBytes = 1 << 20;
constexpr int kTarBlock = 512;

}  // namespace

struct TarWriter::State {
    State(const FileDescriptor& target, std::filesystem::path path)
        : fd(target), file(std::move(path)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State();

    const FileDescriptor& fd;
    std::filesystem::path file;
    std::optional<Error> write_error;
    /// Set when nothing more is to be written.
    bool given_up = false;
    WriterHandle writer{archive_write_new()};

    static la_ssize_t write_piece(archive* writer, void* data, const void* buffer,
                                  std::size_t size);
    [[nodiscard]] Error error() const;
};

// Freeing fills up a member that was not written to its end, with gigabytes of zeros if need be,
// unless writing fails. archive_write_fail() would prevent it too, but leaks the write buffer.
TarWriter::State::~State() {
    given_up = true;
}

la_ssize_t TarWriter::State::write_piece(archive* writer, void* data, const void* buffer,
                                         std::size_t size) {
    auto& state = *static_cast<State*>(data);
    if (!state.given_up) {
        const auto written =
            write_all(state.fd, std::span(static_cast<const std::byte*>(buffer), size), state.file);
        if (written) return static_cast<la_ssize_t>(size);
        state.write_error = written.error();
    }
    archive_set_error(writer, EIO, "cannot write");
    return -1;
}

Error TarWriter::State::error() const {
    if (write_error) return *write_error;
    const char* const reason = archive_error_string(writer.get());
    return {ErrorCode::internal,
            "writing " + file.string() + ": " + (reason != nullptr ? reason : "no reason given")};
}

TarWriter::TarWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarWriter::~TarWriter() = default;
TarWriter::TarWriter(TarWriter&&) noexcept = default;
TarWriter& TarWriter::operator=(TarWriter&&) noexcept = default;

Result<TarWriter> TarWriter::create(const FileDescriptor& fd, const std::filesystem::path& file) {
    auto state = std::make_unique<State>(fd, file);
    archive* const writer = state->writer.get();
    if (writer == nullptr || archive_write_set_format_pax_restricted(writer) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(writer, kWriteBytes) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(writer, kTarBlock) != ARCHIVE_OK ||
        archive_write_open(writer, state.get(), nullptr, State::write_piece, nullptr) != ARCHIVE_OK)
        return fail(ErrorCode::internal, "cannot write a tar file to " + file.string());
    return TarWriter(std::move(state));
}

Result<> TarWriter::begin(const std::string& path, std::uint64_t size) {
    constexpr unsigned kMode = 0644;
    const EntryHandle entry(archive_entry_new());
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
