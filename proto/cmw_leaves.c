/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cmw_leaves.h"

vouch_err vouch_cmw_leaves_begin(vouch_bytes cmw, struct vouch_cmw_leaves *out)
{
    struct vouch_cmw_leaves leaves = {.depth = 0};
    vouch_cmw parsed;
    vouch_err err = vouch_cmw_parse(cmw, &parsed);

    if (err != VOUCH_OK) {
        return err;
    }
    if (parsed.kind == VOUCH_CMW_COLLECTION) {
        leaves.open[leaves.depth++] = parsed.members;
    } else {
        leaves.alone = cmw;
    }
    *out = leaves;
    return VOUCH_OK;
}

/* The next CMW that is no end of a collection. */
static bool next(struct vouch_cmw_leaves *leaves, vouch_bytes *out)
{
    vouch_cmw_member member;

    if (leaves->alone.len != 0) {
        *out = leaves->alone;
        leaves->alone = (vouch_bytes){NULL, 0};
        return true;
    }
    while (leaves->depth != 0) {
        if (vouch_cmw_next(&leaves->open[leaves->depth - 1], &member)) {
            *out = member.cmw;
            return true;
        }
        leaves->depth--;
    }
    return false;
}

bool vouch_cmw_leaves_next(struct vouch_cmw_leaves *leaves, vouch_cmw *out)
{
    vouch_bytes octets;
    vouch_cmw cmw;

    /* All of it was parsed before: what is within can be. */
    while (next(leaves, &octets) && vouch_cmw_parse(octets, &cmw) == VOUCH_OK) {
        if (cmw.kind != VOUCH_CMW_COLLECTION) {
            *out = cmw;
            return true;
        }
        if (leaves->depth == VOUCH_LIMIT_CMW_DEPTH) {
            return false;
        }
        leaves->open[leaves->depth++] = cmw.members;
    }
    return false;
}
