// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/property_reader.hpp"

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "agent/systemd/error_map.hpp"

namespace agent::systemd {

namespace {

using model::Result;

template <typename T>
int take_basic(sd_bus_message* message, const char* type, T& value) {
    return sd_bus_message_read(message, "v", type, &value);
}

std::string hexadecimal(const unsigned char* bytes, std::size_t size) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += kDigits[bytes[i] >> 4U];
        text += kDigits[bytes[i] & 0xFU];
    }
    return text;
}

int take_strings(sd_bus_message* message, std::vector<std::string>& value) {
    int result = sd_bus_message_enter_container(message, 'v', "as");
    if (result >= 0) result = sd_bus_message_enter_container(message, 'a', "s");
    const char* text = nullptr;
    while (result >= 0 && (result = sd_bus_message_read_basic(message, 's', &text)) > 0)
        value.emplace_back(text);
    return result;
}

int take_hexadecimal(sd_bus_message* message, std::string& value) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    int result = sd_bus_message_enter_container(message, 'v', "ay");
    if (result >= 0) result = sd_bus_message_read_array(message, 'y', &bytes, &size);
    if (result >= 0) value = hexadecimal(static_cast<const unsigned char*>(bytes), size);
    return result;
}

}  // namespace

Result<std::string> unit_path(const std::string& unit) {
    char* path = nullptr;
    const int result = sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit.c_str(), &path);
    if (result < 0) return model::fail(bus_error("the path of " + unit, {}, {}, -result));
    std::string text(path);
    std::free(path);
    return text;
}

void PropertyReader::ask(const std::string& path, const char* interface, const char* property,
                         std::string& value) {
    ask_for(path, interface, property, [&value](sd_bus_message* message) {
        const char* text = nullptr;
        const int result = take_basic(message, "s", text);
        if (result >= 0) value = text;
        return result;
    });
}

void PropertyReader::ask(const std::string& path, const char* interface, const char* property,
                         std::uint32_t& value) {
    ask_for(path, interface, property,
            [&value](sd_bus_message* message) { return take_basic(message, "u", value); });
}

void PropertyReader::ask(const std::string& path, const char* interface, const char* property,
                         std::int32_t& value) {
    ask_for(path, interface, property,
            [&value](sd_bus_message* message) { return take_basic(message, "i", value); });
}

void PropertyReader::ask(const std::string& path, const char* interface, const char* property,
                         std::uint64_t& value) {
    ask_for(path, interface, property,
            [&value](sd_bus_message* message) { return take_basic(message, "t", value); });
}

void PropertyReader::ask(const std::string& path, const char* interface, const char* property,
                         bool& value) {
    ask_for(path, interface, property, [&value](sd_bus_message* message) {
        int truth = 0;
        const int result = take_basic(message, "b", truth);
        if (result >= 0) value = truth != 0;
        return result;
    });
}

void PropertyReader::ask(const std::string& path, const char* interface, const char* property,
                         std::vector<std::string>& value) {
    ask_for(path, interface, property,
            [&value](sd_bus_message* message) { return take_strings(message, value); });
}

void PropertyReader::ask_hexadecimal(const std::string& path, const char* interface,
                                     const char* property, std::string& value) {
    ask_for(path, interface, property,
            [&value](sd_bus_message* message) { return take_hexadecimal(message, value); });
}

void PropertyReader::ask_optional(const std::string& path, const char* interface,
                                  const char* property, std::optional<std::uint64_t>& value) {
    ask_for(path, interface, property, [&value](sd_bus_message* message) {
        std::uint64_t number = 0;
        const int result = take_basic(message, "t", number);
        if (result >= 0 && number != std::numeric_limits<std::uint64_t>::max()) value = number;
        return result;
    });
}

void PropertyReader::ask_for(const std::string& path, const char* interface, const char* property,
                             Take take) {
    constexpr std::size_t kMostAtATime = 64;
    questions_.push_back({this, property, std::move(take), nullptr});
    sd_bus_slot* slot = nullptr;
    int result = wait(kMostAtATime - 1);
    if (result >= 0)
        result = sd_bus_call_method_async(bus_.get(), &slot, kService, path.c_str(),
                                          "org.freedesktop.DBus.Properties", "Get", on_answer,
                                          &questions_.back(), "ss", interface, property);
    questions_.back().slot.reset(slot);
    if (result < 0)
        fail_with(property, nullptr, result);
    else
        ++unanswered_;
}

int PropertyReader::on_answer(sd_bus_message* message, void* question, sd_bus_error*) {
    const auto& asked = *static_cast<Question*>(question);
    --asked.reader->unanswered_;
    if (const auto* error = sd_bus_message_get_error(message); error != nullptr)
        asked.reader->fail_with(asked.property, error, -sd_bus_error_get_errno(error));
    else if (const int result = asked.take(message); result < 0)
        asked.reader->fail_with(asked.property, nullptr, result);
    return 0;
}

void PropertyReader::fail_with(const char* property, const sd_bus_error* error, int result) {
    if (error_) return;
    const bool has_text = error != nullptr && error->message != nullptr;
    error_ = bus_error(property, error == nullptr ? "" : error->name,
                       has_text ? error->message : "", -result);
}

int PropertyReader::wait(std::size_t most) {
    // Every question has a timeout of its own, so this ends.
    while (unanswered_ > most) {
        int result = sd_bus_process(bus_.get(), nullptr);
        if (result == 0) result = sd_bus_wait(bus_.get(), std::numeric_limits<uint64_t>::max());
        if (result < 0 && result != -EINTR) return result;
    }
    return 0;
}

Result<> PropertyReader::finish() {
    if (const int result = wait(0); result < 0)
        return model::fail(bus_error("unit properties", {}, {}, -result));
    if (error_) return model::fail(*error_);
    return {};
}

}  // namespace agent::systemd
