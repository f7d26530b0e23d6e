// SPDX-License-Identifier: GPL-3.0-or-later
// What can be wrong with an installed set, and what has to come of it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/model/unit_name.hpp"
#include "agent/operations/verify.hpp"
#include "agent/store/generations.hpp"
#include "tests/unit/operations/scene.hpp"

namespace test {

/// A machine on which all is well, with two bundles.
struct Well : Scene {
    Well() {
        services.stamp = root() / "run/systemd/generator.late" / model::kLoadedGenerationStamp;
        have({bundles().base, bundles().view});
        services.log.clear();
    }
    std::filesystem::path generation(unsigned number = 1) const {
        return paths().generation(number);
    }
    std::filesystem::path unit(const std::string& name) const {
        return generation() / "units" / name;
    }
    std::filesystem::path kept() const { return paths().bundles() / "base_1.0.0"; }
    std::string podman_name(const std::string& container) const {
        return must(store::Generations(paths()).installed())
            .owner_of(model::ContainerName::parse(container).value())
            ->containers.front()
            .podman_name;
    }
    operations::Verification verify(bool repair = false, bool offline = false) {
        return must(operations::verify(context(offline), repair));
    }
};

/// As an admin does it whom no mode keeps from it.
void overwrite(const std::filesystem::path& file, const std::string& text);
/// All findings, a line each, to be read when a test fails.
std::string told(const operations::Verification& verification);
bool tells(const operations::Verification& verification, operations::Defect::Kind kind,
           const std::string& subject, const std::string& text);
/// Who runs since when.
std::map<std::string, std::string> invocations(const Scene& scene);

/// One thing that is wrong.
struct Damage {
    operations::Defect::Kind kind;
    std::string subject;
    std::string says;
    bool repairable;
    std::function<void(Well&)> damage;
};
// Each beside the tests of what looks for it.
const std::vector<Damage>& damaged_sets();
const std::vector<Damage>& damaged_units();
const std::vector<Damage>& damaged_engines();
const std::vector<Damage>& damaged_kept_bundles();
const std::vector<Damage>& leftovers();

/// Each is found, looking at it changes nothing, and the finding says what helps.
void check_found(const std::vector<Damage>& damages);
/// What can be repaired is, alone, and nothing is restarted for it.
void check_repaired(const std::vector<Damage>& damages);

}  // namespace test
