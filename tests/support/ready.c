// SPDX-License-Identifier: GPL-3.0-or-later
//
// The only program of the test images: a service that says READY=1 (sd_notify(3)) and waits for
// SIGTERM. Its arguments make it misbehave. Static, so an image is this one file.
//
//   ready [--print TEXT] [--touch FILE] [--delay MS] [--memory MIB] [--processes N] [--never]
//         [--crash-after MS] [--ignore-term] [--stop-delay MS] [--stop-exit CODE]
//   ready --exit CODE        ends at once; what an init container does
//   ready --exists FILE      ends with 0 if there is such a file; a health check
//
// Arguments act in their order, then READY is said, then it waits.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
    fprintf(stderr, "ready: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void sleep_ms(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

static void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || strlen(path) >= sizeof address.sun_path) {
        return;
    }
    strcpy(address.sun_path, path);
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (fd < 0 || sendto(fd, state, strlen(state), 0, (struct sockaddr *)&address, size) < 0) {
        fail("notify");
    }
    close(fd);
}

static void use_memory(size_t mib)
{
    for (size_t i = 0; i < mib; ++i) {
        char *block = malloc(1 << 20);
        if (block == NULL) {
            fail("memory");
        }
        memset(block, 0x55, 1 << 20);
    }
}

static void start_processes(long count)
{
    for (long i = 0; i < count; ++i) {
        pid_t pid = fork();
        if (pid < 0) {
            fail("fork");
        }
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;) {
                pause();
            }
        }
    }
}

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        fail(path);
    }
    close(fd);
}

static void crash_after(long ms)
{
    // A timer rather than a sleep: READY is said in between.
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec when = {.it_value = {ms / 1000, ms % 1000 * 1000000 + 1}};
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
        timer_settime(timer, 0, &when, NULL) != 0) {
        fail("timer");
    }
}

int main(int argc, char **argv)
{
    int never = 0;
    int ignore_term = 0;
    long stop_delay = 0;
    int stop_exit = 0;
    sigset_t signals;

    setvbuf(stdout, NULL, _IOLBF, 0);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);

    for (int i = 1; i < argc; ++i) {
        const char *option = argv[i];
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        int takes_value = 1;
        if (strcmp(option, "--print") == 0) {
            puts(value);
        } else if (strcmp(option, "--touch") == 0) {
            touch(value);
        } else if (strcmp(option, "--delay") == 0) {
            sleep_ms(atol(value));
        } else if (strcmp(option, "--memory") == 0) {
            use_memory((size_t)atol(value));
        } else if (strcmp(option, "--processes") == 0) {
            start_processes(atol(value));
        } else if (strcmp(option, "--crash-after") == 0) {
            crash_after(atol(value));
        } else if (strcmp(option, "--stop-delay") == 0) {
            stop_delay = atol(value);
        } else if (strcmp(option, "--stop-exit") == 0) {
            stop_exit = atoi(value);
        } else if (strcmp(option, "--exit") == 0) {
            return atoi(value);
        } else if (strcmp(option, "--exists") == 0) {
            return access(value, F_OK) == 0 ? 0 : 1;
        } else {
            takes_value = 0;
            if (strcmp(option, "--never") == 0) {
                never = 1;
            } else if (strcmp(option, "--ignore-term") == 0) {
                ignore_term = 1;
            } else {
                fprintf(stderr, "ready: unknown option %s\n", option);
                return 2;
            }
        }
        i += takes_value;
    }

    if (!never) {
        notify("READY=1");
    }
    for (;;) {
        int number = 0;
        sigwait(&signals, &number);
        if (number == SIGUSR1) {
            fprintf(stderr, "ready: crashing as asked\n");
            return 70;
        }
        if (!ignore_term) {
            sleep_ms(stop_delay);
            return stop_exit;
        }
    }
}
