// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <systemd/sd-event.h>

#include <memory>

#include "agent/bus/handles.hpp"
#include "agent/service/job_files.hpp"

namespace agent::service {

/// What is told of the jobs while they go on.
class JobObserver {
  public:
    virtual ~JobObserver() = default;
    virtual void added(unsigned number) = 0;
    virtual void changed(unsigned number, const Changes& changes) = 0;
    /// A line of progress, the last one excepted.
    virtual void told(unsigned number, std::string_view record) = 0;
    virtual void ended(unsigned number) = 0;
    /// It is forgotten next.
    virtual void removed(unsigned number) = 0;
};

/// Keeps the jobs, has systemd run those whose turn it is, and follows what they say.
class Runner {
  public:
    /// `program` is update-agent.
    Runner(sd_event* event, sd_bus* bus, JobFiles files, std::string program,
           JobObserver& observer);
    ~Runner();
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    /// Finds the jobs of a service that ran before, and the files that systemd has kept for them.
    /// Those that wait go on with schedule().
    [[nodiscard]] model::Result<> load();
    /// Makes a job of the request, which waits until schedule(); as admit().
    [[nodiscard]] model::Result<unsigned> add(JobRequest request,
                                              std::vector<store::Descriptor> files);
    /// Begins what can begin. For when the bus is followed.
    void schedule();
    /// ErrorCode::not_found for one that has ended.
    [[nodiscard]] model::Result<> cancel(unsigned number);
    [[nodiscard]] const Jobs& jobs() const { return jobs_; }

  private:
    struct Watch;
    static int on_progress(sd_event_source* source, const inotify_event* event, void* data);
    void take_passed_files();
    void drop_needless_files();
    static int on_look(sd_event_source* source, std::uint64_t time, void* data);
    /// Looks at those that run, now and again in a while.
    void look();
    void gone(unsigned number);
    [[nodiscard]] model::Result<> begin(unsigned number);
    [[nodiscard]] model::Result<> watch(unsigned number);
    /// What the worker has said since.
    void read(unsigned number);
    void take(unsigned number, std::string_view record);
    void end_with(unsigned number, const model::Error& error);
    void finish(unsigned number);
    void forget_old();

    sd_event* event_;
    sd_bus* bus_;
    JobFiles files_;
    std::string program_;
    JobObserver& observer_;
    Jobs jobs_;
    std::map<unsigned, std::vector<store::Descriptor>> passed_;
    std::map<unsigned, std::unique_ptr<Watch>> watches_;
    /// Whose units systemd was asked for, and has not answered yet: it may answer for what was
    /// there before a job is begun.
    std::set<unsigned> looked_for_;
    /// Of a service that ran before, and not looked at yet.
    std::set<unsigned> adopted_;
    sd_event_source* look_ = nullptr;
    unsigned last_ = 0;
    std::uint64_t ended_ = 0;
    /// Nobody is told and nothing is begun yet.
    bool loading_ = false;
};

}  // namespace agent::service
