// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes symbolic links and nothing else: what a generator takes that has nothing to find out.
//
//   links COUNT DIRECTORY

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int directory = open(argv[2], O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < atoi(argv[1]); ++i) {
        char target[100];
        int name = snprintf(target, sizeof target, "%s", "/opt/operation/update-agent/generations/1/units/");
        snprintf(target + name, sizeof target - name, "fleet%d-part.service", i);
        if (symlinkat(target, directory, target + name) != 0)
            return 1;
    }
    return 0;
}
