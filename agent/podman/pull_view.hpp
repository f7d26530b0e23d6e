// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

#include "agent/model/result.hpp"

namespace agent::podman {

/// A layout that shows one image of another, by links, without its reference; gone with the object.
///
/// podman 4.3 makes an image name of the layout's path and refuses one with upper-case letters or a
/// `+`, which a bundle's version may have; podman 5 makes one of the reference.
class PullView {
  public:
    /// `view` is replaced. ErrorCode::not_found where the layout has no image with the reference
    /// `ref` (or not exactly one where `ref` is empty), invalid where it is no layout.
    [[nodiscard]] static model::Result<PullView> make(const std::filesystem::path& layout,
                                                      const std::string& ref,
                                                      const std::filesystem::path& view);
    PullView(PullView&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    PullView& operator=(PullView&&) = delete;
    ~PullView();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// The name that podman 4.3 gives to what is pulled from here.
    [[nodiscard]] std::string image_name() const;

  private:
    explicit PullView(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace agent::podman
