// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/store/paths.hpp"

namespace agent::store {

/// The one lock of all changing operations, held until destroyed (or until the process ends).
class Lock {
  public:
    /// ErrorCode::busy at once when another process holds it; the text names its pid, its
    /// operation and since when.
    [[nodiscard]] static model::Result<Lock> acquire(const Paths& paths,
                                                     const std::string& operation);
    ~Lock();
    Lock(Lock&& other) noexcept;
    Lock& operator=(Lock&& other) noexcept;
    /// A child process that inherits it holds the lock as well.
    [[nodiscard]] int descriptor() const { return descriptor_; }

  private:
    explicit Lock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_ = -1;
};

}  // namespace agent::store
