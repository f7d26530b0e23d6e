// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper/archives.hpp"

#include <apt-pkg/configuration.h>
#include <apt-pkg/strutl.h>

namespace agent::apt::helper {

std::string archive_directory() {
    return _config->FindDir("Dir::Cache::Archives");
}

std::string archive_name(const std::string& name, const std::string& version,
                         const std::string& architecture) {
    return QuoteString(name, "_:") + "_" + QuoteString(version, "_:") + "_" +
           QuoteString(architecture, "_:.") + ".deb";
}

void remove_archive(const std::string& name) {
    const std::filesystem::path directory = archive_directory();
    std::error_code error;
    for (const auto& file : {directory / name, directory / "partial" / name,
                             directory / "partial" / (name + ".FAILED")})
        std::filesystem::remove(file, error);
}

}  // namespace agent::apt::helper
