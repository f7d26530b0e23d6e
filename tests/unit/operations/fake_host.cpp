// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/operations/fake_host.hpp"

#include <algorithm>

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

Result<std::vector<host::PackageState>> FakePackages::look_up(
    const std::vector<model::HostPackage>& wanted) {
    std::vector<host::PackageState> states;
    for (const auto& package : wanted) {
        const auto found = versions.find(package.name);
        if (found == versions.end())
            states.push_back({.version = {}, .satisfies = false});
        else
            states.push_back(
                {.version = found->second,
                 .satisfies = package.version.empty() || package.version == found->second});
    }
    return states;
}

void FakeInstaller::add(const std::string& name, bool automatic,
                        model::PackageProposal& proposal) const {
    const auto source = sources.find(name);
    if (source == sources.end()) {
        proposal.refusals.push_back({.package = automatic ? "" : name,
                                     .text = "no package source has " + name,
                                     .hint = "apt-get update"});
        return;
    }
    proposal.packages.push_back({.name = name,
                                 .architecture = "amd64",
                                 .version = source->second.version,
                                 .automatic = automatic});
    for (const auto& other : source->second.depends)
        if (packages_.versions.count(other) == 0) add(other, true, proposal);
}

Result<model::PackageProposal> FakeInstaller::propose(
    const std::vector<model::HostPackage>& wanted) {
    model::PackageProposal proposal;
    for (const auto& package : wanted)
        add(package.name, false, proposal);
    proposal.download = proposal.packages.size() * 100;
    proposal.disk = proposal.download;
    return proposal;
}

Result<> FakeInstaller::install(const std::vector<model::NewPackage>& packages) {
    for (const auto& package : packages) {
        const auto done = faults_.call("installer.install", [&]() -> Result<> {
            packages_.versions[package.name] = package.version;
            const auto fault = broken.find(package.name);
            if (fault != broken.end()) return model::fail(fault->second);
            return {};
        });
        if (!done) return done;
    }
    return {};
}

Result<std::vector<std::string>> FakeInstaller::remove(
    const std::vector<model::NewPackage>& packages) {
    std::vector<std::string> stays;
    for (const auto& package : packages) {
        const auto done = faults_.call("installer.remove", [&] {
            for (const auto& [name, others] : needs)
                if (std::count(others.begin(), others.end(), package.name) != 0)
                    return Result<bool>(false);
            const auto there = packages_.versions.find(package.name);
            if (there != packages_.versions.end() && there->second == package.version)
                packages_.versions.erase(there);
            return Result<bool>(true);
        });
        if (!done) return model::fail(done.error());
        if (!*done) stays.push_back(package.name + " stays");
    }
    return stays;
}

Result<model::DeviceNode> FakeDevices::resolve(const std::string& path) {
    const auto node = nodes.find(path);
    if (node == nodes.end()) return model::fail(ErrorCode::not_found, path + " is missing");
    return node->second;
}

std::optional<model::DeviceNumbers> FakeDevices::remembered(const std::string& podman_name) {
    const auto note = notes.find(podman_name);
    return note == notes.end() ? std::nullopt : std::optional(note->second);
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
