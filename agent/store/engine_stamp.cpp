// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/engine_stamp.hpp"

#include <unistd.h>

#include <cerrno>
#include <string>

#include "agent/store/atomic_file.hpp"
#include "agent/store/system_call.hpp"
#include "agent/store/toml_text.hpp"

namespace agent::store {

using model::fail;
using model::Result;

namespace {

constexpr int kStampFormat = 1;
constexpr std::size_t kLargest = 4096;

std::filesystem::path stamp_file(const std::filesystem::path& graph_root) {
    return graph_root / "update-agent.stamp";
}

}  // namespace

Result<> write_stamp(const std::filesystem::path& graph_root, unsigned generation) {
    return write_file_atomically(stamp_file(graph_root),
                                 "format = " + std::to_string(kStampFormat) +
                                     "\ngeneration = " + std::to_string(generation) + "\n");
}

bool stamp_matches(const std::filesystem::path& graph_root, unsigned generation) {
    const auto file = stamp_file(graph_root);
    const auto text = read_file(file, kLargest);
    if (!text) return false;
    model::Problems problems;
    auto document = model::TomlDocument::parse(*text, file.string(), problems);
    auto root = document.root();
    if (!check_format(root, kStampFormat, file.string())) return false;
    const unsigned stamped = required_number(root, "generation");
    root.finish();
    return problems.empty() && stamped == generation;
}

Result<> remove_stamp(const std::filesystem::path& graph_root) {
    const auto file = stamp_file(graph_root);
    if (::unlink(file.c_str()) != 0) {
        if (errno == ENOENT) return {};
        return fail(call_error("remove", file));
    }
    return sync_directory(graph_root);
}

}  // namespace agent::store
