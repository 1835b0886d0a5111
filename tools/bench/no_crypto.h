/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_BENCH_NO_CRYPTO_H
#define VOUCH_TOOLS_BENCH_NO_CRYPTO_H

#include <stdbool.h>

/* no_crypto has signatures that are made with BoringSSL cost nothing, and be
 * good whatever they are, or not any more. */
void no_crypto(bool on);

#endif
