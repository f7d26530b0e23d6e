// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper/answer.hpp"

#include <apt-pkg/error.h>

#include <cstdio>

#include "agent/model/exit_code.hpp"

namespace agent::apt::helper {

void print(nlohmann::json answer) {
    answer["format"] = kFormat;
    // Texts of packages may be no UTF-8; they are told all the same.
    std::puts(answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

int print_failure(const model::Error& error) {
    std::fprintf(stderr, "update-agent-packages: %s\n", error.text().c_str());
    print({{"error", {{"exit-code", model::exit_code(error.code())}, {"message", error.text()}}}});
    return 1;
}

std::string apt_errors() {
    std::string text;
    while (!_error->empty()) {
        std::string message;
        if (_error->PopMessage(message)) text += (text.empty() ? "" : "; ") + message;
    }
    return text;
}

model::Error apt_failure(model::ErrorCode code, const std::string& what) {
    const auto errors = apt_errors();
    return {code, errors.empty() ? what : what + ": " + errors};
}

}  // namespace agent::apt::helper
