// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/cli/text_output.hpp"

#include <algorithm>
#include <sstream>

#include "agent/cli/table.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/store/timestamp.hpp"

namespace agent::cli::text {

namespace {

constexpr const char* kDamagedImages =
    "a block of its mounted images is not what was signed, and what needs it fails; 'update-agent "
    "verify' says how to replace it, and where that finds its file whole, start the machine anew";
constexpr const char* kUnmountedImages =
    "its images are not mounted, and its containers cannot start; 'update-agent verify' says what "
    "helps";

std::string named(const model::Description& description) {
    return description.id.value() + " " + description.version.to_string();
}

std::string_view type(const model::Description& description) {
    return description.type == model::BundleType::base ? "base" : "addon";
}

std::string age(std::uint64_t since_us, model::SystemTime now) {
    if (since_us == 0) return "-";
    const auto since = model::SystemTime(std::chrono::duration_cast<model::SystemTime::duration>(
        std::chrono::microseconds(since_us)));
    auto seconds = std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::seconds>(now - since).count());
    if (seconds < 120) return std::to_string(seconds) + "s";
    if (seconds < 7200) return std::to_string(seconds / 60) + "min";
    if (seconds < 172800) return std::to_string(seconds / 3600) + "h";
    return std::to_string(seconds / 86400) + "d";
}

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

/// More would push the columns behind them off the screen.
std::string first_two(const std::vector<std::string>& words) {
    constexpr std::size_t kShown = 2;
    std::string text;
    for (std::size_t i = 0; i < std::min(words.size(), kShown); ++i)
        text += (i == 0 ? "" : ", ") + first_line(words[i]);
    if (words.size() <= kShown) return text;
    return text + " and " + std::to_string(words.size() - kShown) + " more";
}

/// The first line of an error; where that only announces a list, with the first of it.
std::string summary(const std::string& text) {
    const std::string line = first_line(text);
    const auto next = text.find_first_not_of(" \n", line.size());
    if (!line.ends_with(':') || next == std::string::npos) return line;
    return line + " " + first_line(text.substr(next));
}

std::string generations(const store::HistoryEntry& entry) {
    auto before = std::to_string(entry.generation_before);
    if (entry.generation_after == entry.generation_before) return before;
    return before + "→" + std::to_string(entry.generation_after);
}

std::string result(const store::HistoryEntry& entry) {
    return entry.exit_code == 0 ? "done" : "exit " + std::to_string(entry.exit_code);
}

std::string duration(std::int64_t milliseconds) {
    if (milliseconds < 1000) return std::to_string(milliseconds) + "ms";
    const auto tenths = milliseconds / 100;
    if (tenths < 1200) return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "s";
    const auto seconds = milliseconds / 1000;
    return std::to_string(seconds / 60) + "min " + std::to_string(seconds % 60) + "s";
}

void describe_plan(const operations::Outcome& outcome, std::string& text) {
    const auto& plan = outcome.plan;
    for (const auto& candidate : plan.add) {
        const auto replaced = plan.replaced.find(candidate.description.id);
        const bool fresh = replaced == plan.replaced.end();
        if (outcome.dry_run)
            text += fresh ? "would install  " : "would update  ";
        else
            text += fresh ? "installed  " : "updated  ";
        text += named(candidate.description);
        if (!fresh) text += " from " + replaced->second.to_string();
        text += "  (" + model::human_size(candidate.bytes) + ")\n";
    }
    for (const auto& id : plan.remove)
        text += (outcome.dry_run ? "would remove  " : "removed  ") + id.value() + "\n";
    for (const auto& package : plan.host_packages.packages)
        text +=
            (outcome.dry_run ? "would install  Debian package " : "installed  Debian package ") +
            to_string(package) + (package.automatic ? "  (a dependency)\n" : "\n");
    if (!outcome.dry_run) return;
    for (const auto& unit : plan.stop)
        if (!unit.starts_with(model::kPausePrefix)) text += "would stop  " + unit + "\n";
    for (const auto* steps : {&plan.data.early, &plan.data.late})
        for (const auto& path : writes_of(*steps))
            text += "would snapshot  " + path + "\n";
    for (const auto& run : planning::init_runs(plan.data))
        text += "would run  " + run.spec.container.podman_name + "\n";
    for (const auto& unit : plan.restart_order)
        text += "would restart  " + unit + "\n";
    for (const auto& unit : plan.start)
        text += "would start  " + unit + "\n";
    for (const auto& path : plan.purge)
        text += "would delete  " + path + "\n";
    for (const auto& [name, spec] : plan.specs)
        text += "would create  " + spec.container.podman_name + "\n";
    if (plan.add.empty()) return;
    text += "would load  " + model::human_size(plan.bytes) + "\n";
    if (plan.host_packages.download != 0)
        text += "would download  " + model::human_size(plan.host_packages.download) +
                " of Debian packages\n";
    text += "would need  " + model::human_size(outcome.space.kept) + " to keep the bundles";
    if (outcome.space.engine != 0)
        text += ", " + model::human_size(outcome.space.engine) + " in podman's store";
    if (outcome.space.snapshots != 0)
        text += ", " + model::human_size(outcome.space.snapshots) + " for snapshots of volumes";
    if (outcome.space.packages != 0)
        text += ", " + model::human_size(outcome.space.packages) + " for Debian packages";
    text += "\n";
}

/// A table of its own, where there is a device: most machines have none.
std::string devices(const operations::Status& status) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& bundle : status.bundles)
        for (const auto& container : bundle.containers)
            for (const auto& device : container.devices) {
                const bool offline = container.condition == operations::Condition::offline;
                rows.push_back({container.name.value(), device.path,
                                device.created ? to_string(*device.created) : "-",
                                device.now ? to_string(*device.now)
                                : offline  ? "-"
                                           : "missing"});
            }
    if (rows.empty()) return {};
    return "\n" + table({"CONTAINER", "DEVICE", "CREATED WITH", "NOW"}, rows);
}

