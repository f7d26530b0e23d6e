// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/control.hpp"

#include <algorithm>
#include <set>

#include "agent/model/unit_name.hpp"
#include "agent/operations/health.hpp"
#include "agent/operations/jobs.hpp"
#include "agent/operations/names.hpp"
#include "agent/planning/unit_changes.hpp"
#include "agent/store/generations.hpp"
#include "agent/store/lock.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;

struct Selection {
    model::InstalledSet set;
    std::vector<model::BundleId> bundles;
    std::vector<model::ContainerName> containers;

    [[nodiscard]] std::vector<std::string> targets() const {
        std::set<std::string> names;
        for (const auto& id : bundles)
            names.insert(model::bundle_target(id));
        for (const auto& name : containers)
            names.insert(model::bundle_target(set.owner_of(name)->description.id));
        return {names.begin(), names.end()};
    }
    [[nodiscard]] std::vector<std::string> services() const {
        std::vector<std::string> names;
        for (const auto& id : bundles)
            for (auto& service : services_of(set, id))
                names.push_back(std::move(service));
        for (const auto& name : containers)
            names.push_back(model::container_service(name));
        return names;
    }
};

Result<Selection> select(const Context& context, const std::vector<std::string>& names) {
    if (context.offline)
        return model::fail(ErrorCode::usage, "with --root nothing is started or stopped");
    Selection selection;
    TRY_ASSIGN(selection.set, store::Generations(context.paths).installed());
    for (const auto& name : names) {
        TRY_ASSIGN(const auto subject, resolve(selection.set, name));
        if (const auto* id = std::get_if<model::BundleId>(&subject))
            selection.bundles.push_back(*id);
        else
            selection.containers.push_back(std::get<model::ContainerName>(subject));
    }
    return selection;
}

struct Claim {
    store::Lock lock;
    Selection selection;
};

/// What is started or stopped beside a switch would be judged as if the new set had done it; before
/// that, an operation lends the lock.
Result<Claim> claim(const Context& context, const std::string& operation,
                    const std::vector<std::string>& names) {
    TRY_ASSIGN(auto selection, select(context, names));
    TRY_ASSIGN(auto lock, store::Lock::acquire_units(context.paths, operation));
    // An operation may have ended in between.
    TRY_ASSIGN(selection, select(context, names));
    return Claim{std::move(lock), std::move(selection)};
}

Result<> expect_active(const Context& context, const std::vector<std::string>& services) {
    TRY_ASSIGN(const auto states, context.host.services.states(services));
    std::string down;
    for (const auto& state : states)
        if (state.active != "active") down += "\n  " + describe(state);
    if (down.empty()) return {};
    return model::fail(ErrorCode::unhealthy, "did not come up:" + down);
}

/// Running restart targets of the bundles that the selected containers are in.
Result<std::vector<std::string>> active_upholders(const Context& context,
                                                  const Selection& selection) {
    std::set<std::string> names;
    for (const auto& name : selection.containers)
        names.insert(model::bundle_restart_target(selection.set.owner_of(name)->description.id));
    for (const auto& id : selection.bundles)
        names.erase(model::bundle_restart_target(id));
    TRY_ASSIGN(const auto states, context.host.services.states({names.begin(), names.end()}));
    std::vector<std::string> active;
    for (const auto& state : states)
        if (state.active == "active") active.push_back(state.name);
    return active;
}

/// What reached its start limit would otherwise wait for the end of its pause.
Result<> end_pauses(const Context& context, const Selection& selection) {
    const auto services = selection.services();
    const auto pauses = planning::pauses_of(selection.set, {services.begin(), services.end()});
    TRY(context.host.services.stop(pauses, kJobBound));
    return {};
}

Result<> bring_up(const Context& context, const Selection& selection) {
    const auto services = selection.services();
    TRY(unmask(context.host.services, services));
    TRY(end_pauses(context, selection));
    TRY(context.host.services.reset_failed(services));
    // Without it the mark of a clean shutdown would stay while containers run.
    TRY(context.host.services.start({"update-agent-store.service"}, kJobBound));
    std::vector<std::string> containers;
    for (const auto& name : selection.containers)
        containers.push_back(model::container_service(name));
    if (!containers.empty()) TRY(context.host.services.start(containers, kJobBound));
    // The target brings back what was bound to a container, which systemd does not after a stop.
    TRY(context.host.services.start(selection.targets(), kJobBound));
    return expect_active(context, services);
}

/// Those of the services that run, which has to be one at least.
Result<std::vector<std::string>> running_of(const Context& context, const std::string& what,
                                            const std::vector<std::string>& services) {
    TRY_ASSIGN(const auto states, context.host.services.states(services));
    std::vector<std::string> running;
    std::string down;
    for (const auto& state : states) {
        if (state.active == "active") running.push_back(state.name);
        down += "\n  " + describe(state);
    }
    if (!running.empty()) return running;
    return model::fail(ErrorCode::conflict, what +
                                                " is not running; 'update-agent start' starts "
                                                "it:" +
                                                down);
}

/// What is to be paused or resumed: of a bundle the containers that run, and a container itself.
Result<std::vector<std::string>> running_of(const Context& context, const Selection& selection) {
    std::vector<std::string> all;
    for (const auto& id : selection.bundles) {
        TRY_ASSIGN(auto services,
                   running_of(context, "the bundle " + id.value(), services_of(selection.set, id)));
        all.insert(all.end(), services.begin(), services.end());
    }
    for (const auto& name : selection.containers) {
        TRY_ASSIGN(auto services, running_of(context, "the container " + name.value(),
                                             {model::container_service(name)}));
        all.insert(all.end(), services.begin(), services.end());
    }
    return all;
}

