// SPDX-License-Identifier: GPL-3.0-or-later
// The system calls that change a file system, replaced for this test program: each one can fail, be
// the last one of the process, and be looked at afterwards.
#pragma once

#include <string>
#include <vector>

namespace test {

/// One call that changed something: `fsync /dir/file`, `rename /dir/a /dir/b`.
struct Call {
    std::string name;
    std::string path;
    std::string target;
};

class Faults {
  public:
    /// While one is there, calls are the test's own: they do what they say, and are not counted.
    class Own {
      public:
        Own();
        ~Own();
        Own(const Own&) = delete;
        Own& operator=(const Own&) = delete;
    };

    /// The n-th call from now on (from 1) fails with this errno, once.
    static void fail_at(unsigned n, int error_number);
    /// Every call of that name fails with this errno.
    static void fail_always(const std::string& name, int error_number);
    /// The process is killed instead of doing the n-th call from now on.
    static void kill_at(unsigned n);
    /// From the n-th call from now on no call does anything, as if the process had been killed
    /// instead; further_call() counts as well.
    static void die_at(unsigned n);
    /// A call of another kind, such as one to another program; whether it does nothing either.
    static bool further_call();
    /// Calls since the last fault was asked for.
    [[nodiscard]] static unsigned count();
    /// No more faults; returns whether one happened since it was asked for.
    static bool disarm();

    static void start_recording();
    [[nodiscard]] static std::vector<Call> stop_recording();
};

}  // namespace test
