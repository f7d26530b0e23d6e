// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/result.hpp"

#include <cerrno>
#include <system_error>

namespace agent::model {

Error Error::with_context(std::string step) const& {
    Error copy = *this;
    copy.context_.push_back(std::move(step));
    return copy;
}

Error Error::with_context(std::string step) && {
    context_.push_back(std::move(step));
    return std::move(*this);
}

Error Error::followed_by(const Error& later) const {
    Error copy = *this;
    copy.later_.push_back(later.text());
    return copy;
}

std::string Error::text() const {
    std::string text;
    for (auto step = context_.rbegin(); step != context_.rend(); ++step)
        text += *step + ": ";
    text += message_;
    for (const auto& later : later_)
        text += "; then: " + later;
    return text;
}

Error errno_error(int error_number, std::string what) {
    auto code = ErrorCode::internal;
    if (error_number == ENOSPC || error_number == EDQUOT) code = ErrorCode::no_space;
    if (error_number == EACCES || error_number == EPERM || error_number == EROFS)
        code = ErrorCode::not_permitted;
    if (error_number == ENOENT) code = ErrorCode::not_found;
    return {code, std::move(what) + ": " + std::generic_category().message(error_number)};
}

}  // namespace agent::model
