// SPDX-License-Identifier: GPL-3.0-or-later
// container-stopped NAME: ExecStopPost= of a container's unit. Takes back the mark of an earlier
// end that was asked for. Ends at once where the service ended well ($SERVICE_RESULT and $EXIT_CODE
// of systemd.exec(5)), else becomes the program repair-container beside it. A stop that comes while
// podman starts the container kills podman and leaves the container's processes: a success to
// systemd, with a main process that was killed.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "agent/stop_helper/asked_mark.hpp"

int main(int argc, char** argv) {
    if (argc == 2) unlink(agent::stop_helper::asked_mark(argv[1]).c_str());
    const char* result = std::getenv("SERVICE_RESULT");
    const char* how = std::getenv("EXIT_CODE");
    const bool killed = how != nullptr && std::strcmp(how, "exited") != 0;
    if (result != nullptr && std::strcmp(result, "success") == 0 && !killed) return 0;
    if (argc != 2) {
        std::fputs("usage: container-stopped NAME, from ExecStopPost= of its unit\n", stderr);
        return 2;
    }
    std::string program = argv[0];
    program.replace(program.rfind('/') + 1, std::string::npos, "repair-container");
    execl(program.c_str(), program.c_str(), argv[1], nullptr);
    std::perror(program.c_str());
    return 1;
}
