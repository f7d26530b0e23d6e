// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper/changes.hpp"

#include <apt-pkg/indexfile.h>
#include <apt-pkg/progress.h>
#include <apt-pkg/sourcelist.h>

#include "agent/apt/helper/answer.hpp"

namespace agent::apt::helper {

namespace {

std::string text_of(const pkgCache::DepIterator& dependency) {
    std::string text = dependency.TargetPkg().Name();
    if (dependency.TargetVer() == nullptr) return text;
    return text + " (" + dependency.CompType() + " " + dependency.TargetVer() + ")";
}

/// All that would do, such as "a (>= 1) or b".
std::string text_of(pkgCache::DepIterator first, const pkgCache::DepIterator& last) {
    auto text = text_of(first);
    while (first->ID != last->ID) {
        ++first;
        text += " or " + text_of(first);
    }
    return text;
}

}  // namespace

std::string missing_of(pkgCacheFile& cache, const pkgCache::PkgIterator& package) {
    std::string name = package.FullName(true);
    const auto version = cache[package].InstVerIter(*cache.GetPkgCache());
    if (version.end()) return name;
    for (auto dependency = version.DependsList(); !dependency.end();) {
        pkgCache::DepIterator first;
        pkgCache::DepIterator last;
        // It goes on to the next group itself.
        dependency.GlobOr(first, last);
        if (!last.IsCritical() || (cache[last] & pkgDepCache::DepGInstall) != 0) continue;
        return name + (last.IsNegative() ? " conflicts with " : " depends on ") +
               text_of(first, last);
    }
    return name;
}

Changes changes_of(pkgCacheFile& cache) {
    Changes changes;
    for (auto package = cache->PkgBegin(); !package.end(); ++package) {
        auto& state = cache[package];
        const auto version = state.InstVerIter(*cache.GetPkgCache());
        const std::string name = package.FullName(true);
        if (state.InstBroken()) changes.broken.push_back(missing_of(cache, package));
        if (state.Delete() && !package.CurrentVer().end())
            changes.removed.push_back(name);
        else if (state.NewInstall())
            changes.installed.push_back(version);
        else if (state.Install() || state.ReInstall())
            changes.replaced.push_back(name + " " + package.CurrentVer().VerStr() + " by " +
                                       version.VerStr());
    }
    return changes;
}

std::string shortened(const std::vector<std::string>& words) {
    constexpr std::size_t kShown = 8;
    std::string text;
    for (std::size_t i = 0; i < words.size() && i < kShown; ++i)
        text += (text.empty() ? "" : ", ") + words[i];
    if (words.size() <= kShown) return text;
    return text + " and " + std::to_string(words.size() - kShown) + " more";
}

bool is_trusted(pkgCacheFile& cache, const pkgCache::VerIterator& version) {
    for (auto file = version.FileList(); !file.end(); ++file) {
        pkgIndexFile* index = nullptr;
        if (cache.GetSourceList()->FindIndex(file.File(), index) && index->IsTrusted()) return true;
    }
    return false;
}

model::Result<> open_to_read(pkgCacheFile& cache) {
    OpProgress progress;
    if (cache.ReadOnlyOpen(&progress) && cache.GetSourceList() != nullptr) return {};
    return model::fail(apt_failure(model::ErrorCode::internal, "apt's lists of packages"));
}

}  // namespace agent::apt::helper
