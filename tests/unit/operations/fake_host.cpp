// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/operations/fake_host.hpp"

namespace test {

void CallFaults::heal() {
    faults_.clear();
    broken_from_.reset();
    happened_ = 0;
}

CallFaults::Kind CallFaults::next(const std::string& name) {
    ++count_;
    calls_.push_back(name);
    auto kind = Kind::none;
    if (const auto fault = faults_.find(count_); fault != faults_.end()) kind = fault->second;
    if (broken_from_ && count_ >= *broken_from_) kind = Kind::before;
    if (dead()) kind = Kind::before;
    if (kind != Kind::none) ++happened_;
    return kind;
}

tl::unexpected<model::Error> CallFaults::failure(const std::string& name) {
    return model::fail(ErrorCode::internal, name + " was made to fail");
}

Result<std::map<std::string, std::string>> FakePackages::installed_versions(
    const std::vector<std::string>& packages) {
    std::map<std::string, std::string> found;
    for (const auto& name : packages)
        if (const auto version = versions.find(name); version != versions.end())
            found.insert(*version);
    return found;
}

Result<std::uint64_t> FakeMachine::free_space(const std::filesystem::path& path) {
    return faults_.call("machine.free_space", [&] {
        const bool of_engine = engine_free && path.filename() == "storage";
        return Result<std::uint64_t>(of_engine ? *engine_free : free);
    });
}

Result<std::uint64_t> FakeMachine::file_system(const std::filesystem::path& path) {
    return faults_.call("machine.file_system", [&] {
        return Result<std::uint64_t>(engine_free && path.filename() == "storage" ? 2 : 1);
    });
}

Result<> FakeMachine::sync_file_system(const std::filesystem::path& /*path*/) {
    return faults_.call("machine.sync_file_system", [] { return Result<>(); });
}

}  // namespace test
