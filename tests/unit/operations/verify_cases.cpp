// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/operations/verify_cases.hpp"

#include <algorithm>

namespace test {

namespace fs = std::filesystem;
using operations::Defect;
using Kind = Defect::Kind;

namespace {

/// What damage below the link makes systemd's loaded text differ from.
bool is_unit_that_changed(const Defect& defect) {
    return defect.kind == Kind::loaded && has(defect.text, "has changed since");
}

}  // namespace

void overwrite(const fs::path& file, const std::string& text) {
    fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
    write_text(file, text);
    fs::permissions(file, fs::perms(0444));
}

std::string told(const operations::Verification& verification) {
    std::string text;
    for (const auto& defect : verification.defects)
        text += std::string(defect.repaired ? "repaired " : "") +
                std::string(to_string(defect.kind)) + " " + defect.subject + ": " + defect.text +
                " (" + defect.advice + ")\n";
    return text;
}

bool tells(const operations::Verification& verification, Kind kind, const std::string& subject,
           const std::string& text) {
    return std::any_of(
        verification.defects.begin(), verification.defects.end(), [&](const auto& defect) {
            return defect.kind == kind && has(defect.subject, subject) && has(defect.text, text);
        });
}

std::map<std::string, std::string> invocations(const Scene& scene) {
    std::map<std::string, std::string> all;
    for (const auto& [name, unit] : scene.services.units)
        if (unit.active == "active") all[name] = unit.invocation;
    return all;
}

void check_found(const std::vector<Damage>& damages) {
    for (const auto& each : damages) {
        INFO(to_string(each.kind) << " " << each.subject << ": " << each.says);
        Well well;
        each.damage(well);
        const auto before = well.snapshot();
        auto found = well.verify();
        INFO(told(found));
        CHECK(tells(found, each.kind, each.subject, each.says));
        CHECK(difference(before, well.snapshot()).empty());
        auto& defects = found.defects;
        std::erase_if(defects, is_unit_that_changed);
        CHECK(defects.size() == (each.says.starts_with("has changed") ? 0 : 1));
        for (const auto& defect : defects) {
            CHECK(defect.repairable == each.repairable);
            CHECK_FALSE(defect.repaired);
            CHECK_FALSE(defect.advice.empty());
        }
    }
}

void check_repaired(const std::vector<Damage>& damages) {
    for (const auto& each : damages) {
        INFO(to_string(each.kind) << " " << each.subject << ": " << each.says);
        Well well;
        each.damage(well);
        const auto running = invocations(well);
        const auto before = well.snapshot();
        const auto done = well.verify(true);
        INFO(told(done));
        CHECK(tells(done, each.kind, each.subject, each.says));
        CHECK((done.left() == 0) == each.repairable);
        CHECK(invocations(well) == running);
        CHECK(well.progress.warnings.empty());
        const auto after = well.snapshot();
        const auto again = well.verify();
        INFO(told(again));
        CHECK(again.left() == (each.repairable ? 0 : 1));
        CHECK(difference(after, well.snapshot()).empty());
        if (!each.repairable) CHECK(difference(before, after).empty());
    }
}

}  // namespace test
