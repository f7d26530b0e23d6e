// SPDX-License-Identifier: GPL-3.0-or-later
// Operations that die, and what has to be there once they were settled.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agent/store/floors.hpp"
#include "tests/unit/operations/scene.hpp"
#include "tests/unit/store/faults.hpp"

namespace test {

/// An operation, the machine that it begins on, and how it ends when nobody disturbs it.
struct MortalOperation {
    const char* name;
    std::function<void(Scene&)> arrange;
    std::function<Result<operations::Outcome>(Scene&)> run;
    /// Whether it ends with what was there before.
    bool fails = false;
};
const std::vector<MortalOperation>& mortal_operations();

/// Without what another run of the same units cannot have in common.
Snapshot lasting(Snapshot snapshot);
/// What is remembered of the current set.
struct Knowledge {
    store::Floors floors;
    bool confirmed = false;
};
Knowledge knowledge_of(const Scene& scene);
/// The machine before the operation, and after it.
struct Ends {
    Snapshot before;
    Snapshot after;
    Knowledge known_before;
    Knowledge known_after;
    /// Calls of the operation: those of the store, and those of the host.
    unsigned calls = 0;
};
Ends ends_of(const MortalOperation& operation, const Scene& arranged);

/// Does nothing any more from its n-th call on.
template <typename Act>
void dying_at(Scene& scene, unsigned n, const Act& act) {
    Faults::die_at(n);
    scene.faults.dead = [] { return Faults::further_call(); };
    act();
    scene.faults.dead = [] { return false; };
    Faults::disarm();
}

/// Power was cut: nothing runs, the units of the current generation are loaded, and what the units
/// of the package do at boot is done.
void boot(Scene& scene);

void check_no_leftovers(const Scene& scene);
/// The old or the new set, whole, and no journal.
void check_settled(const Scene& scene, const Ends& ends);

}  // namespace test
