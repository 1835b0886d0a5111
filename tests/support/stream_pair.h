/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_STREAM_PAIR_H
#define VOUCH_TESTS_STREAM_PAIR_H

/* A session_pair whose sessions are streams over TLS in memory. A failure
 * inside fails the test. */

#include <vouch/stream.h>

#include "tests/support/session_pair.h"
#include "tests/support/tls_pair.h"

struct stream_pair {
    struct session_pair pair;
    struct tls_pair *tls;
    vouch_stream *client, *server;
};

/* stream_pair_init is pair_init. stream_pair_connect shakes hands with the
 * AIKs, and with `options` for all else; NULL: nothing else.
 * stream_pair_start makes the streams. */
void stream_pair_init(struct stream_pair *streams);
void stream_pair_connect(struct stream_pair *streams,
                         const struct tls_options *options);
void stream_pair_start(struct stream_pair *streams);
void stream_pair_free(struct stream_pair *streams);

/* stream_pair_pump pumps one end, and tells whether it wants more of that;
 * stream_pair_run both, and answers events, until all is quiet. */
bool stream_pair_pump(struct stream_pair *streams, vouch_stream *stream);
void stream_pair_run(struct stream_pair *streams);

#endif
