// SPDX-License-Identifier: GPL-3.0-or-later
// A machine in memory: what operations ask of it, it does, and remembers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/host/container_engine.hpp"
#include "agent/host/devices.hpp"
#include "agent/host/event_log.hpp"
#include "agent/host/hooks.hpp"
#include "agent/host/machine.hpp"
#include "agent/host/package_database.hpp"
#include "agent/host/package_installer.hpp"
#include "agent/host/service_manager.hpp"
#include "agent/operations/progress.hpp"

namespace test {

namespace host = agent::host;
namespace model = agent::model;
using model::ErrorCode;
using model::Result;

/// Counts the calls of a host, and lets some of them fail: before they did anything, or after.
class CallFaults {
  public:
    enum class Kind { none, before, after };

    /// The n-th call from now on (from 1) fails, once; asked again, further ones do.
    void fail_at(unsigned n, Kind kind) { faults_[count_ + n] = kind; }
    /// Every call from the n-th on fails before it does anything.
    void fail_from(unsigned n) { broken_from_ = count_ + n; }
    void heal();
    [[nodiscard]] unsigned count() const { return count_; }
    [[nodiscard]] unsigned happened() const { return happened_; }
    /// Names of all calls so far.
    [[nodiscard]] const std::vector<std::string>& calls() const { return calls_; }
    void forget_calls() { calls_.clear(); }
    /// Asked at each call: whether whoever calls is dead, and nothing happens.
    std::function<bool()> dead = [] { return false; };

    template <typename Act>
    auto call(const std::string& name, Act act) -> decltype(act()) {
        const auto fault = next(name);
        if (fault == Kind::before) return failure(name);
        auto result = act();
        if (fault == Kind::after) return failure(name);
        return result;
    }

  private:
    Kind next(const std::string& name);
    static tl::unexpected<model::Error> failure(const std::string& name);

    unsigned count_ = 0;
    unsigned happened_ = 0;
    std::map<unsigned, Kind> faults_;
    std::optional<unsigned> broken_from_;
    std::vector<std::string> calls_;
};

class FakeEngine final : public host::ContainerEngine {
  public:
    explicit FakeEngine(CallFaults& faults, std::filesystem::path graph_root)
        : faults_(faults), graph_root_(std::move(graph_root)) {}

    void keep_open(int descriptor) override { kept_open = descriptor; }
    Result<> remove_leftovers() override;
    Result<> check() override;
    Result<std::filesystem::path> graph_root() override;
    Result<std::vector<host::ImageInfo>> images() override;
    Result<std::vector<host::ContainerInfo>> containers() override;
    Result<host::Inventory> inventory() override;
    Result<host::ImageStoreUse> image_store_use(const std::filesystem::path& directory) override;
    Result<> use_image_store(const std::filesystem::path& directory) override;
    Result<std::vector<std::string>> users_of_layers(const std::set<std::string>& layers,
                                                     const std::set<std::string>& ours) override;
    Result<std::vector<std::string>> secrets() override;
    Result<model::Sha256> pull_layout(const std::filesystem::path& layout,
                                      const std::string& ref) override;
    Result<model::Sha256> pull(const std::string& reference) override;
    Result<> untag(const model::Sha256& image, const std::string& name) override;
    Result<> tag(const model::Sha256& image, const std::string& name) override;
    Result<> push_layout(const std::string& image, const std::filesystem::path& layout,
                         const std::string& ref) override;
    Result<> create(const std::vector<std::string>& arguments) override;
    Result<> remove_container(const std::string& name) override;
    Result<host::FinishedRun> run_to_end(const std::string& name, std::chrono::milliseconds bound,
                                         const std::function<bool()>& cancelled) override;
    Result<> remove_run(const std::string& name) override;
    Result<std::filesystem::path> mount_image(const model::Sha256& image) override;
    Result<> unmount_image(const model::Sha256& image) override;
    Result<> remove_image(const model::Sha256& image) override;
    Result<std::string> health(const std::string& name) override;

    void take_state(const FakeEngine& other);
    /// Ids of those in the further store, which is mounted.
    [[nodiscard]] std::set<std::string> mounted_images() const;

    int kept_open = -1;
    /// Says nothing of what it is asked, which is not where its containers are.
    bool hangs = false;
    /// Where a store is to be looked for beside its own.
    std::filesystem::path further_store;
    /// What somebody built on a layer of a mounted image, by the layer.
    std::map<std::string, std::string> built_on;
    /// Image id to names.
    std::map<std::string, std::set<std::string>> image_names;
    /// By name.
    std::map<std::string, host::ContainerInfo> made;
    /// Arguments that each container was created with, by name.
    std::map<std::string, std::vector<std::string>> arguments;
    /// What a health check says; healthy where nothing is set.
    std::map<std::string, std::string> health_of;
    /// What an init container does while it runs, and how it ends, by the name in its description;
    /// one that is not here ends well.
    std::map<std::string, std::function<Result<host::FinishedRun>()>> programs;
    /// Where the file system of every image is.
    std::filesystem::path image_files;
    std::set<std::string> mounted;
    /// How often an image was mounted.
    int mounts = 0;
    /// Names of images that can be pushed; each one's content is its name.
    std::set<std::string> gives;
    /// What registries have, by reference.
    std::map<std::string, model::Sha256> registry;
    /// How many pulls find no registry from now on.
    unsigned unreachable = 0;
    /// The registry that none of them finds.
    std::string away_registry;
    std::set<std::string> secret_names;
    /// Whether it looks at the images that are mounted, and what keeps it from being told to.
    bool image_store_used = false;
    std::string image_store_obstacle;
    /// A store that gives another id to what it pulls.
    std::optional<model::Sha256> pulls_as;

