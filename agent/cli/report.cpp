// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/report.hpp"

#include <cstdio>

#include "agent/cli/json_output.hpp"
#include "agent/model/exit_code.hpp"

namespace agent::cli {

int print(const Report& report, const Options& options) {
    auto text = options.json && !report.json.empty() ? report.json : report.text;
    if (options.json_progress) text = json::end_record(report.status, report.json, report.text);
    std::fputs(text.c_str(), stdout);
    return report.status;
}

int print_failure(const Report& report, const Options& options) {
    if (options.json_progress || options.json) static_cast<void>(print(report, options));
    std::fputs(report.text.c_str(), stderr);
    return report.status;
}

int report_error(const model::Error& error, const Options& options) {
    return print_failure({.json = json::error(error),
                          .text = std::string(kErrorPrefix) + error.text() + "\n",
                          .status = model::exit_code(error.code())},
                         options);
}

}  // namespace agent::cli