/// Null where nothing is wrong with them.
const char* what_images_lack(const operations::BundleStatus& bundle) {
    if (bundle.images_damaged.value_or(false)) return kDamagedImages;
    return bundle.images_mounted.value_or(true) ? nullptr : kUnmountedImages;
}

/// After the tables, as far as there is anything to say.
std::string bundles_with_lacking_images(const operations::Status& status) {
    std::string text;
    for (const auto& bundle : status.bundles)
        if (const auto* const lack = what_images_lack(bundle))
            text += "\n" + named(bundle.description) + ": " + lack + "\n";
    return text;
}

}  // namespace

std::string outcome(const operations::Outcome& outcome) {
    std::string text;
    for (const auto& id : outcome.plan.unchanged)
        text += named(outcome.plan.result.find(id)->description) + " is installed already\n";
    describe_plan(outcome, text);
    if (!outcome.dry_run && outcome.generation_after != outcome.generation_before)
        text += "generation " + std::to_string(outcome.generation_after) + " is current\n";
    if (outcome.restored && !text.empty())
        text = (outcome.dry_run ? "would put back generation " : "put back generation ") +
               std::to_string(*outcome.restored) + "\n" + text;
    if (text.empty()) text = "nothing to do\n";
    return text;
}

std::string settled(const std::optional<operations::Settled>& settled) {
    return settled ? to_string(*settled) + "\n" : std::string("nothing to recover\n");
}

std::string recreated(const operations::Recreation& recreation) {
    std::string text;
    for (const auto& [user, reasons] : recreation.recreated)
        for (const auto& reason : reasons)
            text += "created again  " + user.container.podman_name + ": " + reason + "\n";
    return text.empty() ? "nothing to do\n" : text;
}

std::string list(const operations::Status& status) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& bundle : status.bundles)
        rows.push_back({bundle.description.id.value(), bundle.description.version.to_string(),
                        std::string(type(bundle.description)),
                        std::string(to_string(bundle.condition)), bundle.description.name});
    if (rows.empty()) return "no bundles are installed\n";
    return table({"ID", "VERSION", "TYPE", "STATE", "NAME"}, rows);
}

std::string show(const operations::BundleStatus& bundle) {
    const auto& description = bundle.description;
    std::vector<std::vector<std::string>> rows;
    const auto row = [&rows](std::string key, std::string value) {
        if (!value.empty()) rows.push_back({std::move(key), std::move(value)});
    };
    row("version", description.version.to_string());
    row("type", std::string(type(description)));
    row("name", description.name);
    row("description", description.description);
    row("author", description.author);
    row("license", description.license);
    row("short name", description.short_name);
    if (description.width != 0 || description.height != 0)
        row("size", std::to_string(description.width) + " x " + std::to_string(description.height));
    row("state", std::string(to_string(bundle.condition)));
    row("digest", bundle.digest.hex());
    row("anchor", bundle.anchor.empty() ? "none: the bundle is not signed" : bundle.anchor);
    for (const auto& requirement : description.requires_bundles)
        row("requires", requirement.id.value() + " " + requirement.version.text());
    for (const auto& id : bundle.required_by)
        row("required by", id.value());
    for (const auto& file : bundle.shadowing)
        row("shadowed by", file);
    if (const auto* const lack = what_images_lack(bundle)) row("images", lack);
    for (const auto& container : description.containers)
        row("container", container.name.value() + "  " + container.image);
    return table({"id", description.id.value()}, rows);
}

