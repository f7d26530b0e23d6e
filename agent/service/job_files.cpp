// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/service/job_files.hpp"

#include <fcntl.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "agent/model/json_format.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::service {

namespace {

using model::errno_error;
using model::ErrorCode;
using model::Result;
using Json = nlohmann::ordered_json;

std::string text_of(const JobRequest& request) {
    const Json value{{"operation", request.operation},
                     {"options", request.options},
                     {"subjects", request.subjects},
                     {"lane", request.lane},
                     {"claims", request.claims},
                     {"uid", request.uid},
                     {"who", request.who}};
    return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<JobRequest> parse_request(const std::string& text) {
    try {
        const auto value = Json::parse(text);
        JobRequest request;
        value.at("operation").get_to(request.operation);
        value.at("options").get_to(request.options);
        value.at("subjects").get_to(request.subjects);
        value.at("lane").get_to(request.lane);
        value.at("claims").get_to(request.claims);
        value.at("uid").get_to(request.uid);
        value.at("who").get_to(request.who);
        return request;
    } catch (const Json::exception& error) {
        return model::fail(ErrorCode::invalid, error.what());
    }
}

std::string last_line(const Job& job) {
    const Json value{{"format", model::kJsonFormat},
                     {"event", "end"},
                     {"exit-code", job.exit_code},
                     {"result", job.document.empty() ? Json() : Json::parse(job.document)},
                     {"text", job.text}};
    // What is left of a line before it is no line of ours.
    return "\n" + value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// 0 for what is no number.
unsigned number_of(const std::string& name) {
    unsigned number = 0;
    const auto* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data(), end, number);
    return parsed.ec == std::errc() && parsed.ptr == end ? number : 0;
}

Result<Job> load_job(const std::filesystem::path& directory) {
    TRY_ASSIGN(const auto text, store::read_file(directory / "request.json"));
    Job job;
    TRY_ASSIGN(job.request, parse_request(text));
    auto reader = ProgressReader::open(directory / "progress");
    if (!reader && reader.error().code() == ErrorCode::not_found) return job;
    if (!reader) return model::fail(reader.error());
    job.state = JobState::running;
    TRY(reader->read([&job](std::string_view line) { static_cast<void>(apply(job, line)); }));
    return job;
}

Result<store::Descriptor> open_file(const std::filesystem::path& file, int flags) {
    store::Descriptor descriptor(::open(file.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!descriptor.valid()) return model::fail(errno_error(errno, file.string()));
    return descriptor;
}

}  // namespace

std::filesystem::path JobFiles::of(unsigned number) const {
    return directory_ / std::to_string(number);
}

std::filesystem::path JobFiles::progress(unsigned number) const {
    return of(number) / "progress";
}

Result<Jobs> JobFiles::load() const {
    Jobs jobs;
    TRY_ASSIGN(const auto names, store::names_in(directory_));
    for (const auto& name : names) {
        const auto number = number_of(name);
        auto job = load_job(directory_ / name);
        const auto problem = job ? ErrorCode::internal : job.error().code();
        if (number == 0 || problem == ErrorCode::not_found || problem == ErrorCode::invalid) {
            TRY(store::remove_tree(directory_ / name));
        } else if (job) {
            jobs.emplace(number, std::move(*job));
        } else {
            return model::fail(job.error());
        }
    }
    return jobs;
}

Result<> JobFiles::add(unsigned number, const JobRequest& request) const {
    TRY(store::make_directories(of(number)));
    return store::write_file_atomically(of(number) / "request.json", text_of(request));
}

Result<> JobFiles::begin(unsigned number) const {
    TRY(open_file(progress(number), O_WRONLY | O_CREAT));
    return {};
}

Result<> JobFiles::conclude(unsigned number, const Job& job) const {
    TRY_ASSIGN(const auto file, open_file(progress(number), O_WRONLY | O_CREAT | O_APPEND));
    const auto line = last_line(job);
    const auto written = ::write(file.get(), line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) return {};
    return model::fail(errno_error(written < 0 ? errno : ENOSPC, progress(number).string()));
}

Result<> JobFiles::forget(unsigned number) const {
    return store::remove_tree(of(number));
}

Result<ProgressReader> ProgressReader::open(const std::filesystem::path& file) {
    TRY_ASSIGN(auto descriptor, open_file(file, O_RDONLY));
    return ProgressReader(std::move(descriptor));
}

Result<> ProgressReader::read(const std::function<void(std::string_view)>& line) {
    std::string piece(std::size_t{16} << 10U, '\0');
    for (;;) {
        const auto count = ::read(file_.get(), piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return model::fail(errno_error(errno, "reading the progress of a job"));
        if (count == 0) return {};
        unfinished_.append(piece, 0, static_cast<std::size_t>(count));
        std::size_t begin = 0;
        for (std::size_t end = 0; (end = unfinished_.find('\n', begin)) != std::string::npos;
             begin = end + 1)
            line(std::string_view(unfinished_).substr(begin, end - begin));
        unfinished_.erase(0, begin);
    }
}

}  // namespace agent::service
