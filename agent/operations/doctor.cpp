// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/doctor.hpp"

#include <functional>
#include <set>

#include "agent/bundle/trust.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/operations/attach_images.hpp"
#include "agent/operations/candidates.hpp"
#include "agent/operations/restore_engine.hpp"
#include "agent/operations/status.hpp"
#include "agent/operations/verify_engine.hpp"
#include "agent/store/engine_stamp.hpp"
#include "agent/store/journal.hpp"

namespace agent::operations {

namespace {

using model::Result;

Check good(std::string name, std::string text) {
    return {
        .name = std::move(name), .finding = Finding::good, .text = std::move(text), .advice = {}};
}
Check warning(std::string name, std::string text, std::string advice) {
    return {.name = std::move(name),
            .finding = Finding::warning,
            .text = std::move(text),
            .advice = std::move(advice)};
}
Check failure(std::string name, std::string text, std::string advice) {
    return {.name = std::move(name),
            .finding = Finding::failure,
            .text = std::move(text),
            .advice = std::move(advice)};
}

Check check_packages(const Context& context) {
    const std::vector<model::HostPackage> wanted{
        {.name = "podman", .relation = {}, .version = {}},
        {.name = "systemd", .relation = {}, .version = {}}};
    const auto states = context.host.packages.look_up(wanted);
    if (!states) return failure("packages", states.error().text(), "");
    std::string text;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto& [version, satisfies] = (*states)[i];
        if (!satisfies)
            return failure("packages", wanted[i].name + " is not installed",
                           "apt install " + wanted[i].name);
        text += (text.empty() ? "" : ", ") + wanted[i].name + " " + version;
    }
    return good("packages", text);
}

/// Which the installed bundles want; apt removes them without asking anybody of us.
Check check_host_packages(const Context& context) {
    const auto set = store::Generations(context.paths).installed();
    std::vector<model::HostPackage> wanted;
    if (set)
        for (const auto& [id, bundle] : set->bundles)
            wanted.insert(wanted.end(), bundle.description.host_packages.begin(),
                          bundle.description.host_packages.end());
    if (wanted.empty()) return good("host packages", "none are wanted");
    const auto states = context.host.packages.look_up(wanted);
    if (!states) return failure("host packages", states.error().text(), "");
    std::string missing;
    std::string names;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if ((*states)[i].satisfies) continue;
        missing += (missing.empty() ? "" : ", ") + to_string(wanted[i]);
        names += " " + wanted[i].name;
    }
    if (missing.empty()) return good("host packages", "all there that bundles want");
    return failure("host packages", "bundles want what is not there: " + missing,
                   "apt install" + names);
}

Check check_engine(const Context& context) {
    if (const auto answer = context.host.engine.check(); !answer)
        return failure("container engine", answer.error().text(), "try 'podman info'");
    return good("container engine", "podman answers");
}

Check check_services(const Context& context) {
    const auto version = context.host.services.version();
    if (!version) return failure("service manager", version.error().text(), "");
    return good("service manager", "systemd " + std::to_string(*version) + " answers");
}

Check check_installed_set(const Context& context) {
    const store::Generations generations(context.paths);
    const auto set = generations.installed();
    if (!set) return failure("installed set", set.error().text(), kUnreadableSetAdvice);
    return good("installed set", "generation " + std::to_string(set->generation) + ", " +
                                     std::to_string(set->bundles.size()) + " bundles");
}

Check check_transaction(const Context& context) {
    if (!store::has_journal(context.paths)) return good("transaction", "none is unsettled");
    return warning("transaction", "an operation is running, or was interrupted",
                   "where none is running, 'update-agent recover' settles it");
}

Check check_stamp(const Context& context) {
    const auto root = context.host.engine.graph_root();
    if (!root) return failure("engine store", root.error().text(), "");
    const auto state = context.host.services.states({"update-agent-store.service"});
    const bool in_use = state && state->front().active == "active";
    const auto current = store::Generations(context.paths).current().value_or(0);
    if (in_use || current == 0 || store::stamp_matches(*root, current))
        return good("engine store", root->string());
    return warning("engine store", root->string() + " was not left by a clean shutdown",
                   "it is checked when bundle-startup.service runs");
}

Check check_engine_content(const Context& context) {
    const store::Generations generations(context.paths);
    const auto set = generations.installed();
    const auto containers = generations.read_containers(set ? set->generation : 0);
    const auto engine = context.host.engine.inventory();
    if (!set || !containers || !engine)
        return failure("images and containers", "could not be compared with the installed set",
                       "see the checks above");
    std::string missing;
    for (const auto& effect : missing_from_engine(*set, *containers, *engine))
        if (!std::holds_alternative<SyncEngineStore>(effect)) missing += "\n  " + to_string(effect);
    if (missing.empty()) return good("images and containers", "all there");
    return failure(
        "images and containers", "were removed by hand; to be restored:" + missing,
        "'update-agent store-stamp clear; systemctl start bundle-startup' restores them");
}

