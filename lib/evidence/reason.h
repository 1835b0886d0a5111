/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_EVIDENCE_REASON_H
#define VOUCH_EVIDENCE_REASON_H

#include <vouch/evidence.h>

/* The texts of a vouch_reason: always ended by NUL, cut to fit, and what came
 * from a peer escaped to printable ASCII. */
void vouch_reason_text(char to[VOUCH_TEXT_MAX], vouch_bytes text);
void vouch_reason_hex(char to[VOUCH_TEXT_MAX], vouch_bytes octets);
void vouch_reason_number(char to[VOUCH_TEXT_MAX], int64_t number);
void vouch_reason_unsigned(char to[VOUCH_TEXT_MAX], uint64_t number);

/* vouch_reject fills a result with a rejection, or with an indeterminate
 * verdict when `err` is a failure of this machine. */
void vouch_reject(vouch_result *out, vouch_check check, vouch_claim claim,
                  vouch_err err);

#endif
