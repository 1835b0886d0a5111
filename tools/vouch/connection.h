/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_CONNECTION_H
#define VOUCH_TOOLS_CONNECTION_H

#include "tools/vouch/asker.h"
#include "tools/vouch/options.h"
#include "tools/vouch/pipes.h"
#include "tools/vouch/posture.h"
#include "tools/vouch/tls.h"

/* What connections of one process share. */
struct host {
    const struct options *options;
    const struct self *self;
    bool close_at_eof; /* the end of standard input ends the connection */
    struct input *input;
    struct output *output;
    struct posture *posture;
    struct release *release;
};

/* connection_run attests, appraises and carries data until the connection
 * ends. */
enum status connection_run(const struct host *host, const struct tls *tls);

#endif
