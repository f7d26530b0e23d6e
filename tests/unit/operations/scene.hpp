// SPDX-License-Identifier: GPL-3.0-or-later
// A root in a temporary directory, a machine in memory beside it, and real signed bundles.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agent/operations/change.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/operations/fake_host.hpp"
#include "tests/unit/operations/fake_mounts.hpp"
#include "tests/unit/operations/fake_store_maker.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace test {

namespace operations = agent::operations;
namespace store = agent::store;

/// Writes `<name>.bundle` with an image for every `image = …` of the description; each image's
/// content is its name. Signed by `signer` of the test PKI, or unsigned where that is empty.
std::filesystem::path make_bundle(const std::filesystem::path& file, const std::string& description,
                                  const std::string& signer = "signer");

/// The same with its images in a store that is mounted.
std::filesystem::path make_store_bundle(const std::filesystem::path& file,
                                        const std::string& description);
/// Made once: `base` (broker, and bridge that requires it), `view` (panel, requires the base), and
/// `clock` (ticker, requires nothing).
struct Bundles {
    std::filesystem::path base;
    std::filesystem::path view;
    std::filesystem::path clock;
};
const Bundles& bundles();

/// The base of version 1.1.0: the broker is another container, the bridge is the same.
const std::filesystem::path& newer_base();
/// With the first `from` replaced.
std::string patched(std::string text, const std::string& from, const std::string& to);

std::string base_description();
std::string view_description();
std::string clock_description();

/// Everything that an operation may change. History, failed sets and lock are no part of it.
struct Snapshot {
    std::map<std::string, std::string> files;
    std::map<std::string, std::set<std::string>> images;
    std::map<std::string, std::string> containers;
    std::map<std::string, std::string> loaded;
    std::map<std::string, FakeUnit> running;
    /// Debian's, with their versions.
    std::map<std::string, std::string> packages;
    /// Ids that the engine sees in the store that is mounted.
    std::set<std::string> mounted_images;
    bool operator==(const Snapshot&) const = default;
};
/// What differs, a line each, to be read when a test fails.
std::string difference(const Snapshot& before, const Snapshot& after);

class Scene {
  public:
    Scene();
    /// Another machine in the same state, which is quicker than arranging it again. Faults,
    /// progress and time are its own.
    explicit Scene(const Scene& other);
    Scene& operator=(const Scene&) = delete;

    operations::Context context(bool offline = false);
    Result<operations::Outcome> install(const std::vector<std::filesystem::path>& files,
                                        bool dry_run = false);
    /// The same with --install-host-packages.
    Result<operations::Outcome> install_with_packages(
        const std::vector<std::filesystem::path>& files, bool dry_run = false);
    Result<operations::Outcome> remove(const std::vector<std::string>& ids, bool dry_run = false);
    /// Has to succeed.
    void have(const std::vector<std::filesystem::path>& files);
    /// Makes the layout with generation 0 and loads its units, as the package does.
    void initialise();
    Snapshot snapshot() const;
    bool active(const std::string& unit) const;
    model::InstalledSet installed() const;
    store::Paths paths() const { return store::Paths(directory_.path()); }
    const std::filesystem::path& root() const { return directory_.path(); }
    std::filesystem::path graph_root() const { return root() / "storage"; }

  private:
    TemporaryDirectory directory_;

  public:
    CallFaults faults;
    FakeEngine engine{faults, root() / "storage"};
    FakeServices services{faults, engine, paths().units_link()};
    FakePackages packages;
    FakeInstaller installer{faults, packages};
    FakeMachine machine{faults};
    FakeDevices devices;
    RecordedEvents events;
    FakeHooks hooks;
    FakeMounts image_mounts{faults};
    FakeStoreMaker store_maker{faults};
    RecordedProgress progress;
    agent::config::Configuration configuration;
    /// A set that did not become healthy is tried again.
    bool retry = false;
    std::function<bool()> cancelled = [] { return false; };
};

/// Fails the test with the error's text.
template <typename T>
T must(Result<T> result) {
    if (!result) FAIL(result.error().text());
    return std::move(*result);
}
inline void must(const Result<>& result) {
    if (!result) FAIL(result.error().text());
}

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Of how many points of a series one is tried; with UPDATE_AGENT_KILL_STRIDE=1 all are, which
/// takes minutes.
unsigned stride();

}  // namespace test
