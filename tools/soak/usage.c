/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/usage.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/bench/measure.h"

/*
 * Octets by which memory without any connection may grow, once it is warm. The
 * library's own is for caches that had not seen all there is; malloc keeps a
 * few small blocks of each size as if they were in use, and the kernel counts
 * what malloc has not given back.
 */
enum {
    LIBRARY_GROWTH_MAX = 4096,
    HEAP_GROWTH_MAX = 512 << 10,
    RESIDENT_GROWTH_MAX = 32 << 20,
};

/* The second number of /proc/self/statm counts pages. */
static uint64_t resident(void)
{
    FILE *statm = fopen("/proc/self/statm", "re");
    char line[256] = "", *second;

    need(statm != NULL && fgets(line, sizeof line, statm) != NULL,
         "read /proc/self/statm");
    (void)fclose(statm);
    (void)strtoull(line, &second, 10);
    return strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    uint64_t num = 0;

    while (dir != NULL && readdir(dir) != NULL) {
        num++;
    }
    need(dir != NULL && closedir(dir) == 0, "read /proc/self/fd");
    return num - 3; /* ".", "..", and that of `dir` */
}

struct memory usage_now(void)
{
    return (struct memory){
        .library = heap_held(),
        .heap = heap_in_use(),
        .resident = resident(),
        .descriptors = descriptors(),
    };
}

/* AddressSanitizer's malloc tells nothing, and keeps what was freed. */
const char *usage_grew(const struct memory *warm, const struct memory *end)
{
    if (end->library > warm->library + LIBRARY_GROWTH_MAX) {
        return "the library's memory grew";
    }
    if (end->heap > warm->heap + HEAP_GROWTH_MAX) {
        return "the heap grew";
    }
    if (warm->heap != 0 &&
        end->resident > warm->resident + RESIDENT_GROWTH_MAX) {
        return "resident memory grew";
    }
    return end->descriptors != warm->descriptors
               ? "there are not as many open descriptors as before"
               : NULL;
}
