// SPDX-License-Identifier: GPL-3.0-or-later
// The simulation: what apt would do for a wish, judged by what can be taken back.
#include <apt-pkg/algorithms.h>
#include <apt-pkg/policy.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "agent/apt/helper/answer.hpp"
#include "agent/apt/helper/changes.hpp"
#include "agent/apt/helper/commands.hpp"
#include "agent/apt/helper/dpkg_status.hpp"
#include "agent/apt/helper/system.hpp"

namespace agent::apt::helper {

namespace {

using model::Result;
using Json = nlohmann::json;
using Ranges = std::map<std::string, std::vector<Wanted>>;

class Proposal {
  public:
    explicit Proposal(pkgCacheFile& cache) : cache_(cache) {}

    Result<Json> make(const Ranges& wanted) {
        TRY(check_whole());
        for (const auto& [name, range] : wanted)
            choose(name, range);
        if (refusals_.empty()) {
            mark();
            judge();
        }
        return Json{{"packages", packages_},
                    {"download", cache_->DebSize()},
                    {"disk", std::max<std::int64_t>(0, cache_->UsrSize())},
                    {"refusals", refusals_}};
    }

  private:
    void refuse(const std::string& package, const std::string& text, const std::string& hint,
                bool untrusted = false) {
        refusals_.push_back(
            {{"package", package}, {"text", text}, {"hint", hint}, {"untrusted", untrusted}});
    }

    /// What somebody else has left half done, apt would want to mend first.
    Result<> check_whole() {
        std::vector<std::string> half;
        TRY(each_package("", [&](const DpkgPackage& package) {
            if (package.state.starts_with("half-") || package.state == "unpacked")
                half.push_back(package.name + " (" + package.state + ")");
        }));
        if (was_interrupted())
            refuse("", "dpkg was interrupted", "dpkg --configure -a");
        else if (!half.empty())
            refuse("", "packages are installed in part: " + shortened(half), "dpkg --configure -a");
        else if (cache_->BrokenCount() != 0)
            refuse("",
                   "installed packages miss what they depend on: " +
                       shortened(changes_of(cache_).broken),
                   "apt --fix-broken install");
        return {};
    }

    /// What is there only while dpkg works, or after it was killed.
    static bool was_interrupted() {
        std::error_code error;
        return !std::filesystem::is_empty("/var/lib/dpkg/updates", error) && !error &&
               !is_locked(kDpkgLock);
    }

    bool have_lists() {
        for (auto file = cache_.GetPkgCache()->FileBegin(); !file.end(); ++file)
            if (!file.Flagged(pkgCache::Flag::NotSource)) return true;
        return false;
    }

    bool may_come(const pkgCache::VerIterator& version, const std::vector<Wanted>& range) {
        return version.Downloadable() && cache_.GetPolicy()->GetPriority(version) > 0 &&
               std::all_of(range.begin(), range.end(),
                           [&](const Wanted& each) { return each.admits(version.VerStr()); });
    }

    /// The administrator's own preference where that will do, else that of the highest priority.
    pkgCache::VerIterator best(const pkgCache::PkgIterator& package,
                               const std::vector<Wanted>& range) {
        const auto preferred = cache_.GetPolicy()->GetCandidateVer(package);
        if (!preferred.end() && may_come(preferred, range)) return preferred;
        pkgCache::VerIterator found;
        int priority = 0;
        // The highest version comes first.
        for (auto version = package.VersionList(); !version.end(); ++version) {
            if (!may_come(version, range)) continue;
            const int its = cache_.GetPolicy()->GetPriority(version);
            if (its > priority) found = version;
            priority = std::max(priority, its);
        }
        return found;
    }

    void choose(const std::string& name, const std::vector<Wanted>& range) {
        const auto package = cache_->FindPkg(name);
        if (!package.end() && !package.CurrentVer().end()) {
            refuse(name,
                   name + " " + package.CurrentVer().VerStr() +
                       " is installed, and an upgrade could not be undone",
                   "apt install " + name);
            return;
        }
        const auto version = package.end() ? pkgCache::VerIterator() : best(package, range);
        if (version.end())
            refuse_unknown(name, package, range);
        else if (!is_trusted(cache_, version))
            refuse(name, "no signed package source has " + name + " " + version.VerStr(),
                   "see apt-secure(8)", true);
        else
            chosen_.push_back(version);
    }

