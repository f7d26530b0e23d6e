// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace description_text {

/// A base bundle without containers: six lines, whose text `more` begins on line 7.
inline std::string base(const std::string& more = {}) {
    return "format = 1\n"
           "id = \"robot-base\"\n"
           "version = \"1.0.0\"\n"
           "type = \"base\"\n"
           "os = \">= 12\"\n"
           "\n" +
           more;
}

/// An add-on without containers: five lines, whose text `more` begins on line 6.
inline std::string addon(const std::string& more = {}) {
    return "format = 1\n"
           "id = \"navigation\"\n"
           "version = \"1.0.0\"\n"
           "type = \"addon\"\n"
           "\n" +
           more;
}

/// `[[containers]]`, its name and its image, on three lines.
inline std::string container(const std::string& name, const std::string& more = {}) {
    return "[[containers]]\nname = \"" + name + "\"\nimage = \"example.com/" + name + ":1\"\n" +
           more;
}

}  // namespace description_text
