// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/history.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "agent/store/atomic_file.hpp"
#include "agent/store/json_text.hpp"
#include "agent/store/system_call.hpp"
#include "agent/store/timestamp.hpp"

namespace agent::store {

using model::fail;
using model::Result;

namespace {

constexpr int kHistoryFormat = 1;

std::string to_line(const HistoryEntry& entry) {
    Json line{{"format", kHistoryFormat},
              {"time", to_rfc3339(entry.time)},
              {"operation", entry.operation},
              {"bundles", entry.bundles},
              {"who", entry.who},
              {"generation-before", entry.generation_before},
              {"generation-after", entry.generation_after},
              {"outcome", entry.outcome},
              {"exit-code", entry.exit_code},
              {"duration-ms", entry.duration_ms},
              {"notes", entry.notes}};
    if (!entry.transaction.empty()) line["transaction"] = entry.transaction;
    if (!entry.plan.empty()) line["plan"] = entry.plan;
    for (const auto& phase : entry.phases)
        line["phases"][phase.name] = phase.duration_ms;
    return json_line(line);
}

std::vector<HistoryPhase> phases_of(const Json& object) {
    std::vector<HistoryPhase> phases;
    const auto found = object.find("phases");
    if (found == object.end() || !found->is_object()) return phases;
    for (const auto& [name, duration] : found->items())
        if (duration.is_number_integer()) phases.push_back({name, duration.get<std::int64_t>()});
    return phases;
}

/// A line of a newer agent is read as far as it is understood; one without its time is damaged.
std::optional<HistoryEntry> parse_line(std::string_view line) {
    const auto object = parse_object(line);
    if (!object) return std::nullopt;
    const auto time = parse_rfc3339(string_of(*object, "time"));
    if (!time) return std::nullopt;
    HistoryEntry entry;
    entry.time = *time;
    entry.operation = string_of(*object, "operation");
    entry.bundles = strings_of(*object, "bundles");
    entry.who = string_of(*object, "who");
    entry.generation_before = static_cast<unsigned>(integer_of(*object, "generation-before"));
    entry.generation_after = static_cast<unsigned>(integer_of(*object, "generation-after"));
    entry.outcome = string_of(*object, "outcome");
    entry.exit_code = static_cast<int>(integer_of(*object, "exit-code"));
    entry.duration_ms = integer_of(*object, "duration-ms");
    entry.notes = strings_of(*object, "notes");
    entry.transaction = string_of(*object, "transaction");
    entry.plan = string_of(*object, "plan");
    entry.phases = phases_of(*object);
    return entry;
}

Result<off_t> size_of(int descriptor, const std::filesystem::path& file) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return fail(call_error("read", file));
    return status.st_size;
}

/// Up to `size` bytes from `offset` on; fewer where the file ends or cannot be read.
std::string read_at(int descriptor, off_t offset, std::size_t size) {
    std::string text(size, '\0');
    std::size_t done = 0;
    while (done < size) {
        const ssize_t got =
            ::pread(descriptor, text.data() + done, size - done, offset + static_cast<off_t>(done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        done += static_cast<std::size_t>(got);
    }
    text.resize(done);
    return text;
}

bool ends_within_a_line(int descriptor, off_t size) {
    return size > 0 && read_at(descriptor, size - 1, 1) != "\n";
}

/// The newest time in the text, whose first line may be cut.
std::optional<model::SystemTime> last_time_in(std::string_view text) {
    while (!text.empty()) {
        const auto end = text.find_last_of('\n');
        const auto line = end == std::string_view::npos ? text : text.substr(end + 1);
        if (const auto entry = parse_line(line)) return entry->time;
        text = end == std::string_view::npos ? std::string_view{} : text.substr(0, end);
    }
    return std::nullopt;
}

/// Of one file.
std::optional<model::SystemTime> newest_time_in(const std::filesystem::path& file) {
    // A line is hundreds of bytes, and one with a long error text thousands.
    constexpr off_t kFirstWindow = 16 << 10;
    constexpr off_t kLastWindow = 4 << 20;
    const auto descriptor = open_path(file, O_RDONLY);
    if (!descriptor) return std::nullopt;
    const off_t size = size_of(descriptor->get(), file).value_or(0);
    for (off_t window = kFirstWindow; window <= kLastWindow; window *= 4) {
        const off_t begin = std::max<off_t>(size - window, 0);
        const auto text = read_at(descriptor->get(), begin, static_cast<std::size_t>(size - begin));
        if (const auto time = last_time_in(text)) return time;
        if (begin == 0) break;
    }
    return std::nullopt;
}

/// Moves a history that is too large away, in one step.
Result<> make_room(const Paths& paths) {
    struct stat status {};
    const auto file = paths.history();
    if (::stat(file.c_str(), &status) != 0 || status.st_size <= kHistoryLimit) return {};
    // An entry in a file that is too large is better than none.
    if (::rename(file.c_str(), paths.older_history().c_str()) != 0) return {};
    return sync_directory(paths.state());
}

/// Empty where there is none.
Result<std::string> text_of(const std::filesystem::path& file) {
    constexpr std::size_t kLimit = 256U << 20U;
    auto text = read_file(file, kLimit);
    if (!text && text.error().code() == model::ErrorCode::not_found) return std::string();
    return text;
}

void add_entries(std::string_view text, std::vector<HistoryEntry>& entries) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (auto entry = parse_line(text.substr(0, end))) entries.push_back(std::move(*entry));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace

Result<> append_history(const Paths& paths, const HistoryEntry& entry) {
    TRY(make_directories(paths.state()));
    TRY(make_room(paths));
    const auto file = paths.history();
    TRY_ASSIGN(const Descriptor descriptor, open_path(file, O_RDWR | O_CREAT | O_APPEND, 0644));
    TRY_ASSIGN(const off_t size, size_of(descriptor.get(), file));
    const std::string line =
        (ends_within_a_line(descriptor.get(), size) ? "\n" : "") + to_line(entry);
    if (auto written = write_all(descriptor.get(), line, file); !written) {
        [[maybe_unused]] const int ignored = ::ftruncate(descriptor.get(), size);
        return written;
    }
    TRY(sync(descriptor.get(), file));
    return size == 0 ? sync_directory(paths.state()) : Result<>{};
}

Result<std::vector<HistoryEntry>> read_history(const Paths& paths) {
    TRY_ASSIGN(auto text, text_of(paths.history()));
    TRY_ASSIGN(const auto older, text_of(paths.older_history()));
    // Nothing is locked here: what was read first may have moved away meanwhile.
    if (older.starts_with(text)) {
        TRY_ASSIGN(text, text_of(paths.history()));
    }
    std::vector<HistoryEntry> entries;
    add_entries(older, entries);
    add_entries(text, entries);
    return entries;
}

std::optional<model::SystemTime> newest_history_time(const Paths& paths) {
    const auto newest = newest_time_in(paths.history());
    return newest ? newest : newest_time_in(paths.older_history());
}

}  // namespace agent::store