    void refuse_unknown(const std::string& name, const pkgCache::PkgIterator& package,
                        const std::vector<Wanted>& range) {
        std::vector<std::string> there;
        if (!package.end())
            for (auto version = package.VersionList(); !version.end(); ++version)
                if (version.Downloadable()) there.emplace_back(version.VerStr());
        std::string text;
        for (const auto& each : range)
            text += (text.empty() ? "" : ", ") + to_string(each);
        const bool lists = have_lists();
        refuse(name,
               "no package source has " + text +
                   (there.empty() ? lists ? ", nor any other version" : ": there are no lists"
                                  : "; there is " + shortened(there)),
               lists
                   ? "'apt-get update' reads the sources again; see 'apt-cache policy " + name + "'"
                   : "apt-get update");
    }

    void mark() {
        pkgProblemResolver resolver(cache_);
        pkgDepCache::ActionGroup group(*cache_);
        for (const auto& version : chosen_) {
            cache_->SetCandidateVersion(version);
            resolver.Clear(version.ParentPkg());
            resolver.Protect(version.ParentPkg());
        }
        for (const auto& version : chosen_)
            cache_->MarkInstall(version.ParentPkg(), true);
        if (cache_->BrokenCount() != 0) resolver.Resolve(true);
    }

    /// What apt has no way to install it does not mark at all. Marked alone, it tells why.
    std::vector<std::string> impossible() {
        std::vector<std::string> reasons;
        for (const auto& version : chosen_) {
            const auto package = version.ParentPkg();
            if (cache_[package].Install()) continue;
            cache_->MarkInstall(package, false);
            reasons.push_back(missing_of(cache_, package));
        }
        return reasons;
    }

    void judge() {
        const auto changes = changes_of(cache_);
        auto reasons = impossible();
        reasons.insert(reasons.end(), changes.broken.begin(), changes.broken.end());
        if (!reasons.empty()) refuse("", "cannot be installed: " + shortened(reasons), hint());
        if (!changes.removed.empty())
            refuse("", "would remove what is installed: " + shortened(changes.removed), hint());
        if (!changes.replaced.empty())
            refuse("",
                   "would replace what is installed, which could not be undone: " +
                       shortened(changes.replaced),
                   hint());
        for (const auto& version : changes.installed)
            add(version);
    }

    /// What is there and has files that the new one may take over.
    std::vector<std::string> replaced_by(const pkgCache::VerIterator& version) {
        std::vector<std::string> names;
        for (auto each = version.DependsList(); !each.end(); ++each) {
            if (each->Type != pkgCache::Dep::Replaces) continue;
            const std::unique_ptr<pkgCache::Version*[]> targets(each.AllTargets());
            for (auto** target = targets.get(); *target != nullptr; ++target) {
                const pkgCache::VerIterator there(*cache_.GetPkgCache(), *target);
                const auto owner = there.ParentPkg();
                if (!owner.CurrentVer().end() && owner.CurrentVer()->ID == there->ID)
                    names.push_back(owner.FullName(true));
            }
        }
        return names;
    }

    /// What is new and cannot be taken out again, or not without a trace.
    void judge_new(const pkgCache::VerIterator& version) {
        const auto package = version.ParentPkg();
        const std::string name = package.Name();
        if ((package->Flags & (pkgCache::Flag::Essential | pkgCache::Flag::Important)) != 0)
            refuse("", name + " is essential or protected, so that it could not be taken out again",
                   hint());
        if (const auto names = replaced_by(version); !names.empty())
            refuse(
                "",
                name + " may replace files of " + shortened(names) + ", which could not be undone",
                hint());
    }

    void add(const pkgCache::VerIterator& version) {
        const auto package = version.ParentPkg();
        judge_new(version);
        if (!is_trusted(cache_, version))
            refuse("",
                   std::string("no signed package source has ") + package.Name() + " " +
                       version.VerStr(),
                   "see apt-secure(8)", true);
        const bool wanted = std::any_of(chosen_.begin(), chosen_.end(), [&](const auto& each) {
            return each.ParentPkg()->ID == package->ID;
        });
        packages_.push_back(
            {{"name", package.Name()},
             {"architecture", version.Arch()},
             {"version", version.VerStr()},
             {"automatic", !wanted},
             {"configured", package->CurrentState == pkgCache::State::ConfigFiles}});
    }

    std::string hint() const {
        std::string text = "apt install";
        for (const auto& version : chosen_)
            text += std::string(" ") + version.ParentPkg().Name();
        return text;
    }

    pkgCacheFile& cache_;
    std::vector<pkgCache::VerIterator> chosen_;
    Json packages_ = Json::array();
    Json refusals_ = Json::array();
};

}  // namespace

Result<Json> propose(const std::vector<Wanted>& wanted) {
    TRY(initialise_apt());
    pkgCacheFile cache;
    TRY(open_to_read(cache));
    Ranges ranges;
    for (const auto& each : wanted)
        ranges[each.name].push_back(each);
    return Proposal(cache).make(ranges);
}

}  // namespace agent::apt::helper
