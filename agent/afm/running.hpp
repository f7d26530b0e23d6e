// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <list>

#include "agent/afm/applications.hpp"
#include "agent/bus/handles.hpp"

namespace agent::afm {

/// What runs of applications, asked of systemd on the system bus and of the kernel. Other things go
/// on while systemd does not answer, as in a daemon-reload.
class Running {
  public:
    using Then = std::function<void(const model::Result<std::vector<Runner>>&)>;

    /// `bus` is one that is attached to an event loop, and outlives it.
    explicit Running(sd_bus* bus, std::filesystem::path cgroups = "/sys/fs/cgroup")
        : bus_(bus), cgroups_(std::move(cgroups)) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    /// `then` is called once, with those of the applications that run, or with why that is not
    /// known.
    void look(std::vector<model::Description> applications, Then then);

  private:
    struct Service {
        std::size_t application = 0;
        std::string object;
        ServiceView view;
        std::string group;
    };
    struct Look {
        Running* owner;
        std::vector<model::Description> applications;
        std::vector<Service> services;
        /// Of the question that is open: one property of one service.
        std::size_t service = 0;
        std::size_t property = 0;
        Then then;
        bus::Slot call;
    };
    void ask(Look& look);
    static int on_answer(sd_bus_message* reply, void* look, sd_bus_error* error);
    [[nodiscard]] std::vector<Runner> runners(Look& look) const;
    void finish(Look& look, const model::Result<std::vector<Runner>>& found);

    sd_bus* bus_;
    std::filesystem::path cgroups_;
    std::list<Look> looks_;
};

/// Ids of all processes in a control group and those below it, sorted.
[[nodiscard]] std::vector<std::uint32_t> processes_below(const std::filesystem::path& group);

}  // namespace agent::afm
