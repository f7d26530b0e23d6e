// SPDX-License-Identifier: GPL-3.0-or-later
#include <systemd/sd-bus.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>

#include "agent/afm/json_text.hpp"
#include "agent/afm/util_call.hpp"
#include "agent/bus/handles.hpp"

namespace {

using namespace agent;

int fail(const std::string& text) {
    std::fprintf(stderr, "afm-util: %s\n", text.c_str());
    return 1;
}

/// Lightly broken into lines, for people; still JSON.
std::string for_people(const char* text) {
    constexpr int kIndentation = 2;
    const auto value = afm::Json::parse(text, nullptr, false);
    if (value.is_discarded()) return text;
    return value.dump(kIndentation, ' ', false, afm::Json::error_handler_t::replace);
}

int call(const afm::UtilCall& wanted) {
    sd_bus* raw_bus = nullptr;
    int result = sd_bus_open_user(&raw_bus);
    const bus::Connection connection(raw_bus);
    if (result < 0)
        return fail(std::string("cannot reach the session bus: ") + std::strerror(-result));
    sd_bus_message* raw = nullptr;
    result = sd_bus_message_new_method_call(raw_bus, &raw, "org.AGL.afm.user", "/org/AGL/afm/user",
                                            "org.AGL.afm.user", wanted.member.c_str());
    const bus::Message message(raw);
    if (result >= 0) result = sd_bus_message_set_allow_interactive_authorization(raw, 1);
    if (result >= 0) result = sd_bus_message_append(raw, "s", wanted.argument.c_str());
    if (result < 0) return fail(std::strerror(-result));
    bus::BusError error;
    sd_bus_message* raw_reply = nullptr;
    result = sd_bus_call(raw_bus, raw, std::numeric_limits<std::uint64_t>::max(), error.get(),
                         &raw_reply);
    const bus::Message reply(raw_reply);
    if (result < 0)
        return fail(*error.message() != '\0' ? error.message() : std::strerror(-result));
    const char* text = nullptr;
    if (sd_bus_message_read(raw_reply, "s", &text) < 0) return fail("the answer is no string");
    std::puts(for_people(text).c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    if (afm::wants_help(words)) {
        std::fputs(afm::util_help().c_str(), stdout);
        return 0;
    }
    std::error_code error;
    const auto wanted = afm::util_call(words, std::filesystem::current_path(error));
    return wanted ? call(*wanted) : fail(wanted.error().text());
}
