// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "agent/store/generations.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace test {

/// The value of a result that has to be there.
template <typename T>
T must(agent::model::Result<T> result) {
    if (!result) FAIL(result.error().text());
    return std::move(*result);
}
inline void must(const agent::model::Result<>& result) {
    if (!result) FAIL(result.error().text());
}

inline agent::model::Sha256 digest(char digit) {
    return must(agent::model::Sha256::parse(std::string(64, digit)));
}

inline std::string description_text(const std::string& id, const std::string& version) {
    return "format = 1\nid = \"" + id + "\"\nname = \"" + id + "\"\nversion = \"" + version +
           "\"\ntype = \"addon\"\n\n[[containers]]\nname = \"" + id +
           "-main\"\nimage = \"localhost/" + id +
           ":1\"\nimage-id = \"sha256:" + std::string(64, 'c') + "\"\n";
}

/// A bundle whose kept directory is written, as installing it would have done.
inline agent::model::InstalledBundle keep_bundle(const agent::store::Paths& paths,
                                                 const std::string& id,
                                                 const std::string& version = "1.0.0") {
    agent::model::Problems problems;
    const std::string text = description_text(id, version);
    agent::model::InstalledBundle bundle;
    bundle.description = agent::model::parse_description(text, "bundle.toml", problems);
    for (const auto& problem : problems)
        FAIL(to_string(problem));
    bundle.digest = digest('a');
    bundle.anchor = digest('b').hex();
    bundle.containers = {{must(agent::model::ContainerName::parse(id + "-main")),
                          id + "-main-dddddddd", digest('d'), digest('c')}};
    const auto directory = paths.bundle(bundle.description.id, bundle.description.version);
    write_text(directory / "manifest", "the manifest of " + id + "\n");
    write_text(directory / "manifest.sig", "the signature of " + id + "\n");
    write_text(directory / "bundle.toml", text);
    return bundle;
}

/// A whole generation with these bundles, whose kept directories are written.
inline agent::store::Generation make_generation(const agent::store::Paths& paths, unsigned number,
                                                const std::vector<std::string>& ids) {
    agent::store::Generation generation;
    generation.info = {number, number - 1, "install something",
                       agent::model::SystemTime{} + std::chrono::hours(500000), 252};
    generation.set.generation = number;
    for (const auto& id : ids) {
        const auto bundle = keep_bundle(paths, id);
        generation.set.bundles.emplace(bundle.description.id, bundle);
        generation.units[id + ".target"] = "[Unit]\nDescription=" + id + "\n";
        generation.units[id + "-main.service"] = "[Service]\nExecStart=/bin/true\n";
        generation.wants.push_back(id + ".target");
        generation.containers[id + "-main"] = "{\"arguments\":[\"--name\"]}\n";
    }
    return generation;
}

}  // namespace test
