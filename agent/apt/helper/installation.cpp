// SPDX-License-Identifier: GPL-3.0-or-later
// As apt-get does it: marks, downloads, authentication, dpkg.
#include <apt-pkg/acquire-item.h>
#include <apt-pkg/acquire.h>
#include <apt-pkg/install-progress.h>
#include <apt-pkg/packagemanager.h>
#include <apt-pkg/pkgrecords.h>
#include <apt-pkg/pkgsystem.h>
#include <apt-pkg/progress.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <set>

#include "agent/apt/helper/answer.hpp"
#include "agent/apt/helper/archives.hpp"
#include "agent/apt/helper/changes.hpp"
#include "agent/apt/helper/commands.hpp"
#include "agent/apt/helper/logged_run.hpp"
#include "agent/apt/helper/record.hpp"
#include "agent/apt/helper/system.hpp"

namespace agent::apt::helper {

namespace {

using model::ErrorCode;
using model::Result;

constexpr std::chrono::seconds kInstallWait{60};

class Quiet final : public pkgAcquireStatus {
  public:
    bool MediaChange(std::string /*media*/, std::string /*drive*/) override { return false; }
};

/// With dpkg's locks, which are held until the cache is closed.
Result<> open_to_change(pkgCacheFile& cache) {
    const auto deadline = std::chrono::steady_clock::now() + kInstallWait;
    TRY(wait_for_lock(kFrontendLock, deadline));
    TRY(wait_for_lock(kDpkgLock, deadline));
    OpProgress progress;
    if (cache.Open(&progress, true) && cache.GetSourceList() != nullptr) return {};
    // Somebody may have come first.
    TRY(wait_for_lock(kFrontendLock, std::chrono::steady_clock::now()));
    return model::fail(apt_failure(ErrorCode::conflict, "apt"));
}

Result<pkgCache::VerIterator> find(pkgCacheFile& cache, const Listed& listed) {
    const auto package = listed.find_in(*cache.GetPkgCache());
    if (!package.end())
        for (auto version = package.VersionList(); !version.end(); ++version)
            if (listed.version == version.VerStr() && listed.architecture == version.Arch())
                return version;
    return model::fail(ErrorCode::unreachable, "no package source has " + listed.name + " " +
                                                   listed.version +
                                                   " any more; 'apt-get update', and try again");
}

Result<> mark(pkgCacheFile& cache, const std::vector<Listed>& packages) {
    pkgDepCache::ActionGroup group(*cache);
    for (const auto& listed : packages) {
        TRY_ASSIGN(const auto version, find(cache, listed));
        const auto package = version.ParentPkg();
        // What somebody else has installed is not ours to take out.
        if (!package.CurrentVer().end())
            return model::fail(ErrorCode::conflict, listed.name + " " +
                                                        package.CurrentVer().VerStr() +
                                                        " was installed meanwhile; try again");
        cache->SetCandidateVersion(version);
        cache->MarkInstall(package, false, 0, !listed.automatic);
        cache->MarkAuto(package, listed.automatic);
    }
    return {};
}

/// The plan was made without a lock, so that packages may be others by now.
Result<> check_marks(pkgCacheFile& cache, const std::vector<Listed>& packages) {
    const auto changes = changes_of(cache);
    const auto differ = [](const std::string& how) {
        return model::fail(ErrorCode::conflict,
                           "the installed packages changed meanwhile: " + how + "; try again");
    };
    if (!changes.broken.empty()) return differ(shortened(changes.broken));
    if (!changes.removed.empty()) return differ("would remove " + shortened(changes.removed));
    if (!changes.replaced.empty()) return differ("would replace " + shortened(changes.replaced));
    std::set<std::string> wanted;
    for (const auto& listed : packages)
        wanted.insert(listed.name + " " + listed.architecture + " " + listed.version);
    std::set<std::string> coming;
    for (const auto& version : changes.installed)
        coming.insert(std::string(version.ParentPkg().Name()) + " " + version.Arch() + " " +
                      version.VerStr());
    if (wanted != coming) return differ("others would come");
    return {};
}

/// Names of those files that are not there yet.
std::vector<std::string> missing_archives(const std::vector<Listed>& packages) {
    std::vector<std::string> missing;
    std::error_code error;
    for (const auto& listed : packages) {
        auto name = archive_name(listed.name, listed.version, listed.architecture);
        if (!std::filesystem::exists(archive_directory() + name, error))
            missing.push_back(std::move(name));
    }
    return missing;
}

/// What was not there before, which apt-get would keep.
class Downloads {
  public:
    explicit Downloads(std::vector<std::string> names) : names_(std::move(names)) {}
    Downloads(const Downloads&) = delete;
    Downloads& operator=(const Downloads&) = delete;
    ~Downloads() {
        for (const auto& name : names_)
            remove_archive(name);
    }

