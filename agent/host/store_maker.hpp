// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "agent/model/ids.hpp"
#include "agent/model/result.hpp"

namespace agent::host {

/// Makes the file system of an image store, on the machine where bundles are made.
class StoreMaker {
  public:
    virtual ~StoreMaker() = default;

    /// Whether stores can be made here: ErrorCode::not_permitted where the owners of an image's
    /// files could not be set, conflict, with the package to install, where a program is not there.
    [[nodiscard]] virtual model::Result<> check() = 0;
    /// Makes a directory in `parent`, which must be on a file system that can be the upper one of
    /// an overlay, and removes those that runs which were killed have left there. One at a time.
    [[nodiscard]] virtual model::Result<std::filesystem::path> make_scratch(
        const std::filesystem::path& parent) = 0;
    /// Unpacks the images of an OCI layout, by their refs there, into a store of its own below
    /// `scratch`, whose directory is returned.
    [[nodiscard]] virtual model::Result<std::filesystem::path> unpack(
        const std::filesystem::path& layout, const std::set<std::string>& refs,
        const std::filesystem::path& scratch) = 0;
    /// Writes these images of a store that pack() made into an OCI layout with zstd layers, under
    /// their ids; unpacks it below `scratch`.
    [[nodiscard]] virtual model::Result<> take_out(const std::filesystem::path& file,
                                                   const std::set<model::Sha256>& images,
                                                   const std::filesystem::path& layout,
                                                   const std::filesystem::path& scratch) = 0;
    /// Ends what unpack() may have left mounted, and removes `scratch`.
    [[nodiscard]] virtual model::Result<> discard(const std::filesystem::path& scratch) = 0;
    /// Packs the directory into `file`, a squashfs: the same tree gives the same bytes.
    /// ErrorCode::conflict, with the package to install, where the program is not there.
    [[nodiscard]] virtual model::Result<> pack(const std::filesystem::path& directory,
                                               const std::filesystem::path& file) = 0;
};

}  // namespace agent::host
