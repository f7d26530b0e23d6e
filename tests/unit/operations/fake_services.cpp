// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <iterator>
#include <sstream>

#include "tests/unit/operations/fake_host.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace test {

namespace {

std::vector<std::string> words(const std::string& text) {
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
}

bool is_service(const std::string& name) {
    return name.ends_with(".service");
}

/// An instance of a template that the package brings; none runs here unless a test says so.
bool is_pause(const std::string& name) {
    return name.starts_with("update-agent-pause@");
}

/// Counted while it lives.
class FakeInhibition final : public host::Inhibition {
  public:
    explicit FakeInhibition(FakeServices& services) : services_(services) {
        ++services_.inhibitions;
        services_.log.emplace_back("inhibit shutdown");
    }
    ~FakeInhibition() override {
        --services_.inhibitions;
        services_.log.emplace_back("allow shutdown");
    }

  private:
    FakeServices& services_;
};

constexpr auto kAll = "installed-bundles.target";
constexpr auto kStore = "update-agent-store.service";
constexpr auto kThaw = "update-agent-thaw.service";

model::Error refusal_of_frozen(const std::string& name) {
    return {ErrorCode::internal, "Cannot perform operation on frozen unit " + name + "."};
}

}  // namespace

void FakeServices::load() {
    loaded.clear();
    wanted_by_all_.clear();
    leave_stamp();
    if (!std::filesystem::is_directory(units_link_)) return;
    for (const auto& entry : std::filesystem::directory_iterator(units_link_))
        if (entry.is_regular_file())
            loaded[entry.path().filename().string()] = read_text(entry.path());
    const auto wants = units_link_ / "installed-bundles.target.wants";
    if (!std::filesystem::is_directory(wants)) return;
    for (const auto& entry : std::filesystem::directory_iterator(wants))
        wanted_by_all_.push_back(entry.path().filename().string());
    std::sort(wanted_by_all_.begin(), wanted_by_all_.end());
}

void FakeServices::take_state(const FakeServices& other) {
    systemd_version = other.systemd_version;
    loaded = other.loaded;
    units = other.units;
    foreign = other.foreign;
    never_ready = other.never_ready;
    never_ready_containers = other.never_ready_containers;
    cannot_stop = other.cannot_stop;
    wanted_by_all_ = other.wanted_by_all_;
    invocations_ = other.invocations_;
}

void FakeServices::boot() {
    units.clear();
    load();
    for (auto& [name, container] : engine_.made)
        if (container.state == "running") container.state = "exited";
}

void FakeServices::leave_stamp() const {
    if (stamp.empty()) return;
    std::filesystem::remove(stamp);
    std::filesystem::create_directories(stamp.parent_path());
    const auto linked = std::filesystem::read_symlink(units_link_);
    std::filesystem::create_symlink(linked.parent_path().filename(), stamp);
}

std::map<std::string, FakeUnit> FakeServices::noticeable() const {
    std::map<std::string, FakeUnit> found;
    for (const auto& [name, unit] : units)
        if (unit.active != "inactive" || unit.masked) found[name] = unit;
    return found;
}

bool FakeServices::known(const std::string& name) const {
    return name == kAll || name == kStore || name == kThaw || is_pause(name) ||
           loaded.count(name) != 0 || foreign.count(name) != 0;
}

std::vector<std::string> FakeServices::listed(const std::string& name,
                                              const std::string& key) const {
    if (name == kAll) return key == "Wants" ? wanted_by_all_ : std::vector<std::string>();
    const auto text = loaded.find(name);
    if (text == loaded.end()) return {};
    std::istringstream lines(text->second);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(key + "=")) return words(line.substr(key.size() + 1));
    return {};
}

std::string FakeServices::start_service(const std::string& name, FakeUnit& unit) {
    for (const auto& bound : listed(name, "BindsTo"))
        if (start_one(bound) != "done") return "dependency";
    const auto container = engine_.made.find(listed(name, "ExecStart").back());
    if (container == engine_.made.end()) {
        unit = {.active = "failed", .sub = "failed", .result = "exit-code", .invocation = {}};
        return "failed";
    }
    container->second.state = "running";
    if (never_ready.count(name) == 0 && never_ready_containers.count(container->first) == 0)
        return "done";
    unit.active = "activating";
    unit.sub = "auto-restart";
    unit.result = "timeout";
    return "timeout";
}

