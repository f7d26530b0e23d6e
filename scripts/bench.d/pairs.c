// SPDX-License-Identifier: GPL-3.0-or-later
//
// Runs commands in turn and prints the nanoseconds that each run took, a line for each round.
//
//   pairs COUNT PREPARE... -- FIRST... -- SECOND... [-- ...]
//
// PREPARE runs before each round and is not timed.
// A child shares the memory until it calls execve(2), so that its start costs little more.

#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long run(char **command, const posix_spawn_file_actions_t *actions)
{
    struct timespec begin, end;
    pid_t child = 0;
    int status = 0;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    int error = posix_spawn(&child, command[0], actions, NULL, command, environ);
    if (error == 0)
        waitpid(child, &status, 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (error != 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "pairs: %s: error %d, status %d\n", command[0], error, status);
        exit(1);
    }
    return (end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec;
}

int main(int argc, char **argv)
{
    char **commands[argc + 1];
    commands[0] = argv + 2;
    int count = 1;
    for (int i = 2; i < argc; ++i) {
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            commands[count++] = argv + i + 1;
        }
    }
    if (count < 3) {
        fprintf(stderr, "usage: pairs COUNT PREPARE... -- FIRST... -- SECOND... [-- ...]\n");
        return 2;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    // The first round only brings the files of all into memory.
    for (int round = -1; round < atoi(argv[1]); ++round) {
        run(commands[0], &actions);
        for (int i = 1; i < count; ++i) {
            long long taken = run(commands[i], &actions);
            if (round >= 0)
                printf("%lld%c", taken, i + 1 < count ? ' ' : '\n');
        }
    }
    return 0;
}
