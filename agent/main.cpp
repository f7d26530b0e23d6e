// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>

#include "agent/apt/helper_package_database.hpp"
#include "agent/apt/helper_package_installer.hpp"
#include "agent/cli/by_service.hpp"
#include "agent/cli/report.hpp"
#include "agent/cli/route.hpp"
#include "agent/cli/run.hpp"
#include "agent/cli/signals.hpp"
#include "agent/hooks/hook_directories.hpp"
#include "agent/machine/linux_devices.hpp"
#include "agent/machine/linux_image_mounts.hpp"
#include "agent/machine/linux_machine.hpp"
#include "agent/machine/run_status.hpp"
#include "agent/podman/podman_cli.hpp"
#include "agent/podman/store_maker.hpp"
#include "agent/store/paths.hpp"
#include "agent/systemd/journal_events.hpp"
#include "agent/systemd/systemd_bus.hpp"

namespace {

/// Tells the journal, and whoever looks at a file.
class Events final : public agent::host::EventLog {
  public:
    void write(const agent::host::Event& event) override {
        status_.write(event);
        journal_.write(event);
    }

  private:
    agent::machine::RunStatus status_;
    agent::systemd::JournalEvents journal_;
};

}  // namespace

int main(int argc, char** argv) {
    using namespace agent;
    const auto line = cli::parse(argc, argv);
    if (!line) {
        std::fputs(line.error().standard_output.c_str(), stdout);
        std::fputs(line.error().standard_error.c_str(), stderr);
        return line.error().status;
    }
    if (cli::way_of(*line) == cli::Way::by_service)
        if (const auto status = cli::run_by_service(*line)) return *status;
    const auto& options = line->options;
    auto configuration = config::load_configuration(options.root, options.config);
    if (!configuration) return cli::report_error(configuration.error(), options);

    using std::chrono::ceil;
    using std::chrono::milliseconds;
    podman::PodmanOptions podman_options;
    podman_options.call_timeout = ceil<milliseconds>(configuration->podman_timeout);
    podman_options.image_timeout = ceil<milliseconds>(configuration->image_timeout);
    podman_options.root = options.root;
    podman_options.cancelled = cli::cancellation_requested;
    podman::PodmanCli engine(podman_options);
    podman::StoreMaker store_maker({.podman = podman_options});
    const auto systemd_timeout = ceil<milliseconds>(configuration->systemd_timeout);
    systemd::SystemdBus services({.timeout = systemd_timeout, .reload_timeout = systemd_timeout});
    apt::HelperPackageDatabase packages(UPDATE_AGENT_LIBEXEC_DIR "/update-agent-packages",
                                        options.root);
    apt::HelperPackageInstaller package_installer(
        {.helper = UPDATE_AGENT_LIBEXEC_DIR "/update-agent-packages",
         .record = store::Paths(options.root).transaction() / "packages",
         .cancelled = cli::cancellation_requested});
    machine::LinuxMachine machine(options.root);
    machine::LinuxDevices devices;
    machine::LinuxImageMounts image_mounts;
    Events events;
    hooks::HookDirectories hooks("/etc/update-agent/hooks.d",
                                 ceil<milliseconds>(configuration->hook_timeout));
    return cli::run(
        *line, std::move(*configuration),
        {.engine = engine,
         .services = services,
         .packages = packages,
         .package_installer = package_installer,
         .machine = machine,
         .devices = devices,
         .events = events,
         .hooks = hooks,
         .image_mounts = image_mounts,
         .store_maker = store_maker},
        {.stop_helper = UPDATE_AGENT_LIBEXEC_DIR "/container-stopped",
         .build_date = std::chrono::system_clock::from_time_t(UPDATE_AGENT_BUILD_DATE)});
}
