// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/result.hpp"

namespace agent::scopes {

/// The member of a bundle that has the schema of a scope.
[[nodiscard]] std::string schema_member(const std::string& scope);

inline constexpr std::size_t kMaxSchemaBytes = 256U << 10U;
/// Of an add-on's description, where it names a scope.
inline constexpr std::size_t kMaxScopedBytes = 64U << 10U;

/// Why a description is not what a scope allows.
struct Violation {
    /// Keys and indices from the description's root.
    std::vector<std::string> path;
    std::string message;
    bool operator==(const Violation&) const = default;
};

/// The schema that a base has for a scope: what an add-on of it may be.
class Scope {
  public:
    /// ErrorCode::invalid where the text is no JSON Schema, or none that a scope may have.
    [[nodiscard]] static model::Result<Scope> parse(std::string_view text);
    ~Scope();
    Scope(Scope&&) noexcept;
    Scope& operator=(Scope&&) noexcept;

    /// What is not allowed in a description that is given as JSON; empty where all is.
    /// ErrorCode::conflict where finding that out would take more than a few seconds.
    [[nodiscard]] model::Result<std::vector<Violation>> check(std::string_view json) const;

  private:
    struct State;
    explicit Scope(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace agent::scopes
