/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "tools/vouch/bundle.h"
#include "tools/vouch/files.h"
#include "tools/vouch/peers.h"
#include "tools/vouch/report.h"
#include "tools/vouch/self.h"

static const char *digest_of(const vouch_buffer *text, char digits[HEX_DIGEST])
{
    uint8_t sha256[32];

    SHA256(text->data, text->len, sha256);
    return hex((vouch_bytes){sha256, sizeof sha256}, digits);
}

enum status bundle_run(const struct options *options)
{
    const char *directory = options->operand[0];
    char digits[HEX_DIGEST];
    struct path path;
    vouch_buffer text;
    bool written;

    if (!path_in(&path, directory, SELF "/" SELF_BUNDLE) ||
        !file_read(path.text, BUNDLE_MAX, &text)) {
        return fail(STATUS_LOCAL, "%s/%s: %s", directory, SELF "/" SELF_BUNDLE,
                    strerror(errno));
    }
    written = fwrite(text.data, 1, text.len, stdout) == text.len &&
              fflush(stdout) == 0;
    digest_of(&text, digits);
    free(text.data);
    if (!written) {
        return fail(STATUS_LOCAL, "standard output: %s", strerror(errno));
    }
    report(json_pack("{s:s,s:s}", "event", "bundle", "sha256", digits),
           "the bundle has the SHA-256 %s", digits);
    return STATUS_CLEAN;
}

/* Whether `path` holds `text` already. */
static bool is_known(const char *path, const vouch_buffer *text)
{
    vouch_buffer known;
    bool same;

    if (!file_read(path, BUNDLE_MAX, &known)) {
        return false;
    }
    same = known.len == text->len &&
           memcmp(known.data, text->data, text->len) == 0;
    free(known.data);
    return same;
}

static enum status store(const char *directory, const char *name,
                         const vouch_buffer *text, bool replace)
{
    struct path peers, path;

    if (!path_in(&peers, directory, PEERS) ||
        !path_in(&path, peers.text, name) ||
        (mkdir(peers.text, S_IRWXU) != 0 && errno != EEXIST)) {
        return fail(STATUS_LOCAL, "%s/%s: %s", directory, PEERS,
                    strerror(errno));
    }
    if (is_known(path.text, text) ||
        file_write(peers.text, name, (vouch_bytes){text->data, text->len},
                   replace)) {
        return STATUS_CLEAN;
    }
    return errno == EEXIST
               ? fail(STATUS_LOCAL,
                      "%s has another bundle of %s: --force replaces it",
                      directory, name)
               : fail(STATUS_LOCAL, "%s: %s", path.text, strerror(errno));
}

static enum status trust(const struct options *options,
                         const vouch_buffer *text)
{
    char digits[HEX_DIGEST];
    struct bundle bundle;
    enum status status;
    const char *wrong =
        bundle_parse((vouch_bytes){text->data, text->len}, &bundle);

    if (wrong != NULL) {
        return fail(STATUS_LOCAL, "%s is no bundle: %s", options->operand[1],
                    wrong);
    }
    status = store(options->operand[0], bundle.name, text, options->force);
    if (status == STATUS_CLEAN) {
        printf("%s\n", digest_of(text, digits));
        report(json_pack("{s:s,s:s,s:s}", "event", "trusted", "name",
                         bundle.name, "sha256", digits),
               "trusts %s by its own word, if that is the SHA-256 of the "
               "bundle that it gave out",
               bundle.name);
    }
    bundle_free(&bundle);
    return status;
}

enum status trust_run(const struct options *options)
{
    enum status status;
    vouch_buffer text;

    if (!file_read(options->operand[1], BUNDLE_MAX, &text)) {
        return fail(STATUS_LOCAL, "%s: %s", options->operand[1],
                    strerror(errno));
    }
    status = trust(options, &text);
    free(text.data);
    return status;
}
