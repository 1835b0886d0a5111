/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_DIGESTS_H
#define VOUCH_PROTO_DIGESTS_H

/* Maps { name => SHA-256 } in CBOR: measurements, and the components of a
 * posture. Names are text of 1 to VOUCH_LIMIT_MEASUREMENT_NAME octets. */

#include <openssl/bytestring.h>

#include <vouch/base.h>

/* vouch_digests_read takes such a map off `in`, at most
 * VOUCH_LIMIT_MEASUREMENTS pairs; `*map` is its encoding. */
bool vouch_digests_read(CBS *in, vouch_bytes *map) VOUCH_MUST_CHECK;

/* After that, vouch_digests_begin starts on its pairs, of which
 * vouch_digests_next takes one. */
CBS vouch_digests_begin(vouch_bytes map, size_t *num);
bool vouch_digests_next(CBS *in, vouch_bytes *name,
                        vouch_bytes *sha256) VOUCH_MUST_CHECK;

/* vouch_digests_find finds the digest of a name; false, and empty, if it is not
 * there. */
bool vouch_digests_find(vouch_bytes map, vouch_bytes name, vouch_bytes *sha256);

/* vouch_digests_write writes one pair; names come in the order of
 * vouch_digests_order. */
bool vouch_digests_write(CBB *out, vouch_bytes name,
                         const uint8_t sha256[32]) VOUCH_MUST_CHECK;

/* vouch_digests_order says which name stands first in a deterministic map: the
 * shorter, or the lesser of equal length (RFC 8949, 4.2.1). */
int vouch_digests_order(vouch_bytes a, vouch_bytes b);

#endif
