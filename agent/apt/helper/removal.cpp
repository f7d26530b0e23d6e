// SPDX-License-Identifier: GPL-3.0-or-later
// By dpkg itself rather than by libapt-pkg: it takes out what is unpacked or configured in part,
// where apt refuses to do anything before 'dpkg --configure -a' has succeeded, which it may never
// do if a maintainer script is what failed. And it needs no lists of package sources, which may be
// damaged where the power was cut.
#include <apt-pkg/configuration.h>

#include <filesystem>
#include <memory>
#include <set>

#include "agent/apt/helper/archives.hpp"
#include "agent/apt/helper/changes.hpp"
#include "agent/apt/helper/commands.hpp"
#include "agent/apt/helper/dpkg_status.hpp"
#include "agent/apt/helper/logged_run.hpp"
#include "agent/apt/helper/record.hpp"
#include "agent/apt/helper/system.hpp"

namespace agent::apt::helper {

namespace {

using model::Result;
using Packages = std::vector<Listed>;

/// It has to come about: what it undoes cannot be undone otherwise.
constexpr std::chrono::seconds kRemovalWait{120};

/// While dpkg unpacks what had left its configuration, it has the version of that.
bool is_same(const Listed& listed, const DpkgPackage& package) {
    return listed.name == package.name && listed.architecture == package.architecture &&
           (listed.version == package.version ||
            (listed.configured && package.state == "half-installed"));
}

/// Those that dpkg has in this version, in the state that `wanted` is about.
template <typename Predicate>
Result<Packages> found(const Packages& packages, Predicate wanted) {
    Packages there;
    TRY(each_package("", [&](const DpkgPackage& package) {
        for (const auto& listed : packages)
            if (is_same(listed, package) && wanted(listed, package.state)) there.push_back(listed);
    }));
    return there;
}

/// Those of the packages that a dependency leads to which nobody else would satisfy.
std::set<std::string> satisfiers(pkgCache::DepIterator first, const pkgCache::DepIterator& last,
                                 const std::set<std::string>& going) {
    std::set<std::string> names;
    while (true) {
        const std::unique_ptr<pkgCache::Version*[]> targets(first.AllTargets());
        for (auto** target = targets.get(); *target != nullptr; ++target) {
            const pkgCache::VerIterator version(*first.Cache(), *target);
            const auto package = version.ParentPkg();
            if (!package.CurrentVer().end() && package.CurrentVer()->ID == version->ID &&
                going.count(package.FullName()) != 0)
                names.insert(package.FullName());
        }
        if (first->ID == last->ID) return names;
        ++first;
    }
}

/// What a package that stays would miss of those that go.
std::set<std::string> missed_by(pkgCacheFile& cache, const pkgCache::PkgIterator& package,
                                const std::set<std::string>& going) {
    std::set<std::string> names;
    for (auto dependency = package.CurrentVer().DependsList(); !dependency.end();) {
        pkgCache::DepIterator first;
        pkgCache::DepIterator last;
        dependency.GlobOr(first, last);
        if (!last.IsCritical() || (cache[last] & pkgDepCache::DepGInstall) != 0) continue;
        names.merge(satisfiers(first, last, going));
    }
    return names;
}

/// Takes those from `going` that something else depends on by now, and what these depend on in
/// turn; tells of each.
Result<std::vector<std::string>> keep_needed(Packages& going) {
    // The lists are of no interest, and may be damaged.
    for (const auto* file : {"Dir::Etc::SourceList", "Dir::Etc::SourceParts"})
        _config->Set(file, "/dev/null");
    for (const auto* file : {"Dir::Cache::pkgcache", "Dir::Cache::srcpkgcache"})
        _config->Set(file, "");
    pkgCacheFile cache;
    TRY(open_to_read(cache));
    std::set<std::string> names;
    for (const auto& listed : going) {
        const auto package = listed.find_in(*cache.GetPkgCache());
        if (package.end()) continue;
        names.insert(package.FullName());
        cache->MarkDelete(package);
    }
    std::vector<std::string> told;
    for (auto package = cache->PkgBegin(); !package.end();) {
        const bool stays = !package.CurrentVer().end() && names.count(package.FullName()) == 0;
        const auto missed = stays && cache[package].InstBroken() ? missed_by(cache, package, names)
                                                                 : std::set<std::string>();
        for (const auto& name : missed) {
            names.erase(name);
            cache->MarkKeep(cache->FindPkg(name));
            told.push_back(name + " stays: " + package.FullName(true) + " depends on it");
        }
        // What is kept may miss others in turn.
        if (missed.empty())
            ++package;
        else
            package = cache->PkgBegin();
    }
    std::erase_if(going, [&](const Listed& listed) {
        const auto package = listed.find_in(*cache.GetPkgCache());
        return !package.end() && names.count(package.FullName()) == 0;
    });
    return told;
}

bool has_files(const Listed& /*listed*/, const std::string& state) {
    return state != "config-files" && state != "not-installed";
}

bool has_left_configuration(const Listed& listed, const std::string& state) {
    return state == "config-files" && !listed.configured;
}

/// Whoever was killed while they came has left them.
void remove_archives(const Record& record) {
    if (is_locked(archive_directory() + "lock")) return;
    for (const auto& name : record.archives)
        remove_archive(name);
}

/// An error that says what gets things going again.
Result<> or_by_hand(const Result<>& result, const Packages& packages) {
    if (result) return {};
    std::string names;
    for (const auto& listed : packages)
        names += " " + listed.full_name();
    return model::fail(result.error().code(), result.error().text() +
                                                  "\n  take these out by hand (dpkg --purge" +
                                                  names + "), and call 'update-agent recover'");
}

Result<> run_dpkg_for(std::vector<std::string> arguments, const Packages& packages) {
    if (packages.empty()) return {};
    for (const auto& listed : packages)
        arguments.push_back(listed.full_name());
    return run_dpkg(arguments);
}

}  // namespace

Result<nlohmann::json> remove(const std::filesystem::path& file, const Packages& packages) {
    TRY(initialise_apt());
    TRY_ASSIGN(const auto record, read_record(file));
    if (record) remove_archives(*record);
    if (!record || !record->installing) return nlohmann::json{{"stays", nlohmann::json::array()}};
    TRY_ASSIGN(const auto lock, FrontendLock::acquire(kRemovalWait));
    // Has dpkg write to its status file what it had done when it was interrupted; it sets nothing.
    TRY(run_dpkg({"--set-selections"}));
    TRY_ASSIGN(auto going, found(packages, has_files));
    TRY_ASSIGN(auto told, keep_needed(going));
    TRY(or_by_hand(run_dpkg_for({"--force-remove-reinstreq", "--remove"}, going), going));
    // Configuration that was there before they came stays; all else of them goes.
    TRY_ASSIGN(const auto left, found(packages, has_left_configuration));
    TRY(or_by_hand(run_dpkg_for({"--purge"}, left), left));
    // Triggers, and packages of others that the interruption kept waiting.
    if (const auto configured = run_dpkg({"--configure", "-a"}); !configured)
        told.push_back(configured.error().text());
    return nlohmann::json{{"stays", told}};
}

}  // namespace agent::apt::helper
