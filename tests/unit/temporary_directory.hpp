// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

namespace test {

/// A directory of its own for one test, removed with all that is in it. In memory where that can
/// be had: thousands of fsyncs a run say nothing here, because no test cuts the power.
class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        if (!make_in("/dev/shm") && !make_in(std::filesystem::temp_directory_path()))
            throw std::runtime_error("mkdtemp failed");
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    bool make_in(const std::filesystem::path& parent) {
        std::string name = (parent / "store-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) return false;
        path_ = name;
        return true;
    }

    std::filesystem::path path_;
};

inline void write_text(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

inline std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Relative path to content of everything below a directory: `/` for a directory, `-> target` for
/// a link. Two that are equal show an unchanged tree.
inline std::map<std::string, std::string> tree_of(const std::filesystem::path& directory) {
    std::map<std::string, std::string> tree;
    if (!std::filesystem::exists(directory)) return tree;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        auto& content = tree[entry.path().lexically_relative(directory).string()];
        if (entry.is_symlink())
            content = "-> " + std::filesystem::read_symlink(entry.path()).string();
        else if (entry.is_directory())
            content = "/";
        else
            content = read_text(entry.path());
    }
    return tree;
}

}  // namespace test
