/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_BENCH_FLOOD_H
#define VOUCH_TOOLS_BENCH_FLOOD_H

/*
 * One message, sent again and again to one side of a connection that stays in
 * one state: what that side keeps, and what it computes, for each octet.
 *
 *   flood.c           sends it and measures
 *   flood_messages.c  the messages: one line each
 *   flood_scene.c     the states: one line each, and how they are reached
 */

#include <openssl/bytestring.h>

#include "tools/bench/hosts.h"
#include "tools/bench/measure.h"

enum {
    FLOOD_LEFT_OUT = 64 * 1024, /* octets at its start that do not count */
    FLOOD_EVIDENCE = 256,
};

/* What an application does with an event. */
enum flood_answer {
    FLOOD_EVIDENCE_IT = 1 << 0, /* makes evidence */
    FLOOD_APPRAISE_IT = 1 << 1, /* accepts evidence */
    FLOOD_REJECT_IT = 1 << 2,   /* or rejects it */
    FLOOD_TAKE_IT = 1 << 3,     /* takes a command */
    FLOOD_REPLY_IT = 1 << 4,    /* and ends it */
    FLOOD_COMMAND_IT = 1 << 5,  /* commands what was accepted */
};

/* Options of a configuration. */
enum flood_option {
    FLOOD_HOLDS = 1 << 0,      /* vouch_config_hold_early_data */
    FLOOD_PEER_FIRST = 1 << 1, /* vouch_config_set_peer_first */
    FLOOD_STAYS = 1 << 2,      /* VOUCH_REFUSAL_STAY */
    FLOOD_EXECUTES = 1 << 3,   /* VOUCH_ASKER_ATTESTED */
};

/* Where a side is when the flood begins. The side under test is the server. */
struct flood_state {
    const char *name;
    vouch_gate gate, peer_gate;
    unsigned options, peer_options; /* enum flood_option */
    unsigned answers, peer_answers; /* enum flood_answer, until then */
    unsigned asks, peer_asks;       /* requests of the applications */
    bool for_operations;            /* ... are for operations */
    bool alone;                     /* nothing of the peer has come */
    bool foreign;                   /* the peer is on another connection */
    uint64_t waits_ms;              /* time that has passed then */
    bool closes;                    /* the side has closed */
};

extern const struct flood_state flood_states[];
extern const size_t flood_states_num;

/* A side in its state, and the peer that brought it there. */
struct flood_scene {
    uint8_t connection[2];     /* what the exporters of both are made of */
    vouch_channel *channel[2]; /* peer, side */
    vouch_config *config[2];
    vouch_session *peer, *side;
    vouch_buffer cmw; /* what both answer with */
    vouch_now now;
    struct heap_account heap;  /* the side's */
    vouch_buffer capabilities; /* of the peer, as it sent them */
    /* Ids: of the side's requests and of the peer's, live and over. */
    uint64_t own, own_over, other, other_over;
};

void flood_scene_open(struct flood_scene *scene, const struct hosts *hosts,
                      const struct flood_state *state);
void flood_scene_close(struct flood_scene *scene);

/* Polls and answers what `answers` names. False: there was no event. */
bool flood_scene_serve(struct flood_scene *scene, vouch_session *session,
                       unsigned answers);

/* Which exchange a message is about. */
enum flood_about {
    FLOOD_LIVE,
    FLOOD_OVER,
    FLOOD_NEVER_ISSUED,
    FLOOD_ZERO,
};

/* A message of a flood; the maker reads of it what it needs. */
struct flood_message {
    const char *name;
    /* Appends what is sent as number `n`, from 0. */
    void (*make)(const struct flood_message *message,
                 const struct flood_scene *scene, uint64_t n, CBB *out);
    uint64_t number; /* type, verdict, code, status */
    size_t len;      /* of octets inside */
    enum flood_about about;
    size_t piece;     /* octets at a time; 0: as many as there are */
    uint64_t pace_ms; /* that pass before each */
};

extern const struct flood_message flood_messages[];
extern const size_t flood_messages_num;

/* What the application of the side does while the flood lasts. */
enum flood_application {
    FLOOD_SILENT,        /* nothing: no event is polled, nothing is sent */
    FLOOD_POLLS,         /* polls, and answers nothing; nothing is sent */
    FLOOD_ANSWERS,       /* answers everything; nothing is sent */
    FLOOD_ANSWERS_SENDS, /* answers everything, and the peer reads it */
    FLOOD_APPLICATIONS
};

extern const char *const flood_applications[FLOOD_APPLICATIONS];

struct flood {
    const struct flood_state *state;
    const struct flood_message *message;
    enum flood_application application;
};

/* flood_differs tells whether this application makes a difference to the flood:
 * what comes in single octets costs the same if it is polled, and what comes
 * slowly stops if nobody answers, or nobody reads the answers. */
bool flood_differs(const struct flood *flood);

struct flood_cost {
    size_t fed;  /* octets that the side took */
    size_t most; /* octets that it kept, at the most */
    double kept; /* ... over those fed, after FLOOD_LEFT_OUT */
    double ns;   /* CPU time for an octet, after FLOOD_LEFT_OUT; 0: too few */
};

/* flood_run sends up to `octets`. What a side keeps is above `idle` octets. */
struct flood_cost flood_run(const struct flood *flood,
                            const struct hosts *hosts, size_t octets,
                            size_t idle);

/* flood_idle tells what an idle session keeps. */
size_t flood_idle(const struct hosts *hosts);

#endif
