// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/health_report.hpp"

namespace agent::operations {

namespace {

constexpr std::size_t kLinesEach = 5;
/// The old set waits for this; a container more is not asked after it.
constexpr std::chrono::seconds kReadingBound{5};

/// A container that crashes again and again has often written nothing yet in its newest run.
std::vector<std::string> lines_of(host::ServiceManager& services, const Unhealthy& container) {
    std::vector<std::string> lines;
    for (const auto& invocation : container.invocations) {
        const auto missing = kLinesEach - lines.size();
        if (missing == 0 || (invocation.empty() && !lines.empty())) break;
        auto earlier = services.last_log_lines(container.service, invocation, missing);
        if (earlier) lines.insert(lines.begin(), earlier->begin(), earlier->end());
    }
    return lines;
}

}  // namespace

LogLines last_log_lines(const Host& host, const std::vector<Unhealthy>& unhealthy) {
    const auto start = host.machine.monotonic();
    LogLines lines;
    for (const auto& container : unhealthy) {
        if (host.machine.monotonic() - start > kReadingBound) break;
        lines[container.service] = lines_of(host.services, container);
    }
    return lines;
}

std::string health_report(const std::vector<Unhealthy>& unhealthy, const LogLines& lines) {
    std::string report;
    for (const auto& container : unhealthy) {
        report += "\n  " + container.text;
        const auto written = lines.find(container.service);
        if (written == lines.end()) continue;
        for (const auto& line : written->second)
            report += "\n    | " + line;
    }
    return report;
}

}  // namespace agent::operations
