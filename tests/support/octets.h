/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_OCTETS_H
#define VOUCH_TESTS_OCTETS_H

/* Octets for tests. What these functions return is on the heap, for free(). A
 * failure inside them fails the test. */

#include <openssl/bytestring.h>

#include <vouch/base.h>

/* exact_copy copies `len` octets into a block of exactly that length, so that
 * AddressSanitizer sees a read past the end. */
uint8_t *exact_copy(const uint8_t *data, size_t len);

/* from_hex reads pairs of hexadecimal digits; spaces may stand between them. */
vouch_buffer from_hex(const char *hex);

/* finish_cbb takes what was written into `cbb`, which it cleans up. */
vouch_buffer finish_cbb(CBB *cbb);

/* span_of borrows a buffer as a span. */
vouch_bytes span_of(const vouch_buffer *buffer);

#endif
