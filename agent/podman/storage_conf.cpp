// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/storage_conf.hpp"

#include <fstream>
#include <iterator>

#include "agent/model/toml_reader.hpp"

namespace agent::podman {

namespace {

using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

constexpr const char* kDefault = "/var/lib/containers/storage";

Result<fs::path> graph_root_in(const std::string& text, const fs::path& file) {
    model::Problems problems;
    auto document = model::TomlDocument::parse(text, file.string(), problems);
    std::optional<std::string> path;
    if (document.valid()) {
        auto root = document.root();
        if (auto storage = root.table("storage")) path = storage->string("graphroot");
    }
    if (!problems.empty())
        return model::fail(ErrorCode::conflict, model::to_error(problems).text());
    return path && !path->empty() ? *std::move(path) : kDefault;
}

}  // namespace

Result<fs::path> graph_root(const fs::path& root) {
    // The administrator's file, if there, is read instead of the distribution's, not over it.
    for (const char* name : {"etc/containers/storage.conf", "usr/share/containers/storage.conf"}) {
        std::ifstream stream(root / name, std::ios::binary);
        if (!stream) continue;
        return graph_root_in(std::string(std::istreambuf_iterator<char>(stream), {}), root / name);
    }
    return kDefault;
}

}  // namespace agent::podman
