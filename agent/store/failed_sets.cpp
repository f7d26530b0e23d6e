// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/failed_sets.hpp"

#include <algorithm>

#include "agent/store/atomic_file.hpp"
#include "agent/store/timestamp.hpp"
#include "agent/store/toml_text.hpp"

namespace agent::store {

using model::Result;

namespace {

constexpr int kFailedSetsFormat = 1;
constexpr std::size_t kMost = 64;

Result<> write(const Paths& paths, const std::vector<FailedSet>& sets) {
    std::string text = "format = " + std::to_string(kFailedSetsFormat) + "\n";
    for (const auto& set : sets)
        text += "\n[[sets]]\ndigest = " + toml_string("sha256:" + set.digest.hex()) +
                "\ntime = " + toml_string(to_rfc3339(set.time)) +
                "\nreason = " + toml_string(set.reason) + "\n";
    return write_file_atomically(paths.failed_sets(), text);
}

void erase(std::vector<FailedSet>& sets, const model::Sha256& digest) {
    sets.erase(std::remove_if(sets.begin(), sets.end(),
                              [&](const auto& set) { return set.digest == digest; }),
               sets.end());
}

}  // namespace

Result<std::vector<FailedSet>> read_failed_sets(const Paths& paths) {
    const auto file = paths.failed_sets().string();
    const auto text = read_file(paths.failed_sets());
    std::vector<FailedSet> sets;
    if (!text && text.error().code() == model::ErrorCode::not_found) return sets;
    if (!text) return model::fail(text.error());
    model::Problems problems;
    auto document = model::TomlDocument::parse(*text, file, problems);
    if (!document.valid()) return model::fail(model::to_error(problems));
    auto root = document.root();
    TRY(check_format(root, kFailedSetsFormat, file));
    for (auto& entry : root.tables("sets")) {
        sets.push_back({.digest = required<model::Sha256>(entry, "digest"),
                        .time = required_time(entry, "time"),
                        .reason = required_string(entry, "reason").value_or("")});
        entry.finish();
    }
    root.finish();
    if (!problems.empty()) return model::fail(model::to_error(problems));
    return sets;
}

Result<> remember_failed_set(const Paths& paths, const FailedSet& set) {
    TRY_ASSIGN(auto sets, read_failed_sets(paths));
    erase(sets, set.digest);
    sets.push_back(set);
    if (sets.size() > kMost) sets.erase(sets.begin());
    return write(paths, sets);
}

Result<> forget_failed_set(const Paths& paths, const model::Sha256& digest) {
    TRY_ASSIGN(auto sets, read_failed_sets(paths));
    const auto before = sets.size();
    erase(sets, digest);
    return sets.size() == before ? Result<>{} : write(paths, sets);
}

}  // namespace agent::store
