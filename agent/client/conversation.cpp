// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/client/conversation.hpp"

#include <cerrno>
#include <string_view>
#include <system_error>

#include "agent/bus/connect.hpp"
#include "agent/bus/names.hpp"

namespace agent::client {

namespace {

constexpr const char* kBusDaemon = "org.freedesktop.DBus";

std::string text_of(const char* text) {
    return text == nullptr ? std::string() : std::string(text);
}

Failure failure_of(sd_bus_message* message) {
    const sd_bus_error* error = sd_bus_message_get_error(message);
    return {.kind = Failure::Kind::refused,
            .name = text_of(error->name),
            .message = text_of(error->message)};
}

Failure failure_of(int result) {
    return {.kind = Failure::Kind::no_connection,
            .name = {},
            .message = std::generic_category().message(-result)};
}

int keep_reply(sd_bus_message* message, void* kept, sd_bus_error* /*error*/) {
    static_cast<bus::Message*>(kept)->reset(sd_bus_message_ref(message));
    return 1;
}

/// What it says; false where that is not understood, or not asked for.
bool read_signal(sd_bus_message* message, Event& event) {
    const char* first = nullptr;
    const char* second = nullptr;
    const char* third = nullptr;
    if (sd_bus_message_is_signal(message, bus::kJobInterface, "Progress") > 0) {
        event.kind = Event::Kind::progress;
        if (sd_bus_message_read(message, "s", &first) < 0) return false;
        event.text = first;
        return true;
    }
    if (sd_bus_message_is_signal(message, bus::kJobInterface, "Ended") > 0) {
        event.kind = Event::Kind::ended;
        if (sd_bus_message_read(message, "iss", &event.ended.exit_code, &first, &second) < 0)
            return false;
        event.ended.document = first;
        event.ended.text = second;
        return true;
    }
    if (sd_bus_message_is_signal(message, kBusDaemon, "NameOwnerChanged") <= 0 ||
        event.sender != kBusDaemon)
        return false;
    event.kind = Event::Kind::owner;
    if (sd_bus_message_read(message, "sss", &first, &second, &third) < 0) return false;
    event.text = third;
    return std::string_view(first) == bus::kName;
}

}  // namespace

std::string sender_of(sd_bus_message* message) {
    return text_of(sd_bus_message_get_sender(message));
}

int Conversation::open(Time bound) {
    const int result = bus::open_system(bus_, bound);
    if (result < 0) return result;
    const std::string jobs = std::string("type='signal',sender='") + bus::kName + "',interface='" +
                             bus::kJobInterface + "',path_namespace='" + bus::kJobPath + "'";
    const std::string owner = std::string("type='signal',sender='") + kBusDaemon + "',interface='" +
                              kBusDaemon + "',member='NameOwnerChanged',arg0='" + bus::kName + "'";
    for (const auto& match : {jobs, owner}) {
        const int added =
            sd_bus_add_match_async(bus_.get(), nullptr, match.c_str(), on_signal, nullptr, this);
        if (added < 0) return added;
    }
    return 0;
}

int Conversation::on_signal(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
    Event event{.kind = {},
                .sender = sender_of(message),
                .path = text_of(sd_bus_message_get_path(message)),
                .text = {}};
    if (read_signal(message, event))
        static_cast<Conversation*>(self)->events_.push_back(std::move(event));
    return 0;
}

int Conversation::on_told(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
    if (sd_bus_message_is_method_error(message, nullptr) <= 0) return 1;
    static_cast<Conversation*>(self)->events_.push_back({.kind = Event::Kind::refusal,
                                                         .sender = {},
                                                         .path = {},
                                                         .text = failure_of(message).message});
    return 1;
}

Conversation::Reply Conversation::call(const bus::Message& request, Time bound,
                                       const Leaves& leaves) const {
    bus::Message reply;
    sd_bus_slot* raw = nullptr;
    const int sent = sd_bus_call_async(bus_.get(), &raw, request.get(), keep_reply, &reply,
                                       bus::microseconds_of(bound));
    const bus::Slot slot(raw);
    if (sent < 0) return tl::unexpected(failure_of(sent));
    while (reply == nullptr) {
        if (leaves()) return tl::unexpected(Failure{Failure::Kind::left, {}, {}});
        if (!wait()) return tl::unexpected(failure_of(-ECONNRESET));
    }
    if (sd_bus_message_is_method_error(reply.get(), nullptr) <= 0) return Reply(std::move(reply));
    // What sd-bus itself answers with for a connection that broke.
    if (sd_bus_is_open(bus_.get()) <= 0) return tl::unexpected(failure_of(-ECONNRESET));
    return tl::unexpected(failure_of(reply.get()));
}

void Conversation::tell(const bus::Message& request, Time bound) {
    static_cast<void>(sd_bus_call_async(bus_.get(), nullptr, request.get(), on_told, this,
                                        bus::microseconds_of(bound)));
}

bool Conversation::wait() const {
    int result = sd_bus_process(bus_.get(), nullptr);
    if (result == 0) result = sd_bus_wait(bus_.get(), bus::microseconds_of(look_));
    return result >= 0 || result == -EINTR;
}

std::optional<Event> Conversation::next() {
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
}

}  // namespace agent::client
