/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_CORIM_MAP_H
#define VOUCH_PROTO_CORIM_MAP_H

/*
 * What the readers of a CoRIM share: maps that are read whole or not at all,
 * and how a fault is told.
 */

#include <openssl/bytestring.h>

#include "proto/corim.h"

enum { VOUCH_CORIM_KEYS_MAX = 10 };

enum vouch_corim_presence { OPTIONAL, REQUIRED };

struct map_key {
    int64_t key;
    enum vouch_corim_presence presence;
};

/* A map that is read whole, or not at all. */
struct vouch_corim_map_rule {
    const char *name; /* in the draft's CDDL */
    struct map_key keys[VOUCH_CORIM_KEYS_MAX];
    size_t num;
    bool is_open; /* other keys say nothing that matters */
};

/* The values of a rule's keys, in the rule's order; without octets where there
 * is none. */
struct vouch_corim_map {
    CBS value[VOUCH_CORIM_KEYS_MAX];
};

/* vouch_corim_refuse, vouch_corim_malformed and vouch_corim_not_read fill `out`
 * and return the error: that one, VOUCH_E_DECODE, VOUCH_E_ILLEGAL. */
vouch_err vouch_corim_refuse(struct vouch_corim_fault *out, vouch_err err,
                             const char *where, const char *what);
vouch_err vouch_corim_malformed(struct vouch_corim_fault *out,
                                const char *where);
vouch_err vouch_corim_not_read(struct vouch_corim_fault *out, const char *where,
                               int64_t number);

/* vouch_corim_is_there tells whether a key had a value. */
bool vouch_corim_is_there(const CBS *value);

vouch_err vouch_corim_read_map(CBS *in, const struct vouch_corim_map_rule *rule,
                               struct vouch_corim_map *out,
                               struct vouch_corim_fault *why) VOUCH_MUST_CHECK;

/* vouch_corim_read_list takes the head of a list of one item or more. */
bool vouch_corim_read_list(CBS *in, uint64_t *items) VOUCH_MUST_CHECK;
bool vouch_corim_read_tagged(CBS *in, uint64_t expected) VOUCH_MUST_CHECK;

#endif