  private:
    CallFaults& faults_;
    std::filesystem::path graph_root_;
};

struct FakeUnit {
    std::string active = "inactive";
    std::string sub = "dead";
    std::string result = "success";
    std::string invocation;
    std::uint32_t pid = 0;
    std::uint32_t restarts = 0;
    bool masked = false;
    std::string job = {};
    bool frozen = false;
    bool operator==(const FakeUnit&) const = default;
};

/// A service manager that loads the units below the link, and follows Wants=, Requires=, BindsTo=
/// and PartOf= as their texts say.
class FakeServices final : public host::ServiceManager {
  public:
    FakeServices(CallFaults& faults, FakeEngine& engine, std::filesystem::path units_link)
        : faults_(faults), engine_(engine), units_link_(std::move(units_link)) {}

    using Jobs = Result<std::vector<host::JobResult>>;
    Result<unsigned> version() override;
    Result<> reload() override;
    Result<> queue_start(const std::string& unit) override;
    Jobs start(const std::vector<std::string>& names, Timeout timeout) override;
    Jobs stop(const std::vector<std::string>& names, Timeout timeout) override;
    Jobs restart(const std::vector<std::string>& names, Timeout timeout) override;
    Result<> freeze(const std::vector<std::string>& names) override;
    Result<> thaw(const std::vector<std::string>& names) override;
    Result<> thaw_by_force(const std::vector<std::string>& names) override;
    Result<> thaw_what_stops_with(const std::vector<std::string>& names) override;
    Result<> reset_failed(const std::vector<std::string>& names) override;
    Result<std::vector<host::UnitState>> states(const std::vector<std::string>& names) override;
    Result<std::vector<std::string>> changed_on_disk(
        const std::vector<std::string>& names) override;
    Result<std::vector<std::pair<std::string, std::string>>> foreign_unit_files(
        const std::vector<std::string>& names) override;
    Result<> mask_runtime(const std::vector<std::string>& names) override;
    Result<> unmask_runtime(const std::vector<std::string>& names) override;
    Result<std::unique_ptr<host::Inhibition>> inhibit_shutdown(const std::string& why) override;
    Result<std::unique_ptr<host::Inhibition>> wait_for_shutdown(const std::string& why) override;
    Result<std::vector<std::string>> last_log_lines(const std::string& unit,
                                                    const std::string& invocation_id,
                                                    std::size_t count) override;

    void take_state(const FakeServices& other);
    void load();
    /// What a boot leaves of it: nothing runs, and the generator has linked what is current.
    void boot();
    /// Units that are not just down: what the machine runs, holds or has failed with.
    [[nodiscard]] std::map<std::string, FakeUnit> noticeable() const;

    unsigned systemd_version = 252;
    std::map<std::string, std::string> loaded;
    std::map<std::string, FakeUnit> units;
    /// Units of the host, with their files.
    std::map<std::string, std::string> foreign;
    /// Where the generator leaves its stamp; nowhere unless a test looks at it.
    std::filesystem::path stamp;
    std::set<std::string> never_ready;
    /// The same, by the container's name in the engine.
    std::set<std::string> never_ready_containers;
    std::set<std::string> cannot_stop;
    /// What a unit writes each time it is started.
    std::map<std::string, std::vector<std::string>> writes;
    bool journal_is_readable = true;
    /// Pauses after the start limit that were stopped; they are left out of the log.
    std::set<std::string> ended_pauses;
    /// How many keep the machine from being shut down at the moment.
    unsigned inhibitions = 0;
    /// Called with each service that starts.
    std::function<void(const std::string&)> on_start;
    /// What was asked for, such as "stop a.target b.service".
    std::vector<std::string> log;

  private:
    void leave_stamp() const;
    [[nodiscard]] bool known(const std::string& name) const;
    [[nodiscard]] std::vector<std::string> listed(const std::string& name,
                                                  const std::string& key) const;
    std::string start_one(const std::string& name);
    std::string start_service(const std::string& name, FakeUnit& unit);
    void stop_one(const std::string& name);
    /// Those that stop with it, itself included.
    void add_stopping(const std::string& name, std::set<std::string>& names) const;
    void thaw_one(const std::string& name);
    void note(const std::string& what, const std::vector<std::string>& names);

