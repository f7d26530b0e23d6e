// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/recreate.hpp"

#include <algorithm>

#include "agent/containers/device_arguments.hpp"
#include "agent/model/unit_name.hpp"
#include "agent/operations/conclusion.hpp"
#include "agent/operations/health.hpp"
#include "agent/operations/inventory.hpp"
#include "agent/operations/operation_lock.hpp"
#include "agent/operations/recover.hpp"
#include "agent/operations/steps.hpp"
#include "agent/planning/restart_order.hpp"
#include "agent/planning/set_digest.hpp"
#include "agent/planning/unit_changes.hpp"
#include "agent/store/journal.hpp"

namespace agent::operations {

namespace {

using model::ErrorCode;
using model::Result;
using Names = std::vector<std::string>;

/// What one look at the machine found.
struct DevicesLook {
    model::InstalledSet set;
    model::DeviceNumbers now;
    std::vector<host::ContainerInfo> engine;
    DeviceFindings findings;
};

/// Containers of kept generations, which a rollback starts as they are.
std::vector<DeviceUser> users_in_kept(const store::Generations& generations,
                                      const model::InstalledSet& set) {
    std::vector<DeviceUser> users;
    for (const auto number : generations.list().value_or(std::vector<unsigned>())) {
        if (number == 0 || number == set.generation) continue;
        const auto kept = generations.read_set(number);
        if (!kept) continue;
        for (auto& user : device_users(*kept))
            users.push_back(std::move(user));
    }
    return users;
}

/// What nobody waits for now: it is created when its set is put back.
void add_kept(const Context& context, const std::vector<DeviceUser>& users, DevicesLook& look) {
    const auto now = numbers_now(context.host, users);
    for (auto& changed : compare_devices(users, now, look.engine).changed) {
        auto& list = look.findings.changed;
        const auto& name = changed.user.container.podman_name;
        if (std::none_of(list.begin(), list.end(),
                         [&](const auto& each) { return each.user.container.podman_name == name; }))
            list.push_back(std::move(changed));
    }
}

/// So that the next look need not ask the engine.
void remember(const Context& context, const std::vector<DeviceUser>& users,
              const std::vector<host::ContainerInfo>& engine) {
    for (const auto& user : users) {
        const auto& name = user.container.podman_name;
        const auto there = std::find_if(engine.begin(), engine.end(),
                                        [&](const auto& each) { return each.name == name; });
        context.host.devices.remember(name, there == engine.end()
                                                ? model::DeviceNumbers()
                                                : containers::device_labels(there->labels));
    }
}

/// One whose image is not there either is startup's to restore.
Result<> add_absent(const Context& context, DeviceFindings& findings) {
    if (findings.absent.empty()) return {};
    host::Inventory inventory;
    TRY_ASSIGN(inventory.images, context.host.engine.images());
    for (auto& user : findings.absent)
        if (has_image(inventory, user.container.image_id))
            findings.changed.push_back({.user = std::move(user), .reasons = {"it was missing"}});
    findings.absent.clear();
    return {};
}

Result<DevicesLook> look_at_devices(const Context& context) {
    const store::Generations generations(context.paths);
    DevicesLook look;
    TRY_ASSIGN(look.set, generations.installed());
    const auto users = device_users(look.set);
    look.now = numbers_now(context.host, users);
    if (users.empty()) return look;
    TRY_ASSIGN(look.engine, context.host.engine.containers());
    look.findings = compare_devices(users, look.now, look.engine);
    remember(context, users, look.engine);
    TRY(add_absent(context, look.findings));
    add_kept(context, users_in_kept(generations, look.set), look);
    return look;
}

bool is_of(const DeviceUser& user, const model::InstalledSet& set) {
    return user.generation == set.generation;
}

bool has_any(const model::InstalledBundle& bundle, const std::set<std::string>& services) {
    return std::any_of(bundle.containers.begin(), bundle.containers.end(), [&](const auto& each) {
        return services.count(model::container_service(each.name)) != 0;
    });
}

RecreateContainers effect_of(const DevicesLook& look) {
    RecreateContainers effect;
    Names own;
    for (const auto& [user, reasons] : look.findings.changed) {
        const auto& name = user.container.name;
        effect.containers.push_back({.generation = user.generation,
                                     .name = name,
                                     .podman_name = user.container.podman_name});
        if (is_of(user, look.set)) own.push_back(model::container_service(name));
    }
    effect.services = planning::restart_order(look.set, own);
    const std::set<std::string> services(effect.services.begin(), effect.services.end());
    for (const auto& [id, bundle] : look.set.bundles) {
        if (!has_any(bundle, services)) continue;
        effect.targets.push_back(model::bundle_target(id));
        effect.upholders.push_back(model::bundle_restart_target(id));
        effect.bound +=
            std::chrono::ceil<std::chrono::milliseconds>(bundle.description.start_timeout);
    }
    effect.pauses = planning::pauses_of(look.set, services);
    return effect;
}

std::vector<Effect> recreation_effects(const DevicesLook& look, bool booting) {
    auto recreated = effect_of(look);
    std::vector<Effect> effects;
    if (!booting && !recreated.services.empty()) {
        NoteActive note{recreated.services};
        for (const auto* more : {&recreated.targets, &recreated.upholders})
            note.units.insert(note.units.end(), more->begin(), more->end());
        effects.emplace_back(std::move(note));
    }
    effects.emplace_back(std::move(recreated));
    effects.emplace_back(SyncEngineStore{});
    return effects;
}

Result<TransactionInfo> recreation_info(const Context& context, const DevicesLook& look) {
    auto& machine = context.host.machine;
    TransactionInfo info{.id = machine.new_id(),
                         .operation = std::string(kRecreateOperation),
                         .bundles = {},
                         .who = context.who,
                         .began = machine.now(),
                         .boot = machine.boot_id(),
                         .offline = false,
                         .from = look.set.generation,
                         .to = look.set.generation,
                         .set = planning::set_digest(look.set),
                         .floors = {},
                         .notes = {}};
    TRY_ASSIGN(info.floors, store::read_floors(context.paths));
    std::set<std::string> bundles;
    for (const auto& [user, reasons] : look.findings.changed) {
        for (const auto& reason : reasons)
            info.notes.push_back(user.container.podman_name + ": " + reason);
        if (!is_of(user, look.set)) continue;
        const auto& owner = look.set.owner_of(user.container.name)->description;
        bundles.insert(owner.id.value() + " " + owner.version.to_string());
    }
    info.bundles = {bundles.begin(), bundles.end()};
    return info;
}

/// Beside a transaction that is left for later, which has the journal. Whatever is interrupted of
/// it, the next look finds.
Result<> without_journal(const std::vector<Effect>& effects, World& world) {
    for (const auto& effect : effects) {
        auto done = perform(effect, world);
        if (done) continue;
        if (const auto undone = undo(effect, world); !undone)
            return model::fail(done.error().followed_by(undone.error()));
        return done;
    }
    return {};
}

std::set<std::string> names_of(const DevicesLook& look) {
    std::set<std::string> names;
    for (const auto& container : look.engine)
        names.insert(container.name);
    for (const auto& changed : look.findings.changed)
        names.insert(changed.user.container.podman_name);
    return names;
}

Result<> expect_up_again(const Names& services, const World& world) {
    if (world.booting || services.empty()) return {};
    TRY_ASSIGN(const auto states, world.context.host.services.states(services));
    std::string down;
    for (const auto& state : states)
        if (state.active != "active" && world.seen.active.count(state.name) != 0)
            down += "\n  " + describe(state);
    if (down.empty()) return {};
    return model::fail(ErrorCode::unhealthy, "did not come up again:" + down);
}

Result<> carry_out_recreation(const Context& context, const DevicesLook& look, bool booting) {
    World world{.context = context, .readers = {}, .booting = booting};
    auto effects = recreation_effects(look, booting);
    if (store::has_journal(context.paths)) return without_journal(effects, world);
    const auto start = context.host.machine.monotonic();
    TRY_ASSIGN(auto info, recreation_info(context, look));
    const auto services = effect_of(look).services;
    TRY_ASSIGN(auto transaction, Transaction::begin(world, std::move(info), std::move(effects)));
    const auto result = transaction.go_on();
    const auto up = result ? expect_up_again(services, world) : Result<>();
    // They were created again all the same, so that nothing is undone.
    if (!up) world.notes.push_back(up.error().text());
    conclude(context, transaction, result,
             std::chrono::duration_cast<std::chrono::milliseconds>(
                 context.host.machine.monotonic() - start),
             names_of(look));
    TRY(result);
    return up;
}

Result<OperationLock> lock_at_once(const Context& context) {
    return OperationLock::acquire(context, std::string(kRecreateOperation));
}

/// A device does not ask again when the operation is over that runs now.
Result<OperationLock> wait_for_lock(const Context& context) {
    constexpr std::chrono::seconds kPause{1};
    constexpr std::chrono::minutes kBound{10};
    auto& machine = context.host.machine;
    const auto end = machine.monotonic() + kBound;
    while (true) {
        auto lock = lock_at_once(context);
        const bool busy = !lock && lock.error().code() == ErrorCode::busy;
        if (!busy || machine.monotonic() >= end || context.cancelled()) return lock;
        machine.sleep_for(kPause);
    }
}

/// Nothing of any set was started since the boot.
Result<bool> before_the_bundles(const Context& context) {
    TRY_ASSIGN(const auto states,
               context.host.services.states({std::string(model::kInstalledBundlesTarget)}));
    return states.front().invocation_id.empty();
}

/// While the machine boots, what is left unsettled is to be confirmed once its bundles run.
Result<> settle_before_recreating(const Context& context, bool booting) {
    if (booting) return {};
    TRY_ASSIGN(const auto settled, settle(context));
    if (settled) context.progress.warning(to_string(*settled));
    return {};
}

void tell_of_missing(const Context& context, const std::vector<MissingDevice>& missing) {
    for (const auto& [container, path] : missing)
        context.progress.warning("the device " + path + " of the container " + container.value() +
                                 " is missing; the container is left as it is");
}

/// Somebody may have started one alone.
bool any_runs(const std::vector<host::ContainerInfo>& engine) {
    return std::any_of(engine.begin(), engine.end(),
                       [](const auto& container) { return container.state == "running"; });
}

/// One look and what follows from it; whether a device changed meanwhile.
Result<bool> recreate_once(const Context& context, bool booting, Recreation& done) {
    TRY_ASSIGN(auto look, look_at_devices(context));
    done.missing = look.findings.missing;
    const bool quiet = booting && !any_runs(look.engine);
    if (!look.findings.changed.empty()) TRY(carry_out_recreation(context, look, quiet));
    auto& changed = look.findings.changed;
    std::move(changed.begin(), changed.end(), std::back_inserter(done.recreated));
    return numbers_now(context.host, device_users(look.set)) != look.now;
}

/// Who asked for this while it was under way was told that it is: one that changed meanwhile is
/// looked at now. A device that comes and goes without an end is left to the next time.
Result<> recreate_until_steady(const Context& context, bool booting, Recreation& done) {
    constexpr int kLooks = 10;
    bool again = true;
    for (int i = 0; again && i < kLooks; ++i) {
        TRY_ASSIGN(again, recreate_once(context, booting, done));
    }
    return {};
}

bool nothing_to_recreate(const Context& context, const std::vector<DeviceUser>& users,
                         bool if_changed) {
    if (users.empty()) return true;
    if (!if_changed) return false;
    const auto now = numbers_now(context.host, users);
    return std::all_of(users.begin(), users.end(), [&](const auto& user) {
        return is_up_to_date(user, now, context.host.devices);
    });
}

}  // namespace

Result<Recreation> recreate(const Context& context, bool if_changed) {
    if (context.offline)
        return model::fail(ErrorCode::usage, "with --root no container is created");
    TRY_ASSIGN(const auto set, store::Generations(context.paths).installed());
    Recreation done;
    if (nothing_to_recreate(context, device_users(set), if_changed)) return done;
    TRY_ASSIGN(const auto lock, if_changed ? wait_for_lock(context) : lock_at_once(context));
    TRY_ASSIGN(const bool booting, before_the_bundles(context));
    TRY(settle_before_recreating(context, booting));
    const auto recreated = recreate_until_steady(context, booting, done);
    tell_of_missing(context, done.missing);
    TRY(recreated);
    return done;
}

Result<> recreate_what_changed_meanwhile(const Context& context) {
    TRY_ASSIGN(const auto set, store::Generations(context.paths).installed());
    if (nothing_to_recreate(context, device_users(set), true)) return {};
    Recreation done;
    TRY(recreate_until_steady(context, false, done));
    tell_of_missing(context, done.missing);
    return {};
}

}  // namespace agent::operations
