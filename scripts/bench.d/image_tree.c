// SPDX-License-Identifier: GPL-3.0-or-later
//
// Fills a directory with files as an image has them, the same ones at every run: many small ones and
// few large ones, whose content a compressor makes about 2.7 times smaller.
//
// With a last word, files with one percent of the bytes have another content: those that follow each
// other in the midst (together), or some everywhere (spread).
//
//   image_tree MEGABYTES DIRECTORY [together|spread]

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WORDS = 1024, LONGEST = 16, FILES_OF_A_DIRECTORY = 64, LARGEST = 24 };

static uint64_t state = 88172645463325252u;
static char words[WORDS][LONGEST];
static size_t lengths[WORDS];

// Marsaglia's xorshift.
static uint64_t number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void make_words(void)
{
    for (int word = 0; word < WORDS; ++word) {
        lengths[word] = 2 + number() % (LONGEST - 2);
        for (size_t i = 0; i < lengths[word]; ++i)
            words[word][i] = (char)number();
    }
}

// The logarithm is spread as those of a Debian's files are: half of them have less than 6 KiB.
static size_t file_size(void)
{
    int exponent = __builtin_popcountll(number() & ((1u << 30) - 1)) - 3;
    if (exponent < 0)
        exponent = 0;
    if (exponent > LARGEST)
        exponent = LARGEST;
    return ((size_t)1 << exponent) + number() % ((size_t)1 << exponent);
}

// Some words are frequent, and most are followed by a byte that is anything.
static void fill(char *content, size_t size)
{
    for (size_t at = 0; at < size;) {
        uint64_t chosen = number();
        size_t word = (chosen >> 32) % (1 + (chosen & 0xffff) % WORDS);
        for (size_t i = 0; i < lengths[word] && at < size; ++i)
            content[at++] = words[word][i];
        if ((chosen >> 16 & 7) != 0 && at < size)
            content[at++] = (char)(chosen >> 24);
    }
}

static void fill_otherwise(char *content, size_t size)
{
    uint64_t kept = state;
    state = ~state;
    fill(content, size);
    state = kept;
}

static void write_file(const char *path, const char *content, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(content, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4)
        return 2;
    bool together = argc == 4 && strcmp(argv[3], "together") == 0;
    bool spread = argc == 4 && strcmp(argv[3], "spread") == 0;
    size_t changed = 0;
    char path[4096];
    char *content = malloc((size_t)2 << LARGEST);
    size_t all = strtoul(argv[1], NULL, 10) * 1000000;
    size_t left = all;
    if (content == NULL)
        return 1;
    make_words();
    for (int count = 0; left > 0; ++count) {
        size_t size = file_size();
        if (size > left)
            size = left;
        left -= size;
        int length = snprintf(path, sizeof path, "%s/part%d", argv[2], count / FILES_OF_A_DIRECTORY);
        if (count % FILES_OF_A_DIRECTORY == 0)
            mkdir(path, 0755);
        snprintf(path + length, sizeof path - (size_t)length, "/file%d", count);
        fill(content, size);
        size_t due = (spread ? all - left : together && left < all / 2 ? all : 0) / 100;
        if (changed + size <= due) {
            fill_otherwise(content, size);
            changed += size;
        }
        write_file(path, content, size);
    }
    return 0;
}
