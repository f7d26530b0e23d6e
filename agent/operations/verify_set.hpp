// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/bundle/manifest.hpp"
#include "agent/operations/context.hpp"
#include "agent/operations/defect.hpp"
#include "agent/store/generations.hpp"

namespace agent::operations {

/// The current generation, as far as it is what was installed: the other looks compare with it.
struct CurrentGeneration {
    store::GenerationInfo info;
    /// With the descriptions that were signed.
    model::InstalledSet set;
    /// Texts of containers/, by name; damaged ones are made anew where that gives the same digest.
    std::map<std::string, std::string> arguments;
};

struct SetLook {
    /// Absent where it cannot be read, or is not what was signed: then nothing can be compared.
    std::optional<CurrentGeneration> current;
    /// Every generation that can be read.
    std::vector<model::InstalledSet> sets;
    Defects defects;
};

/// The link, the generations, and the current one's descriptions and create arguments.
[[nodiscard]] SetLook look_at_set(const Context& context);

/// The texts of a bundle that say what the rest of it has to be.
struct SignedTexts {
    std::string manifest_text;
    bundle::Manifest manifest;
    std::string description;
};
/// Fails where one of them, in a generation's copy or a kept bundle, is not what was installed.
[[nodiscard]] model::Result<SignedTexts> read_signed(const std::filesystem::path& directory,
                                                     const model::InstalledBundle& bundle);
/// Where a generation has its copy of a bundle's texts.
[[nodiscard]] std::filesystem::path copy_of_bundle(const store::Paths& paths, unsigned generation,
                                                   const model::BundleId& id);

}  // namespace agent::operations
