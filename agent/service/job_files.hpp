// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>

#include "agent/service/job.hpp"
#include "agent/store/descriptor.hpp"

namespace agent::service {

/// What is on disk of the jobs until the machine is shut down, so that a service that ends, or is
/// killed, finds them again: a directory each, with `request.json`, and with `progress` as soon as
/// it has begun, which has what the command prints with `--progress=json`.
class JobFiles {
  public:
    explicit JobFiles(std::filesystem::path directory) : directory_(std::move(directory)) {}

    /// All that are there; those that were begun and have no last line yet are running. What is
    /// damaged is left out, and removed.
    [[nodiscard]] model::Result<Jobs> load() const;
    [[nodiscard]] model::Result<> add(unsigned number, const JobRequest& request) const;
    /// Makes the empty progress.
    [[nodiscard]] model::Result<> begin(unsigned number) const;
    /// Writes the last line of a job that ends without one of its own.
    [[nodiscard]] model::Result<> conclude(unsigned number, const Job& job) const;
    [[nodiscard]] model::Result<> forget(unsigned number) const;
    [[nodiscard]] std::filesystem::path progress(unsigned number) const;

  private:
    [[nodiscard]] std::filesystem::path of(unsigned number) const;
    std::filesystem::path directory_;
};

/// Reads a progress as it grows.
class ProgressReader {
  public:
    [[nodiscard]] static model::Result<ProgressReader> open(const std::filesystem::path& file);
    /// Gives every line that is whole by now and was not given before.
    [[nodiscard]] model::Result<> read(const std::function<void(std::string_view)>& line);

  private:
    explicit ProgressReader(store::Descriptor file) : file_(std::move(file)) {}
    store::Descriptor file_;
    std::string unfinished_;
};

}  // namespace agent::service
