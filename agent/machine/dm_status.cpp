// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/machine/dm_status.hpp"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <sstream>

namespace agent::machine {

namespace {

/// Of a device with one target there is far less.
constexpr std::size_t kAnswerBytes = 4096;
/// Since the first kernels that have device-mapper at all.
constexpr unsigned kInterfaceMajor = 4;
using Answer = std::array<char, kAnswerBytes>;

std::optional<dev_t> parse_device(const std::string& device) {
    std::istringstream stream(device);
    unsigned major_number = 0;
    unsigned minor_number = 0;
    char colon = 0;
    if (!(stream >> major_number >> colon >> minor_number) || colon != ':') return std::nullopt;
    return makedev(major_number, minor_number);
}

/// Behind the header is a dm_target_spec for each target, and behind that its text.
std::optional<Answer> table_status(const std::filesystem::path& control, dev_t device) {
    Answer answer{};
    dm_ioctl header{};
    header.version[0] = kInterfaceMajor;
    header.data_size = kAnswerBytes;
    header.data_start = sizeof(dm_ioctl);
    header.flags = DM_NOFLUSH_FLAG;
    header.dev = device;
    std::memcpy(answer.data(), &header, sizeof(header));
    const int fd = open(control.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return std::nullopt;
    const int done = ioctl(fd, DM_TABLE_STATUS, answer.data());
    close(fd);
    if (done != 0) return std::nullopt;
    return answer;
}

}  // namespace

std::optional<bool> parse_verity_status(std::string_view target, std::string_view status) {
    const auto word = status.substr(0, status.find(' '));
    if (target != "verity" || (word != "V" && word != "C")) return std::nullopt;
    return word == "C";
}

std::optional<bool> verity_found_damage(const std::filesystem::path& control,
                                        const std::string& device) {
    const auto number = parse_device(device);
    const auto answer = number ? table_status(control, *number) : std::nullopt;
    if (!answer) return std::nullopt;
    dm_ioctl header{};
    std::memcpy(&header, answer->data(), sizeof(header));
    dm_target_spec target{};
    constexpr std::size_t kLeast = sizeof(dm_ioctl) + sizeof(target);
    if (header.target_count != 1 || (header.flags & DM_BUFFER_FULL_FLAG) != 0 ||
        header.data_start > kAnswerBytes - kLeast)
        return std::nullopt;
    const char* data = answer->data() + header.data_start;
    std::memcpy(&target, data, sizeof(target));
    const char* text = data + sizeof(target);
    const auto room = static_cast<std::size_t>(answer->data() + kAnswerBytes - text);
    return parse_verity_status({target.target_type, strnlen(target.target_type, DM_MAX_TYPE_NAME)},
                               {text, strnlen(text, room)});
}

}  // namespace agent::machine
