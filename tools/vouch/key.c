/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/sha.h>

#include <vouch/key.h>

#include "tools/vouch/certificates.h"
#include "tools/vouch/files.h"
#include "tools/vouch/report.h"

/* key: a key of a Verifier, or of who signs policies. */

static bool write_public_half(const vouch_key *key)
{
    vouch_buffer pem;

    if (!pem_of_spki(vouch_key_spki(key), &pem)) {
        fail(STATUS_LOCAL, "can not write the public key");
        return false;
    }
    fwrite(pem.data, 1, pem.len, stdout);
    free(pem.data);
    return printed(STATUS_CLEAN) == STATUS_CLEAN;
}

static void tell(const char *path, const vouch_key *key)
{
    vouch_bytes spki = vouch_key_spki(key);
    char digits[HEX_DIGEST];
    uint8_t sha256[32];

    SHA256(spki.data, spki.len, sha256);
    hex((vouch_bytes){sha256, sizeof sha256}, digits);
    report(json_pack("{s:s,s:s,s:s}", "event", "key", "file", path, "sha256",
                     digits),
           "%s holds a private key; its public half has the SHA-256 %s", path,
           digits);
}

enum status key_run(const struct options *options)
{
    const char *path = options->operand[0];
    enum status status;
    struct place place;
    vouch_key *key;
    vouch_err err;

    if (!place_find(path, &place)) {
        return fail(STATUS_LOCAL, "%s: %s", path, file_cause());
    }
    close(place.directory);
    err = vouch_key_create(path, VOUCH_P256, options->force);
    if (err == VOUCH_E_EXISTS) {
        return fail(STATUS_LOCAL, "%s exists: --force replaces it", path);
    }
    if (err == VOUCH_OK) {
        err = vouch_key_load_evp(path, &key);
    }
    if (err != VOUCH_OK) {
        return fail(STATUS_LOCAL, "%s: %s", path, cause_of(err));
    }
    status = write_public_half(key) ? STATUS_CLEAN : STATUS_LOCAL;
    if (status == STATUS_CLEAN) {
        tell(path, key);
    }
    vouch_key_free(key);
    return status;
}
