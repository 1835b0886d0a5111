/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_CMW_LEAVES_H
#define VOUCH_PROTO_CMW_LEAVES_H

/* The records and tags of a CMW, in their order, however deep collections hold
 * them. */

#include <vouch/cmw.h>
#include <vouch/limits.h>

struct vouch_cmw_leaves {
    vouch_bytes open[VOUCH_LIMIT_CMW_DEPTH]; /* members to come */
    size_t depth;
    vouch_bytes alone; /* what is no collection at all, or empty */
};

/* vouch_cmw_leaves_begin parses `cmw` as vouch_cmw_parse does; `*out` borrows
 * from it. */
vouch_err vouch_cmw_leaves_begin(vouch_bytes cmw,
                                 struct vouch_cmw_leaves *out) VOUCH_MUST_CHECK;

/* vouch_cmw_leaves_next takes the next; false when there is none. */
bool vouch_cmw_leaves_next(struct vouch_cmw_leaves *leaves,
                           vouch_cmw *out) VOUCH_MUST_CHECK;

#endif