std::string FakeServices::start_one(const std::string& name) {
    // What is mounted is for the mounts in memory.
    if (name.ends_with(".mount")) return "done";
    auto& unit = units[name];
    if (!known(name) || unit.masked) return "failed";
    if (unit.active == "active") {
        // What a running target wants, and does not run, is started as well.
        if (!is_service(name))
            for (const auto& wanted : listed(name, "Wants"))
                start_one(wanted);
        return "done";
    }
    if (on_start) on_start(name);
    unit.invocation = std::string(24, '0') + std::to_string(10000000 + ++invocations_);
    if (const auto lines = writes.find(name); lines != writes.end())
        journal_[{name, unit.invocation}] = lines->second;
    for (const auto& required : listed(name, "Requires"))
        if (known(required) && start_one(required) != "done") return "dependency";
    if (is_service(name) && name != kStore && name != kThaw) {
        if (auto result = start_service(name, unit); result != "done") return result;
        unit.pid = 1000 + invocations_;
    }
    unit.active = "active";
    unit.sub = is_service(name) ? "running" : "active";
    unit.result = "success";
    for (const auto& wanted : listed(name, "Wants"))
        start_one(wanted);
    return "done";
}

void FakeServices::stop_one(const std::string& name) {
    // As systemd 257 does it.
    if (units[name].frozen) return;
    // By the label: after a switch the unit names another container than the one that runs.
    for (auto& [podman_name, container] : engine_.made) {
        const auto label = container.labels.find("update-agent.container");
        if (label != container.labels.end() && label->second + ".service" == name &&
            container.state == "running")
            container.state = "exited";
    }
    auto& unit = units[name];
    const bool was_down = unit.active == "inactive";
    unit = {.active = "inactive",
            .sub = "dead",
            .result = "success",
            .invocation = unit.invocation,
            .pid = 0,
            .restarts = 0,
            .masked = unit.masked};
    if (was_down) return;
    for (const auto& [other, text] : loaded)
        for (const auto* key : {"PartOf", "BindsTo"})
            for (const auto& each : listed(other, key))
                if (each == name) stop_one(other);
}

void FakeServices::note(const std::string& what, const std::vector<std::string>& names) {
    std::string line = what;
    for (const auto& name : names)
        if (is_pause(name))
            ended_pauses.insert(name);
        else
            line += " " + name;
    if (names.empty() || line != what) log.push_back(line);
}

Result<unsigned> FakeServices::version() {
    return faults_.call("services.version", [&] { return Result<unsigned>(systemd_version); });
}

Result<> FakeServices::reload() {
    return faults_.call("services.reload", [&]() -> Result<> {
        note("reload", {});
        load();
        return {};
    });
}

Result<> FakeServices::queue_start(const std::string& unit) {
    return faults_.call("services.queue_start", [&]() -> Result<> {
        note("queue", {unit});
        return {};
    });
}

FakeServices::Jobs FakeServices::start(const std::vector<std::string>& names, Timeout /*t*/) {
    return faults_.call("services.start", [&]() -> Jobs {
        note("start", names);
        std::vector<host::JobResult> jobs;
        for (const auto& name : names) {
            if (!known(name)) return model::fail(ErrorCode::not_found, "no unit " + name);
            jobs.push_back({name, start_one(name)});
        }
        return jobs;
    });
}

FakeServices::Jobs FakeServices::stop(const std::vector<std::string>& names, Timeout /*t*/) {
    return faults_.call("services.stop", [&]() -> Jobs {
        note("stop", names);
        std::vector<host::JobResult> jobs;
        for (const auto& name : names) {
            if (units[name].frozen) return model::fail(refusal_of_frozen(name));
            if (cannot_stop.count(name) == 0) stop_one(name);
            jobs.push_back({name, cannot_stop.count(name) == 0 ? "done" : "timeout"});
        }
        return jobs;
    });
}

FakeServices::Jobs FakeServices::restart(const std::vector<std::string>& names, Timeout /*t*/) {
    return faults_.call("services.restart", [&]() -> Jobs {
        note("restart", names);
        std::vector<host::JobResult> jobs;
        for (const auto& name : names) {
            if (!known(name)) return model::fail(ErrorCode::not_found, "no unit " + name);
            if (units[name].frozen) return model::fail(refusal_of_frozen(name));
            const auto before = units;
            stop_one(name);
            jobs.push_back({name, start_one(name)});
            // What is bound to it restarts with it.
            for (const auto& [other, unit] : before)
                if (unit.active == "active" && units[other].active == "inactive") start_one(other);
        }
        return jobs;
    });
}