/// Images that are mounted instead of unpacked.
Check check_image_stores(const Context& context) {
    constexpr const char* kName = "image stores";
    const auto use = context.host.engine.image_store_use(image_store_directory());
    if (!use) return failure(kName, use.error().text(), "");
    const auto set = store::Generations(context.paths).installed();
    const bool wanted = set && has_image_store(*set);
    if (!wanted && !use->obstacle.empty())
        return good(kName, "none are used; before a bundle can have one: " + use->obstacle);
    if (!wanted) return good(kName, "none are used");
    if (!use->used) return failure(kName, "podman does not find them", use->obstacle);
    const auto defects = look_at_image_stores(context, *set);
    if (!defects) return failure(kName, defects.error().text(), "");
    if (defects->empty()) return good(kName, "all mounted");
    std::string missing;
    for (const auto& defect : *defects)
        missing += "\n  " + defect.subject + " " + defect.text;
    return failure(kName, "are not all there:" + missing, "update-agent verify --repair");
}

/// Containers that podman takes for running while their unit does not.
Check check_wedged(const Context& context) {
    const auto there = context.host.engine.containers();
    const auto now = status(context);
    if (!there || !now) return failure("wedged containers", "could not be looked for", "");
    std::set<std::string> running;
    for (const auto& container : *there)
        if (container.state == "running" || container.state == "stopping")
            running.insert(container.name);
    std::string wedged;
    for (const auto& bundle : now->bundles)
        for (const auto& container : bundle.containers)
            if (running.count(container.podman_name) != 0 && container.unit &&
                (container.unit->active == "inactive" || container.unit->active == "failed"))
                wedged += " " + container.podman_name;
    if (wedged.empty()) return good("wedged containers", "none");
    return failure("wedged containers",
                   "podman says that these run, and systemd that they do not:" + wedged,
                   "update-agent restart");
}

Check check_shadowed(const Context& context) {
    const auto now = status(context);
    if (!now) return failure("unit names", now.error().text(), "");
    std::string shadowed;
    for (const auto& bundle : now->bundles) {
        for (const auto& file : bundle.shadowing)
            shadowed += " " + file;
        for (const auto& container : bundle.containers)
            if (container.condition == Condition::shadowed)
                shadowed += " " + container.unit->fragment_path;
    }
    if (shadowed.empty()) return good("unit names", "no unit of the host hides a bundle's");
    return failure("unit names", "units of the host hide those of bundles:" + shadowed,
                   "rename or remove these units, then 'systemctl daemon-reload'");
}

Check check_trust(const Context& context) {
    const auto directory = trust_directory(context);
    const auto trust = bundle::TrustStore::load(directory);
    if (!trust) return failure("trust anchors", trust.error().text(), "");
    if (!context.configuration.signed_bundles_only)
        return warning("trust anchors", "unsigned bundles are let in",
                       "set signed-bundles-only = true in agent.toml");
    if (trust->anchors.empty())
        return warning("trust anchors", "none: no bundle can be installed",
                       "copy the vendor's certificate to " + directory.string() + "/NAME.pem");
    std::string names;
    for (const auto& anchor : trust->anchors)
        names += (names.empty() ? "" : ", ") + anchor.name;
    return good("trust anchors", names);
}

Check check_clock(const Context& context) {
    const auto clock = validity_clock(context);
    if (clock.now >= clock.floor) return good("clock", "plausible");
    return warning("clock", "is before the agent was built or last used",
                   "set the time; until then certificates are judged by the later of the two");
}

Check check_space(const Context& context) {
    const auto free = context.host.machine.free_space(context.paths.state());
    if (!free) return failure("space", free.error().text(), "");
    const auto text = model::human_size(*free) + " free for " + context.paths.state().string();
    if (*free < context.configuration.reserve)
        return warning("space", text + ", less than the reserve", "free some space");
    return good("space", text);
}

}  // namespace

std::string_view to_string(Finding finding) {
    switch (finding) {
        case Finding::good:
            return "ok";
        case Finding::warning:
            return "warning";
        case Finding::failure:
            return "FAILURE";
    }
    return {};
}

std::vector<Check> examine(const Context& context) {
    std::vector<Check> checks = {check_installed_set(context), check_transaction(context),
                                 check_trust(context), check_clock(context), check_space(context)};
    if (context.offline) return checks;
    for (const auto& look :
         {check_packages, check_host_packages, check_engine, check_services, check_stamp,
          check_image_stores, check_engine_content, check_wedged, check_shadowed})
        checks.push_back(look(context));
    return checks;
}

}  // namespace agent::operations
