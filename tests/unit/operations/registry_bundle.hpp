// SPDX-License-Identifier: GPL-3.0-or-later
// A bundle whose images only a registry has.
#pragma once

#include <filesystem>
#include <string>

#include "tests/unit/operations/scene.hpp"

namespace test {

inline const std::string kRemoteImage =
    "registry.example/team/remote:1@sha256:" + std::string(64, '1');
inline const std::string kOtherImage = "registry.example/team/other@sha256:" + std::string(64, '2');

/// With image ids of c and d.
inline std::string remote_description(const std::string& version = "1.0.0") {
    return "format = 1\nid = \"remote\"\nversion = \"" + version +
           "\"\ntype = \"addon\"\nimages = \"registry\"\n"
           "start-timeout = \"1s\"\nsettle-time = \"200ms\"\n"
           "[[containers]]\nname = \"remote\"\nimage = \"" +
           kRemoteImage + "\"\nimage-id = \"sha256:" + std::string(64, 'c') +
           "\"\n[[containers]]\nname = \"other\"\nimage = \"" + kOtherImage +
           "\"\nimage-id = \"sha256:" + std::string(64, 'd') + "\"\n";
}

inline model::Sha256 remote_id(char c) {
    return *model::Sha256::parse(std::string(64, c));
}

/// Lets the scene's registry have what the bundle wants.
inline void fill_registry(Scene& scene) {
    scene.engine.registry = {{kRemoteImage, remote_id('c')}, {kOtherImage, remote_id('d')}};
}

/// Made once.
const std::filesystem::path& remote_bundle();

}  // namespace test
