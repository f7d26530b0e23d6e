// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/afm/failure.hpp"

namespace agent::afm {

namespace {

const char* family(model::ErrorCode code, Doing doing) {
    using model::ErrorCode;
    if (code == ErrorCode::usage) return "bad request";
    if (code == ErrorCode::not_found) return "not found";
    if (code == ErrorCode::not_permitted) return "forbidden";
    return doing == Doing::starting ? "can't start" : kFault;
}

}  // namespace

std::string failure_message(const model::Error& error, Doing doing) {
    return std::string(family(error.code(), doing)) + ": " + error.text();
}

}  // namespace agent::afm
