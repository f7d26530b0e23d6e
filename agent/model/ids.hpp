// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::model {

/// The id of a bundle: `[a-z0-9][a-z0-9-]{0,62}`, not ending in `-restart`.
class BundleId {
  public:
    BundleId() = default;
    /// ErrorCode::invalid with what is allowed.
    [[nodiscard]] static Result<BundleId> parse(std::string_view text);
    [[nodiscard]] const std::string& value() const { return value_; }
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the compared 0 for a pointer
    auto operator<=>(const BundleId&) const = default;

  private:
    explicit BundleId(std::string value) : value_(std::move(value)) {}
    std::string value_;
};

/// The name of a container inside its bundle and on the machine; the same alphabet as BundleId
/// (it becomes a unit name and a host name).
class ContainerName {
  public:
    ContainerName() = default;
    [[nodiscard]] static Result<ContainerName> parse(std::string_view text);
    [[nodiscard]] const std::string& value() const { return value_; }
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the compared 0 for a pointer
    auto operator<=>(const ContainerName&) const = default;

  private:
    explicit ContainerName(std::string value) : value_(std::move(value)) {}
    std::string value_;
};

/// 64 lower-case hexadecimal digits of a SHA-256, without the `sha256:` prefix.
class Sha256 {
  public:
    Sha256() = default;
    /// Accepts the digits with or without the prefix `sha256:`.
    [[nodiscard]] static Result<Sha256> parse(std::string_view text);
    [[nodiscard]] const std::string& hex() const { return hex_; }
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the compared 0 for a pointer
    auto operator<=>(const Sha256&) const = default;

  private:
    explicit Sha256(std::string hex) : hex_(std::move(hex)) {}
    std::string hex_;
};

}  // namespace agent::model
