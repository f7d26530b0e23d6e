// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "agent/model/result.hpp"

namespace agent::operations {

/// What failed of several things that are tried one after another: one that fails must not keep the
/// others from being done.
class Failures {
  public:
    void note(const model::Result<>& result, const std::string& what = {}) {
        if (result) return;
        const auto error = what.empty() ? result.error() : result.error().with_context(what);
        first_ = first_ ? first_->followed_by(error) : error;
    }
    [[nodiscard]] model::Result<> result() const {
        if (first_) return model::fail(*first_);
        return {};
    }

  private:
    std::optional<model::Error> first_;
};

}  // namespace agent::operations
