/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_SESSION_CONFIG_H
#define VOUCH_SESSION_CONFIG_H

#include <stdatomic.h>

#include <vouch/session.h>

#include "lib/evidence/posture.h"
#include "proto/message.h"

struct format_list {
    vouch_buffer text[VOUCH_LIMIT_FORMATS];
    size_t num;
};

/* Some formats of a list: bit i stands for the i-th. */
typedef uint32_t format_set;

struct vouch_config {
    atomic_uint refs;
    atomic_bool sealed; /* a session has it: no more changes */
    vouch_credential *credential;
    vouch_trust *trust;
    struct format_list produced;
    struct format_list appraised;
    vouch_gate gate;
    vouch_refusal refusal;
    uint64_t max_age;
    uint64_t interval;
    bool has_interval;
    uint64_t answer_within;
    bool hold_early_data;
    bool allow_data_loss;
    bool allow_other_key;
    bool allow_own_key;
    bool peer_first;
    bool pin_instance;
    bool refuse_regression;
    bool allow_key_bound;
    vouch_asker asker;
    uint64_t grace;
    bool has_grace;
    unsigned jitter; /* hundredths of an interval */
    struct vouch_posture posture;
};

/* vouch_config_use seals `config` and takes a reference. */
vouch_config *vouch_config_use(vouch_config *config);

/* Whether the peer must attest for anything at all, and for DATA. */
bool vouch_config_requires_peer(const vouch_config *config);
bool vouch_config_gates_data(const vouch_config *config);
bool vouch_config_can_ask(const vouch_config *config);
bool vouch_config_can_answer(const vouch_config *config);

/* Tells whether this side can do what its own gate waits for. */
bool vouch_config_is_consistent(const vouch_config *config);

/* Milliseconds between automatic requests; 0: ask once. */
uint64_t vouch_config_interval(const vouch_config *config);
uint64_t vouch_config_grace(const vouch_config *config);

format_set vouch_format_list_all(const struct format_list *list);

/* The set of the one format that equals `type`, or none. */
format_set vouch_format_list_find(const struct format_list *list,
                                  vouch_bytes type);

/* vouch_format_list_covers tells whether `octets` is of formats of `set` only,
 * which are of `list`; beside them may stand a posture (proto/README.md, 7).
 * `*format` is the first of them, borrowed from `list`. VOUCH_E_CMW when it is
 * not, or what vouch_cmw_parse returns. */
vouch_err vouch_format_list_covers(const struct format_list *list,
                                   format_set set, vouch_bytes octets,
                                   vouch_bytes *format) VOUCH_MUST_CHECK;

/* The formats of `list` that `theirs` has too. */
format_set vouch_format_list_common(const struct format_list *list,
                                    const struct vouch_formats *theirs);

/* The first of `order` that `list` has too, borrowed from `list`; empty if
 * there is none. */
vouch_bytes vouch_format_list_first(const struct format_list *list,
                                    const struct vouch_formats *order);

/* Lists the formats of `set`, borrowed from `list`. */
void vouch_format_list_export(const struct format_list *list, format_set set,
                              struct vouch_formats *out);

#endif
