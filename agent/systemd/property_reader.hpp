// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/systemd/bus.hpp"

namespace agent::systemd {

/// The object of a unit, loaded or not.
[[nodiscard]] model::Result<std::string> unit_path(const std::string& unit);

/// Reads single properties of many objects, with many questions on their way at a time: a bus lets
/// a connection have 128 of them, dbus-daemon(1).
///
/// GetAll costs systemd 2 ms a unit, because it gathers some 250 properties, accounting included;
/// one Get 0.1 ms.
class PropertyReader {
  public:
    explicit PropertyReader(const Bus& bus) : bus_(bus) {}

    /// The value is there after finish(). The target must live as long as this object.
    void ask(const std::string& path, const char* interface, const char* property,
             std::string& value);
    void ask(const std::string& path, const char* interface, const char* property,
             std::uint32_t& value);
    void ask(const std::string& path, const char* interface, const char* property,
             std::int32_t& value);
    void ask(const std::string& path, const char* interface, const char* property,
             std::uint64_t& value);
    void ask(const std::string& path, const char* interface, const char* property, bool& value);
    /// Appends to what is there.
    void ask(const std::string& path, const char* interface, const char* property,
             std::vector<std::string>& value);
    /// Bytes as hexadecimal digits.
    void ask_hexadecimal(const std::string& path, const char* interface, const char* property,
                         std::string& value);
    /// A number whose greatest value says that there is none.
    void ask_optional(const std::string& path, const char* interface, const char* property,
                      std::optional<std::uint64_t>& value);

    /// Waits for all answers; the first failure is the result.
    [[nodiscard]] model::Result<> finish();

  private:
    /// Takes a value from an answer; a negative errno is a failure.
    using Take = std::function<int(sd_bus_message*)>;
    struct Question {
        PropertyReader* reader;
        const char* property;
        Take take;
        Slot slot;
    };
    void ask_for(const std::string& path, const char* interface, const char* property, Take take);
    /// Waits until no more than so many questions are unanswered.
    [[nodiscard]] int wait(std::size_t most);
    static int on_answer(sd_bus_message* message, void* question, sd_bus_error* error);
    void fail_with(const char* property, const sd_bus_error* error, int result);

    const Bus& bus_;
    std::deque<Question> questions_;
    std::size_t unanswered_ = 0;
    std::optional<model::Error> error_;
};

}  // namespace agent::systemd
