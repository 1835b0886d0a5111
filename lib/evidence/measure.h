/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_MEASURE_H
#define VOUCH_EVIDENCE_MEASURE_H

/* Measuring what runs: SHA-256 of files. */

#include <sys/stat.h>

#include <vouch/software.h>

/* What changes when a file does, as far as metadata can tell. */
struct vouch_file_stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
    struct timespec changed;
};

/* vouch_file_stamp_read reads the stamp of what `path` names now. VOUCH_E_IO:
 * see errno. */
vouch_err vouch_file_stamp_read(const char *path,
                                struct vouch_file_stamp *out) VOUCH_MUST_CHECK;

bool vouch_file_stamp_equal(const struct vouch_file_stamp *a,
                            const struct vouch_file_stamp *b);

/* vouch_file_stamp_settled tells whether a change made at `unix_s` or later
 * would show in the stamp: file systems count time in ticks, and two writes
 * within one leave the same stamp behind. */
bool vouch_file_stamp_settled(const struct vouch_file_stamp *stamp,
                              int64_t unix_s);

/* vouch_measure_file hashes the regular file `path`, which stayed the same from
 * first to last octet. VOUCH_E_IO: see errno; EBUSY when it never stayed the
 * same. */
vouch_err vouch_measure_file(const char *path, uint8_t sha256[32],
                             struct vouch_file_stamp *out) VOUCH_MUST_CHECK;

/* Names with their digests; names are owned and unique. */
struct vouch_measurements {
    vouch_measurement *items;
    size_t num;
};

/* vouch_measurements_add adds prefix and rest as one name. VOUCH_E_ARGUMENT
 * when the rest is empty or the name too long or not UTF-8, VOUCH_E_TOO_MANY
 * beyond VOUCH_LIMIT_MEASUREMENTS. A name that is there already is VOUCH_OK
 * with the same digest and VOUCH_E_DUPLICATE with another. */
vouch_err vouch_measurements_add(struct vouch_measurements *list,
                                 const char *prefix, const char *rest,
                                 const uint8_t sha256[32]) VOUCH_MUST_CHECK;

void vouch_measurements_cleanup(struct vouch_measurements *list);

/* vouch_measure_executable adds the program that runs, "executable". */
vouch_err vouch_measure_executable(struct vouch_measurements *list)
    VOUCH_MUST_CHECK;

/* vouch_measure_libraries adds every shared library that is loaded now, under
 * the file name that it was loaded by ("library:libc.so.6"), or under its whole
 * path where two differ that have the same file name. */
vouch_err vouch_measure_libraries(struct vouch_measurements *list)
    VOUCH_MUST_CHECK;

#endif
