// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace agent::afm {

/// What is told on standard error, which the journal keeps of a service: from 0 on what fails
/// without fault of the caller, from 1 on every call and every failure, from 2 on every answer.
void set_verbosity(int verbosity);
/// Says it where the verbosity is at least so much.
void say(int verbosity, const std::string& text);

}  // namespace agent::afm