std::string status(const operations::Status& status, model::SystemTime now) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& bundle : status.bundles) {
        for (const auto& container : bundle.containers) {
            const auto& unit = container.unit;
            std::string state(to_string(container.condition));
            if (unit && !unit->result.empty() && unit->result != "success")
                state += " (" + unit->result + ")";
            rows.push_back({named(bundle.description), container.name.value(), state,
                            unit ? age(unit->since, now) : "-",
                            unit && unit->main_pid != 0 ? std::to_string(unit->main_pid) : "-",
                            unit ? std::to_string(unit->restarts) : "-",
                            unit && unit->memory ? model::human_size(*unit->memory) : "-"});
        }
    }
    const std::string unsettled =
        status.unsettled ? "an operation is running, or was interrupted: 'update-agent recover' "
                           "settles it\n"
                         : "";
    if (rows.empty()) return "no bundles are installed\n" + unsettled;
    return "generation " + std::to_string(status.generation) +
           (status.confirmed ? ", confirmed\n" : ", not confirmed\n") + unsettled +
           table({"BUNDLE", "CONTAINER", "STATE", "SINCE", "PID", "RESTARTS", "MEMORY"}, rows) +
           devices(status) + bundles_with_lacking_images(status);
}

std::string history(const std::vector<store::HistoryEntry>& entries) {
    std::vector<std::vector<std::string>> rows;
    rows.reserve(entries.size());
    for (const auto& entry : entries)
        rows.push_back({store::to_readable_time(entry.time), first_line(entry.operation),
                        first_two(entry.bundles), generations(entry), result(entry),
                        duration(entry.duration_ms), first_line(entry.who)});
    if (rows.empty()) return "nothing was done yet\n";
    std::istringstream lines(
        table({"TIME", "OPERATION", "BUNDLES", "GENERATION", "RESULT", "DURATION", "WHO"}, rows));
    std::string line;
    std::getline(lines, line);
    std::string text = line + "\n";
    for (const auto& entry : entries) {
        std::getline(lines, line);
        text += line + "\n";
        if (entry.exit_code != 0) text += "    " + summary(entry.outcome) + "\n";
    }
    return text;
}

std::string doctor(const std::vector<operations::Check>& checks) {
    std::string text;
    for (const auto& check : checks) {
        text +=
            std::string(to_string(check.finding)) + "  " + check.name + ": " + check.text + "\n";
        if (!check.advice.empty()) text += "    " + check.advice + "\n";
    }
    return text;
}

std::string verified(const operations::Verification& verification) {
    std::string text;
    for (const auto& defect : verification.defects) {
        text += defect.repaired ? "repaired  " : "WRONG  ";
        text +=
            std::string(to_string(defect.kind)) + " " + defect.subject + ": " + defect.text + "\n";
        if (!defect.repaired && !defect.advice.empty()) text += "    " + defect.advice + "\n";
    }
    const auto all = verification.defects.size();
    const auto left = verification.left();
    text += "generation " + std::to_string(verification.generation);
    if (left != 0)
        return text + ": " + std::to_string(left) + " of " + std::to_string(all) + " left\n";
    return text + (all == 0 ? " has all that it needs\n" : " has all that it needs again\n");
}

std::string created(const operations::CreatedBundle& bundle) {
    std::string text = bundle.file.string() + "  " + bundle.id.value() + " " +
                       bundle.version.to_string() + "  " + model::human_size(bundle.size) + "\n" +
                       "digest  " + bundle.digest.hex() + "\n";
    for (const auto& [name, id] : bundle.images)
        text += "image  " + name + "  " + id.hex() + "\n";
    if (bundle.images_kind == operations::ImagesKind::store)
        text += "images  in a store, which is mounted instead of unpacked\n";
    if (bundle.delta)
        text += "delta  " + bundle.delta->file.string() + "  from " +
                bundle.delta->from.to_string() + "  " + model::human_size(bundle.delta->size) +
                "\n";
    return text;
}

std::string inspected(const operations::InspectedBundle& bundle) {
    std::string text = "digest  " + bundle.digest.hex() + "\n" + "size  " +
                       model::human_size(bundle.size) + " in " + std::to_string(bundle.members) +
                       " members\n";
    if (bundle.signer)
        text += "signer  " + bundle.signer->signer.subject + ", trusted by " +
                bundle.signer->anchor_name + "\n";
    else if (!bundle.is_signed)
        text += "signer  none: the bundle is not signed\n";
    else
        text += "signer  NOT TRUSTED: " + bundle.distrust + "\n";
    if (bundle.delta)
        text += "delta  from " + bundle.delta->version.to_string() + ", store " +
                bundle.delta->store.hex() + "\n";
    return text + "\n" + bundle.text;
}

}  // namespace agent::cli::text
