// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace agent::model {

/// What kind of failure it is; the command line maps each to one documented exit code.
enum class ErrorCode {
    internal,
    usage,
    invalid,
    untrusted,
    conflict,
    not_found,
    busy,
    unhealthy,
    rollback_failed,
    not_permitted,
    no_space,
    unreachable,
};

/// A failure: its kind, what happened, and the steps it happened in (outermost last).
class Error {
  public:
    Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

    [[nodiscard]] ErrorCode code() const { return code_; }
    [[nodiscard]] const std::string& message() const { return message_; }

    /// The same error, with the step it happened in put before its text.
    [[nodiscard]] Error with_context(std::string step) const&;
    [[nodiscard]] Error with_context(std::string step) &&;
    /// This error first, `later` (a failed clean-up) told after it.
    [[nodiscard]] Error followed_by(const Error& later) const;
    /// "outer step: inner step: message; then: …", one line unless the message has several.
    [[nodiscard]] std::string text() const;

  private:
    ErrorCode code_;
    std::string message_;
    std::vector<std::string> context_;
    std::vector<std::string> later_;
};

template <typename T = void>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
    return tl::unexpected<Error>(Error(code, std::move(message)));
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

/// An error for a failed system call: "what: strerror", no_space for ENOSPC and EDQUOT,
/// not_permitted for EACCES and EPERM, not_found for ENOENT, else internal.
[[nodiscard]] Error errno_error(int error_number, std::string what);

}  // namespace agent::model

#define AGENT_CONCAT_IMPL(a, b) a##b
#define AGENT_CONCAT(a, b) AGENT_CONCAT_IMPL(a, b)
/// Declares `target` with the value of `expression`, or returns its error.
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration takes none
#define TRY_ASSIGN(target, expression)                               \
    auto AGENT_CONCAT(try_result_, __LINE__) = (expression);         \
    if (!AGENT_CONCAT(try_result_, __LINE__))                        \
        return tl::unexpected<::agent::model::Error>(                \
            std::move(AGENT_CONCAT(try_result_, __LINE__)).error()); \
    target = std::move(*AGENT_CONCAT(try_result_, __LINE__))
// NOLINTEND(bugprone-macro-parentheses)
/// Returns the error of `expression`, if it has one.
#define TRY(expression)                                          \
    if (auto AGENT_CONCAT(try_result_, __LINE__) = (expression); \
        !AGENT_CONCAT(try_result_, __LINE__))                    \
    return tl::unexpected<::agent::model::Error>(                \
        std::move(AGENT_CONCAT(try_result_, __LINE__)).error())
