// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agent::operations {

/// One thing of an installed set that is not as it has to be.
struct Defect {
    enum class Kind {
        transaction,
        link,
        set,
        arguments,
        unit,
        loaded,
        image,
        container,
        bundle,
        leftover
    };
    Kind kind = Kind::link;
    /// Unit, container, image, file or directory.
    std::string subject;
    /// What is wrong with it, to be read after the subject.
    std::string text;
    /// Whether it can be put right with what the machine has.
    bool repairable = false;
    bool repaired = false;
    /// What to do otherwise.
    std::string advice = {};
    bool operator==(const Defect&) const = default;
};
using Defects = std::vector<Defect>;

[[nodiscard]] std::string_view to_string(Defect::Kind kind);

}  // namespace agent::operations