  private:
    std::vector<std::string> names_;
};

Result<> check_trust(const pkgAcquire& fetcher) {
    std::vector<std::string> untrusted;
    for (auto item = fetcher.ItemsBegin(); item != fetcher.ItemsEnd(); ++item)
        if (!(*item)->IsTrusted()) untrusted.emplace_back((*item)->ShortDesc());
    if (untrusted.empty()) return {};
    return model::fail(ErrorCode::untrusted,
                       "no signed package source has " + shortened(untrusted));
}

Result<> check_downloads(const pkgAcquire& fetcher) {
    for (auto item = fetcher.ItemsBegin(); item != fetcher.ItemsEnd(); ++item) {
        if ((*item)->Status == pkgAcquire::Item::StatDone && (*item)->Complete) continue;
        const bool forged = (*item)->Status == pkgAcquire::Item::StatAuthError;
        const bool full = (*item)->ErrorText.find("No space left on device") != std::string::npos;
        return model::fail(forged ? ErrorCode::untrusted
                           : full ? ErrorCode::no_space
                                  : ErrorCode::unreachable,
                           (*item)->DescURI() + " cannot be downloaded: " + (*item)->ErrorText +
                               "; try again when the package source answers, after 'apt-get "
                               "update' where it has another version by now");
    }
    return {};
}

Result<> download(pkgAcquire& fetcher) {
    TRY(check_trust(fetcher));
    const auto ended = fetcher.Run();
    TRY(check_downloads(fetcher));
    if (ended == pkgAcquire::Continue) return {};
    return model::fail(apt_failure(ErrorCode::unreachable, "packages cannot be downloaded"));
}

Result<> run_package_manager(pkgPackageManager& manager) {
    // dpkg takes it itself.
    _system->UnLockInner();
    APT::Progress::PackageManager progress;
    if (manager.DoInstall(&progress) == pkgPackageManager::Completed) return {};
    return model::fail(apt_failure(ErrorCode::conflict, "packages could not be installed"));
}

Result<> fetch_and_install(pkgCacheFile& cache, const std::filesystem::path& file,
                           const std::vector<Listed>& packages) {
    const auto directory = archive_directory();
    TRY(wait_for_lock(directory + "lock", std::chrono::steady_clock::now() + kInstallWait));
    Quiet status;
    pkgAcquire fetcher(&status);
    if (!fetcher.GetLock(directory))
        return model::fail(apt_failure(ErrorCode::internal, directory));
    pkgRecords records(cache);
    const std::unique_ptr<pkgPackageManager> manager(_system->CreatePM(cache));
    if (!manager->GetArchives(&fetcher, cache.GetSourceList(), &records))
        return model::fail(apt_failure(ErrorCode::conflict, "packages cannot be downloaded"));
    Record record{.archives = missing_archives(packages), .installing = false};
    TRY(write_record(file, record));
    const Downloads downloads(record.archives);
    TRY(download(fetcher));
    record.installing = true;
    TRY(write_record(file, record));
    return run_package_manager(*manager);
}

Result<> install_now(const std::filesystem::path& record, const std::vector<Listed>& packages) {
    pkgCacheFile cache;
    TRY(open_to_change(cache));
    TRY(mark(cache, packages));
    TRY(check_marks(cache, packages));
    return fetch_and_install(cache, record, packages);
}

}  // namespace

Result<nlohmann::json> install(const std::filesystem::path& record,
                               const std::vector<Listed>& packages) {
    TRY(initialise_apt());
    TRY(run_logged([&] { return install_now(record, packages); }));
    return nlohmann::json::object();
}

}  // namespace agent::apt::helper
