// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/floors.hpp"

#include <string>
#include <utility>
#include <vector>

#include "agent/store/atomic_file.hpp"
#include "agent/store/toml_text.hpp"

namespace agent::store {

using model::Result;

namespace {

constexpr int kFloorsFormat = 1;

Floors read_entries(model::TomlTable& root) {
    Floors floors;
    for (auto& entry : root.tables("bundles")) {
        const auto id = model::BundleId::parse(required_string(entry, "id").value_or(""));
        const auto version = model::Version::parse(required_string(entry, "version").value_or(""));
        if (!id)
            entry.problem("id", id.error().text());
        else if (!version)
            entry.problem("version", version.error().text());
        else
            floors.emplace(*id, *version);
        entry.finish();
    }
    return floors;
}

}  // namespace

Result<Floors> read_floors(const Paths& paths) {
    const auto file = paths.floors().string();
    const auto text = read_file(paths.floors());
    if (!text && text.error().code() == model::ErrorCode::not_found) return Floors{};
    if (!text) return model::fail(text.error());
    model::Problems problems;
    auto document = model::TomlDocument::parse(*text, file, problems);
    if (!document.valid()) return model::fail(model::to_error(problems));
    auto root = document.root();
    TRY(check_format(root, kFloorsFormat, file));
    auto floors = read_entries(root);
    root.finish();
    if (!problems.empty()) return model::fail(model::to_error(problems));
    return floors;
}

Result<> write_floors(const Paths& paths, const Floors& floors) {
    std::string text = "format = " + std::to_string(kFloorsFormat) + "\n";
    for (const auto& [id, version] : floors)
        text += "\n[[bundles]]\nid = " + toml_string(id.value()) +
                "\nversion = " + toml_string(version.to_string()) + "\n";
    return write_file_atomically(paths.floors(), text);
}

}  // namespace agent::store
