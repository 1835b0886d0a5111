/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>

/* Runs a target over every file of its corpus, with any compiler. */

enum { INPUT_MAX = 1 << 20 };

/* A replay mutates nothing; targets with a mutator of their own link this. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
    (void)data;
    (void)max_size;
    return size;
}

static void replay(const char *path)
{
    uint8_t *input = malloc(INPUT_MAX);
    FILE *file = fopen(path, "rb");
    uint8_t *exact;
    size_t size;

    FUZZ_CHECK(input != NULL && file != NULL);
    size = fread(input, 1, INPUT_MAX, file);
    FUZZ_CHECK(feof(file) != 0);
    fclose(file);
    exact = malloc(size != 0 ? size : 1); /* a read past the end shows */
    FUZZ_CHECK(exact != NULL);
    memcpy(exact, input, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    free(input);
}

int main(int argc, char **argv)
{
    size_t num = 0;
    struct dirent *entry;
    DIR *dir;

    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 2;
    }
    dir = opendir(argv[1]);
    if (dir == NULL) {
        perror(argv[1]);
        return 1;
    }
    while ((entry = readdir(dir)) != NULL) {
        char path[4096];

        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
            puts(path); /* in case it does not come back */
            fflush(stdout);
            replay(path);
            num++;
        }
    }
    closedir(dir);
    printf("%zu inputs\n", num);
    return num != 0 ? 0 : 1;
}
