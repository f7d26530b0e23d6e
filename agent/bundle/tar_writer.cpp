// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/tar_writer.hpp"

#include "agent/bundle/archive_handles.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <optional>
#include <string_view>

namespace agent::bundle {

using model::Error;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr std::uint64_t kTarBlock = 512;
constexpr std::uint64_t kAlignment = 4096;

/// Unbuffered, so that what was given to libarchive is in the file.
bool open_writer(archive* writer, void* data, archive_write_callback* write) {
    return writer != nullptr && archive_write_set_format_pax_restricted(writer) == ARCHIVE_OK &&
           archive_write_set_bytes_per_block(writer, 0) == ARCHIVE_OK &&
           archive_write_open(writer, data, nullptr, write, nullptr) == ARCHIVE_OK;
}

EntryHandle make_entry(const std::string& path, std::uint64_t size) {
    constexpr unsigned kMode = 0644;
    EntryHandle entry(archive_entry_new());
    archive_entry_copy_pathname(entry.get(), path.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), kMode);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    archive_entry_set_mtime(entry.get(), 0, 0);
    return entry;
}

/// Counts what would be written.
struct ByteCount {
    std::uint64_t bytes = 0;
    bool given_up = false;

    static la_ssize_t write(archive* /*writer*/, void* data, const void* /*buffer*/,
                            std::size_t size) {
        auto& count = *static_cast<ByteCount*>(data);
        count.bytes += size;
        return count.given_up ? -1 : static_cast<la_ssize_t>(size);
    }
};

/// Bytes of all headers of a member: more than one where ustar cannot hold its path or size.
std::optional<std::uint64_t> header_bytes(const std::string& path, std::uint64_t size) {
    ByteCount count;
    const WriterHandle writer(archive_write_new());
    if (!open_writer(writer.get(), &count, ByteCount::write) ||
        archive_write_header(writer.get(), make_entry(path, size).get()) != ARCHIVE_OK)
        return std::nullopt;
    const std::uint64_t bytes = count.bytes;
    count.given_up = true;
    return bytes;
}

/// A ustar header of the type `g`; what is not set is zero.
std::string global_header(std::uint64_t size) {
    constexpr std::size_t kChecksum = 148;
    std::string block(kTarBlock, '\0');
    const auto put = [&block](std::size_t offset, std::string_view text) {
        block.replace(offset, text.size(), text);
    };
    const auto octal = [](std::uint64_t value, std::size_t digits) {
        std::string text(digits, '0');
        for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value /= 8)
            *digit = static_cast<char>('0' + value % 8);
        return text;
    };
    put(0, "pax_global_header");
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, octal(size, 11));
    put(136, octal(0, 11));
    put(kChecksum, "        ");
    put(156, "g");
    put(257, "ustar");
    put(263, "00");
    std::uint64_t sum = 0;
    for (const char c : block)
        sum += static_cast<unsigned char>(c);
    put(kChecksum, octal(sum, 6) + '\0');
    return block;
}

/// A global header of `bytes` in all, two tar blocks or more, with a comment of that length.
std::string filler(std::uint64_t bytes) {
    const std::uint64_t size = bytes - kTarBlock;
    std::string record = std::to_string(size) + " comment=";
    record.append(size - record.size() - 1, '.');
    return global_header(size) + record + '\n';
}

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
    /// Bytes in the file.
    std::uint64_t position = 0;
    WriterHandle writer{archive_write_new()};

    static la_ssize_t write_piece(archive* writer, void* data, const void* buffer,
                                  std::size_t size);
    [[nodiscard]] Result<> write(std::span<const std::byte> data);
    [[nodiscard]] Result<> wrote(int status) const;
};

// Freeing fills up a member that was not written to its end, with gigabytes of zeros if need be,
// unless writing fails. archive_write_fail() would prevent it too, but leaks the write buffer.
TarWriter::State::~State() {
    given_up = true;
}

// A failure is kept for wrote() instead of told to libarchive, which would leak the write buffer.
la_ssize_t TarWriter::State::write_piece(archive* /*writer*/, void* data, const void* buffer,
                                         std::size_t size) {
    auto& state = *static_cast<State*>(data);
    if (state.given_up) return -1;
    if (!state.write_error) {
        const auto written = state.write(std::span(static_cast<const std::byte*>(buffer), size));
        if (!written) state.write_error = written.error();
    }
    return static_cast<la_ssize_t>(size);
}

/// Whether libarchive's last call, which returned `status`, has put all into the file.
Result<> TarWriter::State::wrote(int status) const {
    if (write_error) return fail(*write_error);
    if (status == ARCHIVE_OK) return {};
    const char* const reason = archive_error_string(writer.get());
    return fail(ErrorCode::internal, "writing " + file.string() + ": " +
                                         (reason != nullptr ? reason : "no reason given"));
}

Result<> TarWriter::State::write(std::span<const std::byte> data) {
    TRY(write_all(fd, data, file));
    position += data.size();
    return {};
}

TarWriter::TarWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
TarWriter::~TarWriter() = default;
TarWriter::TarWriter(TarWriter&&) noexcept = default;
TarWriter& TarWriter::operator=(TarWriter&&) noexcept = default;

Result<TarWriter> TarWriter::create(const FileDescriptor& fd, const std::filesystem::path& file) {
    auto state = std::make_unique<State>(fd, file);
    if (!open_writer(state->writer.get(), state.get(), State::write_piece))
        return fail(ErrorCode::internal, "cannot write a tar file to " + file.string());
    return TarWriter(std::move(state));
}

Result<> TarWriter::begin(const std::string& path, std::uint64_t size) {
    return state_->wrote(archive_write_header(state_->writer.get(), make_entry(path, size).get()));
}

Result<> TarWriter::begin_aligned(const std::string& path, std::uint64_t size) {
    // Fills up the last block of the member before, and fails where none was begun.
    TRY(state_->wrote(archive_write_finish_entry(state_->writer.get())));
    const auto headers = header_bytes(path, size);
    if (!headers) return fail(ErrorCode::internal, "cannot write a tar header for " + path);
    std::uint64_t missing = (kAlignment - (state_->position + *headers) % kAlignment) % kAlignment;
    // A global header has a block of records at least.
    if (missing == kTarBlock) missing += kAlignment;
    if (missing > 0) {
        const std::string header = filler(missing);
        TRY(state_->write(std::as_bytes(std::span(header))));
    }
    return begin(path, size);
}

Result<> TarWriter::write(std::span<const std::byte> data) {
    while (!data.empty()) {
        const la_ssize_t count = archive_write_data(state_->writer.get(), data.data(), data.size());
        TRY(state_->wrote(count > 0 ? ARCHIVE_OK : ARCHIVE_FATAL));
        data = data.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Result<> TarWriter::add(const std::string& path, std::string_view content) {
    TRY(begin(path, content.size()));
    return write(std::as_bytes(std::span(content)));
}

Result<> TarWriter::finish() {
    return state_->wrote(archive_write_close(state_->writer.get()));
}

}  // namespace agent::bundle
