// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "agent/crypto/sha256.hpp"
#include "agent/store/atomic_file.hpp"
#include "agent/store/system_call.hpp"

namespace agent::store {

using model::fail;
using model::Result;
namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "journal";
constexpr std::size_t kChecksumSize = 16;
// A set of hundreds of bundles is described in less.
constexpr std::size_t kLargestJournal = 64U << 20U;
// What a transaction of a hundred effects appends: once it is under way, a full disk shall not keep
// it from saying so.
constexpr off_t kReserve = 64 << 10;

std::string checksum(std::string_view record) {
    return crypto::sha256(record).hex().substr(0, kChecksumSize);
}

std::string to_line(const std::string& record) {
    return checksum(record) + " " + record + "\n";
}

/// The record in a line without its end; absent where the line is not as it was written.
std::optional<std::string> record_of(std::string_view line) {
    if (line.size() <= kChecksumSize || line[kChecksumSize] != ' ') return std::nullopt;
    const auto record = line.substr(kChecksumSize + 1);
    if (line.substr(0, kChecksumSize) != checksum(record)) return std::nullopt;
    return std::string(record);
}

struct Content {
    std::vector<std::string> records;
    /// Bytes of the lines that are whole.
    std::size_t size = 0;
};

Content parse(std::string_view text) {
    Content content;
    for (auto end = text.find('\n'); end != std::string_view::npos;
         end = text.find('\n', content.size)) {
        auto record = record_of(text.substr(content.size, end - content.size));
        if (!record) break;
        content.records.push_back(std::move(*record));
        content.size = end + 1;
    }
    return content;
}

Result<Descriptor> make_file(const fs::path& file, const std::string& record) {
    TRY_ASSIGN(Descriptor descriptor,
               open_path(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND, 0600));
    TRY(write_all(descriptor.get(), to_line(record), file));
    const auto size = static_cast<off_t>(to_line(record).size());
    // Where the file system cannot reserve, it is only more likely that a full disk ends it.
    if (::fallocate(descriptor.get(), FALLOC_FL_KEEP_SIZE, size, kReserve) != 0 &&
        errno != EOPNOTSUPP)
        return fail(call_error("reserve space for", file));
    TRY(sync(descriptor.get(), file));
    return descriptor;
}

Result<Descriptor> make_directory_with(const std::string& record, const fs::path& unfinished,
                                       const fs::path& directory) {
    TRY(make_directories(unfinished));
    TRY_ASSIGN(Descriptor descriptor, make_file(unfinished / kFile, record));
    TRY(sync_directory(unfinished));
    TRY(move_into_place(unfinished, directory));
    return descriptor;
}

}  // namespace

Result<Journal> Journal::begin(const Paths& paths, const std::string& record) {
    const fs::path directory = paths.transaction();
    const fs::path unfinished =
        directory.parent_path() / (std::string(kUnfinishedPrefix) + directory.filename().string());
    if (has_journal(paths))
        return fail(model::ErrorCode::internal, directory.string() + " is there already");
    TRY(remove_tree(unfinished));
    auto made = make_directory_with(record, unfinished, directory);
    if (made) return Journal(std::move(*made), directory / kFile, to_line(record).size());
    auto error = std::move(made).error();
    // It has its name already where only the last fsync failed; nobody else's had it.
    for (const auto& path : {unfinished, directory})
        if (const auto removed = remove_tree(path); !removed)
            error = error.followed_by(removed.error());
    return fail(std::move(error));
}

Result<Journal> Journal::reopen(const Paths& paths) {
    const fs::path file = paths.transaction() / kFile;
    TRY_ASSIGN(const auto text, read_file(file, kLargestJournal));
    const auto whole = parse(text).size;
    TRY_ASSIGN(Descriptor descriptor, open_path(file, O_WRONLY | O_APPEND | O_NOFOLLOW));
    if (whole != text.size() && ::ftruncate(descriptor.get(), static_cast<off_t>(whole)) != 0)
        return fail(call_error("cut", file));
    return Journal(std::move(descriptor), file, whole);
}

Result<> Journal::append(const std::string& record) {
    const auto line = to_line(record);
    if (auto written = write_all(descriptor_.get(), line, file_); !written) {
        [[maybe_unused]] const int ignored =
            ::ftruncate(descriptor_.get(), static_cast<off_t>(size_));
        return written;
    }
    size_ += line.size();
    return {};
}

Result<> Journal::sync() {
    return store::sync(descriptor_.get(), file_);
}

Result<std::optional<std::vector<std::string>>> read_journal(const Paths& paths) {
    if (!has_journal(paths)) return std::optional<std::vector<std::string>>();
    const auto text = read_file(paths.transaction() / kFile, kLargestJournal);
    // A directory without it is one that a removal left half done.
    if (!text && text.error().code() == model::ErrorCode::not_found)
        return std::optional(std::vector<std::string>());
    if (!text) return fail(text.error());
    auto records = parse(*text).records;
    if (records.empty())
        return fail(model::ErrorCode::invalid,
                    (paths.transaction() / kFile).string() +
                        " is damaged: no line of it has the right checksum; look at what is "
                        "installed with 'update-agent verify', then move " +
                        paths.transaction().string() + " away");
    return std::optional(std::move(records));
}

bool has_journal(const Paths& paths) {
    struct stat status {};
    return ::lstat(paths.transaction().c_str(), &status) == 0 || errno != ENOENT;
}

Result<> remove_journal(const Paths& paths) {
    return remove_whole(paths.transaction());
}

}  // namespace agent::store
