// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

#include "agent/operations/progress.hpp"

namespace agent::cli {

/// Progress on standard output: a JSON document a line, see docs/json-output.md. A reader that has
/// gone away ends nothing, and one that does not read misses lines. Warnings are in the machine's
/// log as well.
class JsonProgress final : public operations::Progress {
  public:
    void plan(const operations::Outcome& planned) override;
    void effect(std::string_view phase, std::size_t done, std::size_t total) override;
    void step(const std::string& what) override;
    void bytes(std::uint64_t done, std::uint64_t total) override;
    void warning(const std::string& text) override;

  private:
    std::chrono::steady_clock::time_point last_bytes_;
};

/// Prints a record at once, unless nobody reads: whoever does not must stop no operation.
void tell_record(const std::string& line);

}  // namespace agent::cli
