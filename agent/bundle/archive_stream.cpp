// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/archive_stream.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <string_view>
#include <vector>

#include "agent/bundle/archive_handles.hpp"
#include "agent/bundle/member_path.hpp"

namespace agent::bundle {

using model::Error;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr std::size_t kBlock = 512;
/// A description is among the first kilobytes, and whoever wants only that should read no more.
constexpr std::size_t kFirstPieces = 64U << 10U;
constexpr std::size_t kLargePieces = 1U << 20U;
/// tar(1) pads to its record size, 10 KiB unless told otherwise.
constexpr std::uint64_t kMaxPadding = 1U << 20U;

}  // namespace

struct ArchiveStream::State {
    std::filesystem::path file;
    FileDescriptor fd;
    std::uint64_t file_size = 0;
    std::vector<std::byte> buffer;
    std::size_t piece = kFirstPieces;
    /// Why the file could not be read, which libarchive would only tell as a text.
    int read_errno = 0;
    ReaderHandle reader;
    std::string member;
    std::uint64_t size = 0;
    std::uint64_t position = 0;

    static la_ssize_t read_piece(archive* reader, void* data, const void** buffer);
    static la_int64_t skip_bytes(archive* reader, void* data, la_int64_t count);
    [[nodiscard]] Error libarchive_error() const;
    [[nodiscard]] Error unrecognized_error() const;
};

la_ssize_t ArchiveStream::State::read_piece(archive* reader, void* data, const void** buffer) {
    auto& state = *static_cast<State*>(data);
    // libarchive asks for more only when it is done with the piece before, so the buffer may move.
    state.buffer.resize(state.piece);
    *buffer = state.buffer.data();
    ssize_t count = 0;
    do {
        count = ::read(state.fd.get(), state.buffer.data(), state.piece);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        state.read_errno = errno;
        archive_set_error(reader, errno, "cannot read");
    }
    return count;
}

// Seeking goes behind the end without an error, where a file that was cut has to be noticed: the
// rest is left to be read.
la_int64_t ArchiveStream::State::skip_bytes(archive* /*reader*/, void* data, la_int64_t count) {
    const auto& state = *static_cast<const State*>(data);
    const off_t now = ::lseek(state.fd.get(), 0, SEEK_CUR);
    const auto left = static_cast<off_t>(state.file_size) - now;
    if (now < 0 || left <= 0) return 0;
    const auto step = std::min<off_t>(count, left);
    return ::lseek(state.fd.get(), step, SEEK_CUR) < 0 ? 0 : step;
}

