// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "agent/model/result.hpp"
#include "agent/store/descriptor.hpp"

namespace agent::volumes {

/// The file or directory of that path in an image's file system, opened for reading. Links are
/// followed as if the image were the whole file system. ErrorCode::invalid where there is none, or
/// where it is something else.
[[nodiscard]] model::Result<store::Descriptor> open_in_image(const store::Descriptor& image,
                                                             const std::string& path);

struct ImageEntry {
    /// Below where the listing began; empty for that itself.
    std::string below;
    /// In the image.
    std::string path;
    bool directory = false;
};
/// What is to be copied for a path: the file, or the directory with all below it, each directory
/// before what is in it. A link to a file stands for the file; one to a directory is
/// ErrorCode::invalid, because it may lead round in circles.
[[nodiscard]] model::Result<std::vector<ImageEntry>> list_in_image(const store::Descriptor& image,
                                                                   const std::string& path);

}  // namespace agent::volumes
