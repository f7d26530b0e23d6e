// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "agent/model/image_store.hpp"
#include "agent/operations/context.hpp"

namespace agent::operations {

/// A directory to make one image store in, beside the engine's own, where images can be unpacked;
/// gone with the object. What runs that were killed have left there is removed first.
class StoreScratch {
  public:
    [[nodiscard]] static model::Result<StoreScratch> make(const Context& context);
    StoreScratch(StoreScratch&& other) noexcept
        : context_(other.context_), path_(std::exchange(other.path_, {})) {}
    StoreScratch& operator=(StoreScratch&&) = delete;
    ~StoreScratch();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    StoreScratch(const Context& context, std::filesystem::path path)
        : context_(&context), path_(std::move(path)) {}
    const Context* context_;
    std::filesystem::path path_;
};

struct MadeStore {
    std::filesystem::path file;
    model::ImageStore index;
};

/// Makes the image store of an OCI layout that calls images by their ids. `images` are all of them,
/// by name. The same images give the same bytes.
[[nodiscard]] model::Result<MadeStore> make_store(
    const Context& context, const std::filesystem::path& layout,
    const std::map<std::string, model::Sha256>& images, const StoreScratch& scratch);

}  // namespace agent::operations
