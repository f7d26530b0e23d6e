// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/say.hpp"

#include <cstdio>

#include "agent/model/text.hpp"

namespace agent::afm {

namespace {

int verbosity_of_all = 0;

}  // namespace

void set_verbosity(int verbosity) {
    verbosity_of_all = verbosity;
}

void say(int verbosity, const std::string& text) {
    if (verbosity_of_all >= verbosity) std::fprintf(stderr, "%s\n", model::escaped(text).c_str());
}

}  // namespace agent::afm