constexpr const char* kThawService = "update-agent-thaw.service";

/// What lets the containers run on when the machine is about to be shut down.
Result<> arrange_thaw(host::ServiceManager& services) {
    TRY_ASSIGN(const auto jobs, services.start({kThawService}, kJobBound));
    for (const auto& job : jobs)
        if (job.result != "done")
            return model::fail(ErrorCode::internal,
                               job.unit + " could not be started (" + job.result +
                                   "); 'journalctl --unit=" + job.unit + "' says why");
    return {};
}

std::vector<std::string> all_services(const model::InstalledSet& set) {
    std::vector<std::string> services;
    for (const auto& [id, bundle] : set.bundles)
        for (auto& service : services_of(set, id))
            services.push_back(std::move(service));
    return services;
}

/// Nothing waits for a shutdown for the sake of what is not paused.
void end_thaw_of_nothing(const Context& context, const model::InstalledSet& set) {
    auto& services = context.host.services;
    const auto waiting = services.states({kThawService});
    if (!waiting || waiting->front().active == "inactive") return;
    const auto paused = any_paused(services, set);
    if (!paused || *paused) return;
    const auto jobs = services.stop({kThawService}, kJobBound);
    if (!jobs)
        context.progress.warning("stopping " + std::string(kThawService) + ": " +
                                 jobs.error().text());
}

}  // namespace

Result<bool> any_paused(host::ServiceManager& services, const model::InstalledSet& set) {
    TRY_ASSIGN(const auto states, services.states(all_services(set)));
    return std::any_of(states.begin(), states.end(),
                       [](const host::UnitState& state) { return state.frozen; });
}

Result<> start(const Context& context, const std::vector<std::string>& names) {
    TRY_ASSIGN(const auto claimed, claim(context, "start", names));
    const auto& selection = claimed.selection;
    return bring_up(context, selection);
}

Result<> stop(const Context& context, const std::vector<std::string>& names) {
    TRY_ASSIGN(const auto claimed, claim(context, "stop", names));
    const auto& selection = claimed.selection;
    auto& services = context.host.services;
    std::vector<std::string> bundle_units;
    for (const auto& id : selection.bundles)
        for (auto& unit : planning::units_to_stop(*selection.set.find(id)))
            bundle_units.push_back(std::move(unit));
    std::vector<std::string> containers;
    for (const auto& name : selection.containers)
        containers.push_back(model::container_service(name));

    // What upholds the containers waits until they are masked. They stop before that: a masked unit
    // has no ExecStop= any more.
    TRY_ASSIGN(const auto upholders, active_upholders(context, selection));
    TRY(stop_all(context.host.services, upholders));
    bundle_units.insert(bundle_units.end(), containers.begin(), containers.end());
    auto held = stop_all(context.host.services, bundle_units);
    if (held && !containers.empty()) held = services.mask_runtime(containers);
    // Whatever came of it: the others of the bundle are to be upheld.
    if (!upholders.empty()) TRY(services.start(upholders, kJobBound));
    end_thaw_of_nothing(context, selection.set);
    return held;
}

Result<> restart(const Context& context, const std::vector<std::string>& names) {
    TRY_ASSIGN(const auto claimed, claim(context, "restart", names));
    const auto& selection = claimed.selection;
    const auto services = selection.services();
    TRY(unmask(context.host.services, services));
    TRY(end_pauses(context, selection));
    TRY(context.host.services.reset_failed(services));
    TRY(restart_all(context.host.services, services, kJobBound));
    return bring_up(context, selection);
}

Result<> pause(const Context& context, const std::vector<std::string>& names) {
    TRY_ASSIGN(const auto claimed, claim(context, "pause", names));
    TRY_ASSIGN(const auto running, running_of(context, claimed.selection));
    TRY(arrange_thaw(context.host.services));
    auto paused = context.host.services.freeze(running);
    if (paused) return {};
    end_thaw_of_nothing(context, claimed.selection.set);
    return model::fail(std::move(paused).error().with_context("cannot pause"));
}

Result<> resume(const Context& context, const std::vector<std::string>& names) {
    TRY_ASSIGN(const auto claimed, claim(context, "resume", names));
    TRY_ASSIGN(const auto running, running_of(context, claimed.selection));
    TRY(context.host.services.thaw(running));
    end_thaw_of_nothing(context, claimed.selection.set);
    return {};
}

Result<> resume_all(const Context& context) {
    if (context.offline) return {};
    TRY_ASSIGN(const auto set, store::Generations(context.paths).installed());
    return context.host.services.thaw_by_force(all_services(set));
}

Result<> resume_at_shutdown(const Context& context) {
    constexpr auto kTryAgain = std::chrono::minutes(1);
    for (bool told = false; !context.cancelled(); context.host.machine.sleep_for(kTryAgain)) {
        const auto held =
            context.host.services.wait_for_shutdown("What is paused runs on before it is stopped");
        // The machine may not go down after all.
        const auto resumed = held ? resume_all(context) : Result<>();
        if (!resumed)
            context.progress.warning("letting run on what is paused: " + resumed.error().text());
        if (!held && !told)
            context.progress.warning("no shutdown is announced here: " + held.error().text() +
                                     "; what is paused runs on when everything is stopped already");
        told = told || !held;
    }
    return {};
}

}  // namespace agent::operations
