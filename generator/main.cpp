// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

#include "generator/link_units.hpp"

namespace {

iovec piece(std::string_view text) {
    // writev(2) does not write to what iovec has no const for.
    return {const_cast<char*>(text.data()), text.size()};
}

/// One line to the kernel's log, which is there before the journal is.
void report(const char* name, const char* reason) {
    const std::array<iovec, 5> line = {piece("<4>update-agent-generator: "), piece(name),
                                       piece(" "), piece(reason), piece("\n")};
    const int kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY);
    const auto written =
        writev(kmsg >= 0 ? kmsg : STDERR_FILENO, line.data(), static_cast<int>(line.size()));
    // There is nowhere to say that this failed.
    static_cast<void>(written);
    if (kmsg >= 0) close(kmsg);
}

/// systemd.generator(7): normal, early and late directory; by hand, one for all.
const char* output_directory(int argc, char** argv) {
    if (argc == 4) return argv[3];
    return argc == 2 ? argv[1] : nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    const char* output = output_directory(argc, argv);
    if (output == nullptr) {
        report("usage:", "update-agent-generator NORMAL-DIR EARLY-DIR LATE-DIR");
        return 0;
    }
    generator::link_units({.operation_directory = "/opt/operation",
                           .output_directory = output,
                           .owner = 0,
                           .report = report});
    return 0;
}
