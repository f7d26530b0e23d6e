// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/unit_log.hpp"

#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "agent/model/text.hpp"
#include "agent/model/utf8.hpp"

namespace agent::systemd {

namespace {

using std::chrono::steady_clock;

/// A run's events are a handful; this bounds a run that restarts its container by itself.
constexpr std::size_t kMostEntries = 1000;

struct CloseJournal {
    void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};
using Journal = std::unique_ptr<sd_journal, CloseJournal>;

bool add_match(const Journal& journal, const std::string& match) {
    return sd_journal_add_match(journal.get(), match.data(), match.size()) >= 0;
}

/// Of the boot: a unit that was never started in it may have been in an earlier one.
std::string run_match(const std::string& invocation_id) {
    if (!invocation_id.empty()) return "_SYSTEMD_INVOCATION_ID=" + invocation_id;
    sd_id128_t boot{};
    std::array<char, SD_ID128_STRING_MAX> text{};
    if (sd_id128_get_boot(&boot) < 0) return {};
    return std::string("_BOOT_ID=") + sd_id128_to_string(boot, text.data());
}

/// Null where there is none.
Journal open_at_end(const LogQuery& query) {
    sd_journal* raw = nullptr;
    const int opened = sd_journal_open(&raw, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
    Journal journal(raw);
    const auto run = run_match(query.invocation_id);
    if (opened < 0 || run.empty()) return nullptr;
    // conmon writes a container's output, from within the unit's cgroup.
    if (!add_match(journal, "_SYSTEMD_UNIT=" + query.unit) || !add_match(journal, run))
        return nullptr;
    // Of what is compressed, not more than this is unpacked.
    if (sd_journal_set_data_threshold(raw, 2 * kLogLineBytes) < 0) return nullptr;
    return sd_journal_seek_tail(raw) < 0 ? nullptr : std::move(journal);
}

/// Valid until the next is asked for.
std::optional<std::string_view> field(const Journal& journal, const char* name) {
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_journal_get_data(journal.get(), name, &data, &size) < 0) return {};
    const std::string_view text(static_cast<const char*>(data), size);
    return text.substr(std::min(size, std::string_view(name).size() + 1));
}

bool is_of_the_engine(const Journal& journal) {
    if (field(journal, "PODMAN_EVENT")) return true;
    return field(journal, "SYSLOG_IDENTIFIER") == "conmon" && !field(journal, "CONTAINER_ID");
}

/// U+0080 to U+009F are control characters, too.
bool is_control(std::string_view character) {
    if (character.size() == 1) return model::is_control(character.front());
    return character.front() == '\xc2' && static_cast<unsigned char>(character[1]) < 0xa0;
}

bool is_blank(std::string_view character) {
    return character == "\t" || character == "\n" || character == "\r";
}

}  // namespace

std::string printable_line(std::string_view message) {
    message = message.substr(0, message.find_last_not_of(" \t\r\n") + 1);
    std::string line;
    while (!message.empty()) {
        const auto size = model::utf8_character_size(message);
        const auto character = message.substr(0, std::max<std::size_t>(size, 1));
        message.remove_prefix(character.size());
        const bool shown = size != 0 && !is_control(character);
        const auto written = shown ? character : is_blank(character) ? " " : "?";
        if (line.size() + written.size() > kLogLineBytes) break;
        line += written;
    }
    return line;
}

std::vector<std::string> last_log_lines(const LogQuery& query, std::chrono::milliseconds bound) {
    const auto deadline = steady_clock::now() + bound;
    const Journal journal = open_at_end(query);
    std::vector<std::string> lines;
    if (journal == nullptr) return lines;
    for (std::size_t entry = 0; entry < kMostEntries && lines.size() < query.count; ++entry) {
        if (steady_clock::now() > deadline || sd_journal_previous(journal.get()) <= 0) break;
        if (is_of_the_engine(journal)) continue;
        auto line = printable_line(field(journal, "MESSAGE").value_or(""));
        if (!line.empty()) lines.push_back(std::move(line));
    }
    std::reverse(lines.begin(), lines.end());
    return lines;
}

}  // namespace agent::systemd