Result<> FakeServices::reset_failed(const std::vector<std::string>& names) {
    return faults_.call("services.reset_failed", [&]() -> Result<> {
        for (const auto& name : names)
            if (const auto unit = units.find(name);
                unit != units.end() && unit->second.active == "failed")
                unit->second.active = "inactive";
        return {};
    });
}

Result<std::vector<host::UnitState>> FakeServices::states(const std::vector<std::string>& names) {
    return faults_.call("services.states", [&] {
        std::vector<host::UnitState> list;
        for (const auto& name : names) {
            const auto& unit = units[name];
            const auto host_file = foreign.find(name);
            list.push_back({.name = name,
                            .load = unit.masked   ? "masked"
                                    : known(name) ? "loaded"
                                                  : "not-found",
                            .active = unit.active,
                            .sub = unit.sub,
                            .result = unit.result,
                            .fragment_path = host_file != foreign.end()
                                                 ? host_file->second
                                                 : "/run/systemd/generator.late/" + name,
                            .invocation_id = unit.invocation,
                            .main_pid = unit.pid,
                            .restarts = unit.restarts,
                            .memory = std::nullopt,
                            .since = 0,
                            .exit_status = 0,
                            .job = unit.job,
                            .frozen = unit.frozen});
        }
        return Result<std::vector<host::UnitState>>(list);
    });
}

Result<std::vector<std::string>> FakeServices::changed_on_disk(
    const std::vector<std::string>& names) {
    return faults_.call("services.changed_on_disk", [&] {
        std::vector<std::string> changed;
        for (const auto& name : names)
            if (loaded.count(name) != 0 && (!std::filesystem::exists(units_link_ / name) ||
                                            read_text(units_link_ / name) != loaded.at(name)))
                changed.push_back(name);
        return Result<std::vector<std::string>>(changed);
    });
}

Result<std::vector<std::pair<std::string, std::string>>> FakeServices::foreign_unit_files(
    const std::vector<std::string>& names) {
    return faults_.call("services.foreign_unit_files", [&] {
        std::vector<std::pair<std::string, std::string>> list;
        for (const auto& name : names)
            if (const auto file = foreign.find(name); file != foreign.end()) list.push_back(*file);
        return Result<std::vector<std::pair<std::string, std::string>>>(list);
    });
}

Result<> FakeServices::mask_runtime(const std::vector<std::string>& names) {
    return faults_.call("services.mask_runtime", [&]() -> Result<> {
        note("mask", names);
        for (const auto& name : names)
            units[name].masked = true;
        return {};
    });
}

Result<> FakeServices::unmask_runtime(const std::vector<std::string>& names) {
    return faults_.call("services.unmask_runtime", [&]() -> Result<> {
        note("unmask", names);
        for (const auto& name : names)
            units[name].masked = false;
        return {};
    });
}

Result<std::unique_ptr<host::Inhibition>> FakeServices::inhibit_shutdown(
    const std::string& /*why*/) {
    using Held = Result<std::unique_ptr<host::Inhibition>>;
    return faults_.call("services.inhibit_shutdown",
                        [&]() -> Held { return std::make_unique<FakeInhibition>(*this); });
}

Result<std::unique_ptr<host::Inhibition>> FakeServices::wait_for_shutdown(const std::string& why) {
    return inhibit_shutdown(why);
}

Result<std::vector<std::string>> FakeServices::last_log_lines(const std::string& unit,
                                                              const std::string& invocation_id,
                                                              std::size_t count) {
    return faults_.call("services.last_log_lines", [&]() -> Result<std::vector<std::string>> {
        if (!journal_is_readable) return model::fail(ErrorCode::internal, "no journal");
        std::vector<std::string> lines;
        for (const auto& [run, written] : journal_)
            if (run.first == unit && (invocation_id.empty() || run.second == invocation_id))
                lines.insert(lines.end(), written.begin(), written.end());
        if (lines.size() > count)
            lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
        return lines;
    });
}

}  // namespace test
