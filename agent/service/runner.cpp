// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/runner.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "agent/service/passed_files.hpp"
#include "agent/service/queue.hpp"
#include "agent/service/worker.hpp"

namespace agent::service {

namespace {

using model::ErrorCode;
using model::Result;

model::Error lost(const Job& job) {
    if (job.state == JobState::cancelling && job.phase.empty())
        return {ErrorCode::busy, "cancelled"};
    return {ErrorCode::internal,
            "the job was killed before it told what came of it; 'update-agent status' shows what "
            "is installed, and 'update-agent recover', or the next change, settles what was begun"};
}

/// On standard error, which is the journal.
void warn(const Result<>& result) {
    if (!result) std::fprintf(stderr, "<4>%s\n", result.error().text().c_str());
}

}  // namespace

struct Runner::Watch {
    Runner& runner;
    unsigned number;
    ProgressReader reader;
    sd_event_source* source = nullptr;

    Watch(Runner& owner, unsigned job, ProgressReader progress)
        : runner(owner), number(job), reader(std::move(progress)) {}
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() { sd_event_source_disable_unref(source); }
};

Runner::Runner(sd_event* event, sd_bus* bus, JobFiles files, std::string program,
               JobObserver& observer)
    : event_(event),
      bus_(bus),
      files_(std::move(files)),
      program_(std::move(program)),
      observer_(observer) {}

Runner::~Runner() {
    sd_event_source_disable_unref(look_);
}

Result<> Runner::load() {
    TRY_ASSIGN(jobs_, files_.load());
    if (!jobs_.empty()) last_ = jobs_.rbegin()->first;
    loading_ = true;
    take_passed_files();
    for (const auto& [number, job] : jobs_) {
        if (job.state != JobState::running) continue;
        adopted_.insert(number);
        // Its lines up to here are read twice, which changes nothing.
        if (auto result = watch(number); !result) end_with(number, result.error());
        read(number);
    }
    loading_ = false;
    forget_old();
    return {};
}

/// A job that waits and whose files are gone cannot be done.
void Runner::take_passed_files() {
    passed_ = kept_files();
    drop_needless_files();
    for (const auto& [number, job] : jobs_) {
        if (job.state != JobState::queued || job.request.operation != "install") continue;
        const auto& files = passed_[number];
        const bool complete =
            files.size() == job.request.subjects.size() &&
            std::all_of(files.begin(), files.end(), [](const auto& file) { return file.valid(); });
        if (!complete)
            end_with(number, {ErrorCode::internal,
                              "the service was ended, and the files of the job are closed; "
                              "install them again"});
    }
}

void Runner::drop_needless_files() {
    for (auto each = passed_.begin(); each != passed_.end();) {
        const auto found = jobs_.find(each->first);
        const bool needed = found != jobs_.end() && found->second.state != JobState::ended;
        if (!needed) drop_files(each->first, each->second.size());
        each = needed ? std::next(each) : passed_.erase(each);
    }
}

int Runner::on_look(sd_event_source* /*source*/, std::uint64_t /*time*/, void* data) {
    static_cast<Runner*>(data)->look();
    return 0;
}

/// A worker that never came to write anything is found by nothing else.
void Runner::look() {
    constexpr std::uint64_t kPause = 1'000'000;
    bool runs = false;
    for (const auto& [number, job] : jobs_) {
        if (job.state != JobState::running && job.state != JobState::cancelling) continue;
        runs = true;
        // It may not have been there yet when it was cancelled.
        if (job.state == JobState::cancelling) interrupt_worker(bus_, number);
        if (looked_for_.count(number) != 0) continue;
        const bool asked = look_for_worker(bus_, number, [this, number = number](bool there) {
            looked_for_.erase(number);
            if (!there) gone(number);
        });
        if (asked) looked_for_.insert(number);
    }
    if (!runs) return;
    if (look_ == nullptr) {
        sd_event_add_time_relative(event_, &look_, CLOCK_MONOTONIC, kPause, 0, on_look, this);
        return;
    }
    sd_event_source_set_time_relative(look_, kPause);
    sd_event_source_set_enabled(look_, SD_EVENT_ONESHOT);
}

void Runner::gone(unsigned number) {
    read(number);
    const auto found = jobs_.find(number);
    if (found == jobs_.end() || found->second.state == JobState::ended) return;
    std::error_code error;
    const bool begun = std::filesystem::file_size(files_.progress(number), error) != 0 || error;
    if (begun || adopted_.erase(number) == 0) return end_with(number, lost(found->second));
    // The service that was to start it was killed before it did.
    watches_.erase(number);
    found->second.state = JobState::queued;
    schedule();
}

Result<unsigned> Runner::add(JobRequest request, std::vector<store::Descriptor> files) {
    TRY(admit(jobs_, request));
    const auto number = last_ + 1;
    TRY(files_.add(number, request));
    last_ = number;
    keep_files(number, files);
    passed_[number] = std::move(files);
    jobs_[number].request = std::move(request);
    observer_.added(number);
    return number;
}

void Runner::schedule() {
    // One that cannot begin makes room for the next.
    for (auto numbers = startable(jobs_); !numbers.empty(); numbers = startable(jobs_))
        for (const auto number : numbers)
            if (jobs_.count(number) != 0 && jobs_.at(number).state == JobState::queued)
                if (auto result = begin(number); !result) end_with(number, result.error());
    look();
}

Result<> Runner::begin(unsigned number) {
    auto& job = jobs_.at(number);
    job.state = JobState::running;
    std::vector<std::string> files;
    for (const auto& file : passed_[number])
        files.push_back("/proc/" + std::to_string(::getpid()) + "/fd/" +
                        std::to_string(file.get()));
    TRY(files_.begin(number));
    TRY(watch(number));
    observer_.changed(number, {"State"});
    return start_worker(bus_, number, command_of(program_, job.request, files),
                        files_.progress(number), [this, number](const Result<>& started) {
                            if (!started) end_with(number, started.error());
                        });
}

Result<> Runner::watch(unsigned number) {
    TRY_ASSIGN(auto reader, ProgressReader::open(files_.progress(number)));
    auto watch = std::make_unique<Watch>(*this, number, std::move(reader));
    const int result = sd_event_add_inotify(event_, &watch->source, files_.progress(number).c_str(),
                                            IN_MODIFY | IN_CLOSE_WRITE, on_progress, watch.get());
    if (result < 0) return model::fail(model::errno_error(-result, "following a job"));
    watches_[number] = std::move(watch);
    return {};
}

int Runner::on_progress(sd_event_source* /*source*/, const inotify_event* event, void* data) {
    // What is read may end the watch.
    auto& runner = static_cast<Watch*>(data)->runner;
    const auto number = static_cast<Watch*>(data)->number;
    runner.read(number);
    const auto found = runner.jobs_.find(number);
    if ((event->mask & IN_CLOSE_WRITE) != 0 && found != runner.jobs_.end())
        runner.end_with(number, lost(found->second));
    return 0;
}

void Runner::read(unsigned number) {
    const auto found = watches_.find(number);
    if (found == watches_.end()) return;
    std::vector<std::string> records;
    warn(found->second->reader.read(
        [&records](std::string_view line) { records.emplace_back(line); }));
    for (const auto& record : records)
        take(number, record);
}

void Runner::take(unsigned number, std::string_view record) {
    const auto found = jobs_.find(number);
    if (found == jobs_.end() || found->second.state == JobState::ended || record.empty()) return;
    auto& job = found->second;
    const auto changes = apply(job, record);
    if (!changes.empty()) observer_.changed(number, changes);
    if (job.state == JobState::ended) return finish(number);
    // Whatever else writes there is nobody's business.
    if (nlohmann::json::accept(record)) observer_.told(number, record);
}

Result<> Runner::cancel(unsigned number) {
    const auto found = jobs_.find(number);
    if (found == jobs_.end() || found->second.state == JobState::ended)
        return model::fail(ErrorCode::not_found,
                           "job " + std::to_string(number) + " has ended already");
    auto& job = found->second;
    if (job.state == JobState::queued) {
        end_with(number, {ErrorCode::busy, "cancelled"});
        return {};
    }
    interrupt_worker(bus_, number);
    if (job.state == JobState::cancelling) return {};
    job.state = JobState::cancelling;
    observer_.changed(number, {"State"});
    return {};
}

void Runner::end_with(unsigned number, const model::Error& error) {
    const auto found = jobs_.find(number);
    if (found == jobs_.end() || found->second.state == JobState::ended) return;
    auto& job = found->second;
    const auto changes = end(job, error);
    warn(files_.conclude(number, job));
    observer_.changed(number, changes);
    finish(number);
}

void Runner::finish(unsigned number) {
    jobs_.at(number).ended_as = ++ended_;
    observer_.ended(number);
    watches_.erase(number);
    drop_files(number, passed_[number].size());
    passed_.erase(number);
    if (loading_) return;
    forget_old();
    schedule();
}

void Runner::forget_old() {
    for (const auto number : forgettable(jobs_)) {
        observer_.removed(number);
        warn(files_.forget(number));
        jobs_.erase(number);
    }
}

}  // namespace agent::service
