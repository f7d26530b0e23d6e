// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/journal_events.hpp"

#include <sys/uio.h>
// The fields have no place in the sources: whoever reads them asks for what happened.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <syslog.h>
#include <systemd/sd-journal.h>

#include <algorithm>

#include "agent/systemd/unit_log.hpp"

namespace agent::systemd {

namespace {

using host::Happening;

/// What an entry has by its kind.
struct Kind {
    const char* message_id;
    int priority;
    const char* words;
};

Kind kind_of(Happening what) {
    switch (what) {
        case Happening::begun:
            return {"b1ff6c2cef104152acc6df98ec2d4bc8", LOG_INFO, "has begun"};
        case Happening::resumed:
            return {"e124f5a8233447a5913da8e406bdcfd4", LOG_WARNING,
                    "was interrupted, and is settled now"};
        case Happening::going_back:
            return {"d6577e57df4d4de8b97e520dbeac76e9", LOG_WARNING, "failed, and is taken back"};
        case Happening::done:
            return {"eed76ec8cb81419da2855055ccc9b66d", LOG_NOTICE, "is done"};
        case Happening::undone:
            return {"42db9990db824ac9aceaa581f89bb936", LOG_ERR, "failed"};
        case Happening::stuck:
            return {"a091a3347ab6477e817864f6a18740f8", LOG_CRIT,
                    "failed, and so did the way back"};
    }
    return {};
}

std::string joined(const std::vector<std::string>& bundles) {
    std::string text;
    for (const auto& bundle : bundles)
        text += (text.empty() ? "" : ", ") + bundle;
    return text;
}

/// journalctl shows a field of 4096 bytes or more, or one that is no UTF-8, only where it is asked
/// to.
std::string readable(const std::string& text) {
    constexpr std::size_t kBytes = 3500;
    std::string lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        const auto line = printable_line(std::string_view(text).substr(begin, end - begin));
        if (lines.size() + line.size() > kBytes) return lines + "\n...";
        lines += (begin == 0 ? "" : "\n") + line;
        begin = end + 1;
    }
    return lines;
}

std::string message(const host::Event& event) {
    std::string text = event.operation;
    if (!event.bundles.empty()) text += " of " + joined(event.bundles);
    text += std::string(" ") + kind_of(event.what).words;
    if (!event.reason.empty()) text += ": " + event.reason;
    return readable(text);
}

}  // namespace

std::vector<std::string> journal_fields(const host::Event& event) {
    const auto kind = kind_of(event.what);
    const std::string ours = "UPDATE_AGENT_";
    std::vector<std::string> fields{
        "MESSAGE=" + message(event),
        std::string("MESSAGE_ID=") + kind.message_id,
        "PRIORITY=" + std::to_string(kind.priority),
        "SYSLOG_IDENTIFIER=update-agent",
        ours + "TRANSACTION=" + event.transaction,
        ours + "OPERATION=" + event.operation,
        ours + "BUNDLES=" + joined(event.bundles),
        ours + "CALLER=" + event.who,
        ours + "GENERATION_BEFORE=" + std::to_string(event.generation_before),
        ours + "GENERATION=" + std::to_string(event.generation_now),
        ours + "EXIT_CODE=" + std::to_string(event.exit_code)};
    for (const auto& bundle : event.bundles) {
        const auto blank = bundle.find(' ');
        fields.push_back(ours + "BUNDLE=" + bundle.substr(0, blank));
        if (blank != std::string::npos)
            fields.push_back(ours + "VERSION=" + bundle.substr(blank + 1));
    }
    if (!event.phase.empty()) fields.push_back(ours + "PHASE=" + event.phase);
    if (!event.reason.empty()) fields.push_back(ours + "REASON=" + readable(event.reason));
    return fields;
}

void JournalEvents::write(const host::Event& event) {
    auto fields = journal_fields(event);
    std::vector<iovec> parts;
    parts.reserve(fields.size());
    for (auto& field : fields)
        parts.push_back({.iov_base = field.data(), .iov_len = field.size()});
    static_cast<void>(::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())));
}

}  // namespace agent::systemd
