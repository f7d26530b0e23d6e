// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/model/result.hpp"

namespace agent::model {

using Span = std::chrono::microseconds;

/// A time span as in systemd.time(7), such as `2min 30s`; a bare number is seconds. `infinity` is
/// Span::max().
[[nodiscard]] Result<Span> parse_span(std::string_view text);
/// The shortest text that systemd and podman (Go durations) both read alike for whole seconds and
/// milliseconds: `90s`, `1500ms`.
[[nodiscard]] std::string to_string(Span span);

/// A size in bytes as systemd writes it: K, M, G, T, P, E to the base 1024.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
/// For people: `1.5 MiB`.
[[nodiscard]] std::string human_size(std::uint64_t bytes);

}  // namespace agent::model
