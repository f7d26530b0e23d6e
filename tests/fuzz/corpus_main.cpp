// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the files of a corpus through a fuzzer's function, where there is no libFuzzer.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::uint8_t> read(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(stream)),
                            std::istreambuf_iterator<char>());
    return {bytes.begin(), bytes.end()};
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: corpus-NAME DIRECTORY\n";
        return 2;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
        files.push_back(entry.path());
    if (files.empty()) {
        std::cerr << argv[1] << " has no files\n";
        return 1;
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        // The last line before a crash names its file.
        std::cout << file.filename().string() << std::endl;
        const auto bytes = read(file);
        static_cast<void>(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()));
    }
    return 0;
}
