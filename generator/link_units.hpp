// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

namespace generator {

/// Told about each thing that is left out: its name, and why.
using Report = void (*)(const char* name, const char* reason);

struct Setting {
    /// Absolute; holds the link systemd-units.
    const char* operation_directory = nullptr;
    /// Where the links go, such as /run/systemd/generator.late.
    const char* output_directory = nullptr;
    /// Whose files are trusted: root's, outside of tests.
    uid_t owner = 0;
    Report report = nullptr;
};

/// Links every unit of the current generation, and the wants of installed-bundles.target, into the
/// output directory, then leaves the stamp with the generation's number.
///
/// The links lead into the generation itself, not through systemd-units: what systemd loads later
/// stays of one generation until the next daemon-reload runs the generator again.
/// Uses a bounded amount of memory, reads no file, and never fails: what cannot be linked is
/// reported. Without an operation directory or a current generation it does nothing.
void link_units(const Setting& setting);

}  // namespace generator
