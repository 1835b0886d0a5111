/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_STATUS_H
#define VOUCH_TOOLS_STATUS_H

/* What the command exits with. */
enum status {
    STATUS_CLEAN = 0,
    STATUS_LOCAL = 1,
    STATUS_USAGE = 2,
    STATUS_REFUSED = 3,
    STATUS_NETWORK = 4,
};

#endif