    CallFaults& faults_;
    FakeEngine& engine_;
    std::filesystem::path units_link_;
    std::vector<std::string> wanted_by_all_;
    unsigned invocations_ = 0;
    /// By the unit and its invocation.
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> journal_;
};

class FakePackages final : public host::PackageDatabase {
  public:
    /// A wanted version is satisfied by nothing but itself.
    Result<std::vector<host::PackageState>> look_up(
        const std::vector<model::HostPackage>& wanted) override;
    std::map<std::string, std::string> versions = {{"podman", "4.3.1"}, {"systemd", "252.39"}};
};

/// Package sources, and what installs from them into the database.
class FakeInstaller final : public host::PackageInstaller {
  public:
    struct Source {
        std::string version;
        std::vector<std::string> depends = {};
    };

    FakeInstaller(CallFaults& faults, FakePackages& packages)
        : faults_(faults), packages_(packages) {}

    void keep_open(int descriptor) override { kept_open = descriptor; }
    Result<model::PackageProposal> propose(const std::vector<model::HostPackage>& wanted) override;
    /// One after another, so that it can be interrupted between them.
    Result<> install(const std::vector<model::NewPackage>& packages) override;
    Result<std::vector<std::string>> remove(
        const std::vector<model::NewPackage>& packages) override;

    int kept_open = -1;
    /// By name. Their bytes are a hundred times their number.
    std::map<std::string, Source> sources;
    /// Installed packages that need others, by name.
    std::map<std::string, std::vector<std::string>> needs;
    /// Names whose installation ends with this.
    std::map<std::string, model::Error> broken;

  private:
    void add(const std::string& name, bool automatic, model::PackageProposal& proposal) const;

    CallFaults& faults_;
    FakePackages& packages_;
};

class FakeMachine final : public host::Machine {
  public:
    explicit FakeMachine(CallFaults& faults) : faults_(faults) {}
    std::chrono::system_clock::time_point now() override { return time; }
    std::chrono::steady_clock::time_point monotonic() override { return since_boot; }
    void sleep_for(std::chrono::milliseconds span) override { since_boot += span; }
    std::string boot_id() override { return "boot " + std::to_string(boots); }
    std::string new_id() override { return std::string(31, '0') + std::to_string(++ids); }
    Result<std::string> os_version_id() override { return os_version; }
    std::string architecture() override { return "amd64"; }
    Result<std::uint64_t> free_space(const std::filesystem::path& path) override;
    Result<bool> is_full(const std::filesystem::path& /*path*/) override { return full; }
    Result<std::uint64_t> file_system(const std::filesystem::path& path) override;
    Result<> sync_file_system(const std::filesystem::path& path) override;

    /// The test PKI's root is valid from now on.
    std::chrono::system_clock::time_point time =
        std::chrono::system_clock::now() + std::chrono::hours(1);
    std::chrono::steady_clock::time_point since_boot;
    unsigned ids = 0;
    unsigned boots = 0;
    bool full = false;
    std::string os_version = "12";
    std::uint64_t free = std::uint64_t{1} << 40U;
    /// Where the engine has a file system of its own: its free bytes.
    std::optional<std::uint64_t> engine_free;

  private:
    CallFaults& faults_;
};

class FakeDevices final : public host::Devices {
  public:
    Result<model::DeviceNode> resolve(const std::string& path) override;
    void remember(const std::string& podman_name, const model::DeviceNumbers& numbers) override {
        notes[podman_name] = numbers;
    }
    void forget(const std::string& podman_name) override { notes.erase(podman_name); }
    std::optional<model::DeviceNumbers> remembered(const std::string& podman_name) override;

    /// Where each path leads to.
    std::map<std::string, model::DeviceNode> nodes;
    std::map<std::string, model::DeviceNumbers> notes;
};

class RecordedEvents final : public host::EventLog {
  public:
    void write(const host::Event& event) override { all.push_back(event); }
    std::vector<host::Event> all;
};

class FakeHooks final : public host::Hooks {
  public:
    Result<> run(host::HookPoint point, const std::string& document) override {
        calls.emplace_back(point, document);
        if (failing.count(point) == 0) return {};
        return model::fail(model::ErrorCode::conflict, "the hook says no");
    }
    std::vector<std::pair<host::HookPoint, std::string>> calls;
    std::set<host::HookPoint> failing;
};

class RecordedProgress final : public agent::operations::Progress {
  public:
    void plan(const agent::operations::Outcome& /*planned*/) override { ++plans; }
    void effect(std::string_view phase, std::size_t done, std::size_t total) override {
        effects.push_back(std::string(phase) + " " + std::to_string(done) + "/" +
                          std::to_string(total));
    }
    void step(const std::string& what) override {
        steps.push_back(what);
        at_step(what);
    }
    void bytes(std::uint64_t done, std::uint64_t /*total*/) override { last_bytes = done; }
    void warning(const std::string& text) override { warnings.push_back(text); }

    /// What the world does meanwhile.
    std::function<void(const std::string&)> at_step = [](const std::string&) {};
    int plans = 0;
    std::vector<std::string> effects;
    std::vector<std::string> steps;
    std::vector<std::string> warnings;
    std::uint64_t last_bytes = 0;
};

}  // namespace test