Error ArchiveStream::State::unrecognized_error() const {
    using namespace std::string_view_literals;
    struct Format {
        std::string_view magic;
        std::string_view name;
    };
    static constexpr std::array<Format, 5> kOthers{{{"\x1f\x8b"sv, "gzip"},
                                                    {"\x28\xb5\x2f\xfd"sv, "zstd"},
                                                    {"\xfd"sv
                                                     "7zXZ"sv,
                                                     "xz"},
                                                    {"BZh"sv, "bzip2"},
                                                    {"PK\x03\x04"sv, "zip"}}};
    std::array<char, kBlock> start{};
    const ssize_t count = ::pread(fd.get(), start.data(), start.size(), 0);
    const std::string_view head(start.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    for (const auto& other : kOthers)
        if (head.substr(0, other.magic.size()) == other.magic)
            return {ErrorCode::invalid, file.string() + ": is compressed (" +
                                            std::string(other.name) +
                                            "), but a bundle file is an uncompressed tar: "
                                            "uncompress it first"};
    return {ErrorCode::invalid, file.string() +
                                    ": is not a bundle file (an uncompressed tar), or its start "
                                    "is damaged: copy it again"};
}

Error ArchiveStream::State::libarchive_error() const {
    if (read_errno != 0) return medium_error(read_errno, file);
    if (archive_errno(reader.get()) == ENOMEM)
        return {ErrorCode::internal, "reading " + file.string() + ": out of memory"};
    const char* const reason = archive_error_string(reader.get());
    return {ErrorCode::invalid, file.string() + (member.empty() ? "" : ": at member " + member) +
                                    ": " + (reason != nullptr ? reason : "not a tar file") +
                                    ": the file is damaged: copy it again"};
}

ArchiveStream::ArchiveStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
ArchiveStream::~ArchiveStream() = default;
ArchiveStream::ArchiveStream(ArchiveStream&&) noexcept = default;
ArchiveStream& ArchiveStream::operator=(ArchiveStream&&) noexcept = default;

Result<ArchiveStream> ArchiveStream::open(const BundleFile& file) {
    auto state = std::make_unique<State>();
    state->file = file.name;
    TRY_ASSIGN(state->fd, open_regular(file.path));
    TRY_ASSIGN(state->file_size, size_of(state->fd, file.name));
    state->reader.reset(archive_read_new());
    archive* const reader = state->reader.get();
    if (reader == nullptr || archive_read_support_format_tar(reader) != ARCHIVE_OK ||
        archive_read_open2(reader, state.get(), nullptr, State::read_piece, State::skip_bytes,
                           nullptr) != ARCHIVE_OK)
        return fail(state->read_errno != 0 ? state->libarchive_error()
                                           : state->unrecognized_error());
    return ArchiveStream(std::move(state));
}

void ArchiveStream::read_ahead() {
    ::posix_fadvise(state_->fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    state_->piece = static_cast<std::size_t>(
        std::clamp<std::uint64_t>(state_->file_size, kFirstPieces, kLargePieces));
}

const std::filesystem::path& ArchiveStream::file() const {
    return state_->file;
}
std::uint64_t ArchiveStream::file_size() const {
    return state_->file_size;
}

Error ArchiveStream::invalid(const std::string& message) const {
    return {ErrorCode::invalid, state_->file.string() +
                                    (state_->member.empty() ? "" : ": member " + state_->member) +
                                    ": " + message};
}

Error ArchiveStream::damaged(const std::string& message) const {
    return invalid(message + ": the file is damaged: copy it again");
}

Error ArchiveStream::damaged_file(const std::string& message) const {
    return {ErrorCode::invalid,
            state_->file.string() + ": " + message + ": the file is damaged: copy it again"};
}

namespace {

/// The archive's end is two blocks of zeros, padded with more; anything else behind the last member
/// is a file that was cut, or one with something appended.
Result<> check_end(const ArchiveStream& stream, int fd, std::uint64_t position) {
    const std::uint64_t size = stream.file_size();
    if (position > size || size - position < 2 * kBlock)
        return fail(stream.damaged_file("the end of the archive is missing"));
    if (size - position > kMaxPadding)
        return fail(
            stream.damaged_file("there is more than padding behind the end of the archive"));
    std::vector<char> rest(size - position);
    const ssize_t count = ::pread(fd, rest.data(), rest.size(), static_cast<off_t>(position));
    if (count < 0) return fail(medium_error(errno, stream.file()));
    if (static_cast<std::size_t>(count) != rest.size())
        return fail(stream.damaged_file("the end of the archive is missing"));
    if (std::any_of(rest.begin(), rest.end(), [](char c) { return c != 0; }))
        return fail(stream.damaged_file("there is something behind the end of the archive"));
    return {};
}

const char* kind_of(archive_entry* entry) {
    if (archive_entry_hardlink(entry) != nullptr) return "a hard link";
    if (archive_entry_symlink(entry) != nullptr) return "a symbolic link";
    switch (archive_entry_filetype(entry)) {
        case AE_IFREG:
            break;
        case AE_IFDIR:
            return "a directory";
        case AE_IFLNK:
            return "a symbolic link";
        default:
            return "a special file";
    }
    return archive_entry_sparse_count(entry) > 0 ? "a sparse file" : nullptr;
}

}  // namespace

Result<std::optional<ArchiveMember>> ArchiveStream::next() {
    State& state = *state_;
    const bool is_first = archive_file_count(state.reader.get()) == 0;
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(state.reader.get(), &entry);
    if (status == ARCHIVE_EOF && !is_first) {
        const auto position =
            static_cast<std::uint64_t>(archive_read_header_position(state.reader.get()));
        TRY(check_end(*this, state.fd.get(), position));
        return std::nullopt;
    }
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN && is_first && state.read_errno == 0)
        return fail(state.unrecognized_error());
    // A warning is about metadata that nothing here looks at.
    if (status < ARCHIVE_WARN) return fail(state.libarchive_error());
    const char* const path = archive_entry_pathname(entry);
    state.member = printable(path != nullptr ? path : "(unreadable name)");
    state.position = 0;
    if (path == nullptr) return fail(damaged("its header is not right"));
    if (const char* const kind = kind_of(entry))
        return fail(invalid(std::string("is ") + kind +
                            ", but a bundle file has regular files only (no directories either)"));
    if (archive_entry_size_is_set(entry) == 0 || archive_entry_size(entry) < 0)
        return fail(damaged("its header is not right"));
    state.size = static_cast<std::uint64_t>(archive_entry_size(entry));
    return ArchiveMember{path, state.size};
}

Result<FileRange> ArchiveStream::content() const {
    const State& state = *state_;
    assert(state.position == 0);
    // No header is left unconsumed once libarchive has told of the member.
    const la_int64_t consumed = archive_filter_bytes(state.reader.get(), 0);
    const auto offset = static_cast<std::uint64_t>(consumed);
    if (consumed < 0 || offset > state.file_size || state.file_size - offset < state.size)
        return fail(damaged("is shorter than its header says"));
    return FileRange{state.fd, state.file, offset, state.size};
}

Result<std::span<const std::byte>> ArchiveStream::read() {
    State& state = *state_;
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    while (size == 0) {
        const int status = archive_read_data_block(state.reader.get(), &data, &size, &offset);
        if (status == ARCHIVE_EOF) return std::span<const std::byte>();
        if (status < ARCHIVE_WARN) return fail(state.libarchive_error());
    }
    if (static_cast<std::uint64_t>(offset) != state.position)
        return fail(invalid("is a sparse file, but a bundle file has none"));
    state.position += size;
    return std::span(static_cast<const std::byte*>(data), size);
}

}  // namespace agent::bundle
