// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/store/paths.hpp"

namespace agent::store {

/// A lock between processes, held until destroyed (or until the process ends).
class Lock {
  public:
    /// The one of all operations that change the installed set. ErrorCode::busy at once when
    /// another process holds it; the text names its pid, its operation and since when.
    [[nodiscard]] static model::Result<Lock> acquire(const Paths& paths,
                                                     const std::string& operation);
    /// The one of whoever starts and stops what is installed, in the same way.
    [[nodiscard]] static model::Result<Lock> acquire_units(const Paths& paths,
                                                           const std::string& operation);
    ~Lock();
    Lock(Lock&& other) noexcept;
    Lock& operator=(Lock&& other) noexcept;
    /// A child process that inherits it holds the lock as well.
    [[nodiscard]] int descriptor() const { return descriptor_; }

  private:
    [[nodiscard]] static model::Result<Lock> acquire_file(const Paths& paths,
                                                          const std::filesystem::path& file,
                                                          const std::string& operation);
    explicit Lock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

}  // namespace agent::store
