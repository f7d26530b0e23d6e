// SPDX-License-Identifier: GPL-3.0-or-later
//
// Runs two commands in turn and prints what each run took: "A-nanoseconds B-nanoseconds" a line.
//
//   pairs COUNT PREPARE... -- FIRST... -- SECOND...
//
// PREPARE runs before each pair and is not timed.
// Static and small, so that it adds nothing but fork(2), execve(2) and waitpid(2).

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long run(char **command)
{
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execv(command[0], command);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "pairs: %s ended with %d\n", command[0], status);
        exit(1);
    }
    return (end.tv_sec - begin.tv_sec) * 1000000000LL + end.tv_nsec - begin.tv_nsec;
}

int main(int argc, char **argv)
{
    char **commands[3] = {argv + 2};
    int count = 1;
    for (int i = 2; i < argc && count < 3; ++i) {
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            commands[count++] = argv + i + 1;
        }
    }
    if (count != 3) {
        fprintf(stderr, "usage: pairs COUNT PREPARE... -- FIRST... -- SECOND...\n");
        return 2;
    }
    // The first pair only brings both sides' files into memory.
    for (int i = atoi(argv[1]); i >= 0; --i) {
        run(commands[0]);
        long long first = run(commands[1]);
        long long second = run(commands[2]);
        if (i < atoi(argv[1]))
            printf("%lld %lld\n", first, second);
    }
    return 0;
}
