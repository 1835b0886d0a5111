/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_SOAK_BOOKS_H
#define VOUCH_TOOLS_SOAK_BOOKS_H

/* The sums over all sessions that are over. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct books {
    uint64_t connections, hostile, cuts;
    uint64_t sessions;
    uint64_t requests, accepted, rejected, indeterminate, declined, pending;
    uint64_t answered, confirmed; /* on the other side of the requests */
    uint64_t commands, replied, unknown, unanswered;
    uint64_t taken, refused; /* by executors */
    uint64_t postures;
    uint64_t sent, delivered, dropped; /* octets of DATA */
    uint64_t failed;                   /* sessions */
};

/* The memory of the whole program while there is no connection. */
struct memory {
    uint64_t library, heap, resident; /* octets */
    uint64_t descriptors;
};

/* books_add adds a session. What two sides count in common is left out where
 * only one of them keeps books. */
struct account;
void books_add(struct books *books, const struct account *account,
               bool peer_counts);

/* books_error names the equation that does not hold, or is NULL. */
const char *books_error(const struct books *books);

struct report {
    uint64_t seed, milliseconds;
    struct books books;
    struct memory warm, end;
};

/* One line each, without its end. */
void report_print(const struct report *report, FILE *out);
void report_print_json(const struct report *report, FILE *out);

#endif
