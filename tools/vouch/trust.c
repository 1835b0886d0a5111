/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "tools/vouch/bundle.h"
#include "tools/vouch/files.h"
#include "tools/vouch/peers.h"
#include "tools/vouch/policy_file.h"
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

/* Whether the peer in `directory` was trusted by `text` already. */
static bool is_known(const char *directory, const vouch_buffer *text)
{
    vouch_buffer known;
    struct path path;
    bool same;

    if (!path_in(&path, directory, PEER_BUNDLE) ||
        !file_read(path.text, BUNDLE_MAX, &known)) {
        return false;
    }
    same = known.len == text->len &&
           memcmp(known.data, text->data, text->len) == 0;
    free(known.data);
    return same;
}

/* A bundle, and its policy. */
struct parts {
    const vouch_buffer *text;
    vouch_buffer policy;
};

static bool write_parts(const char *directory, const struct parts *parts)
{
    return file_write(directory, PEER_BUNDLE,
                      (vouch_bytes){parts->text->data, parts->text->len},
                      false) &&
           file_write(directory, PEER_POLICY,
                      (vouch_bytes){parts->policy.data, parts->policy.len},
                      false);
}

/* Makes a peer beside its place and moves it there. */
static bool put(const char *peers, const char *place, const struct parts *parts,
                bool replace)
{
    struct path made;
    int cause;

    if (!path_in(&made, peers, PEER_BESIDE "XXXXXX") ||
        mkdtemp(made.text) == NULL) {
        return false;
    }
    if (write_parts(made.text, parts) &&
        directory_put(made.text, place, replace)) {
        return directory_sync(peers);
    }
    cause = errno;
    directory_remove(made.text);
    errno = cause;
    return false;
}

static enum status store_in(const char *peers, const char *name,
                            const struct parts *parts, bool replace)
{
    struct path place;

    if (path_in(&place, peers, name) &&
        (is_known(place.text, parts->text) ||
         put(peers, place.text, parts, replace))) {
        return STATUS_CLEAN;
    }
    return errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
               ? fail(STATUS_LOCAL,
                      "%s has another bundle of %s: --force replaces it, and "
                      "its policy",
                      peers, name)
               : fail(STATUS_LOCAL, "%s: %s", place.text, strerror(errno));
}

static enum status store(const char *directory, const char *name,
                         const struct parts *parts, bool replace)
{
    enum status status;
    struct path peers;
    int fd;

    if (!path_in(&peers, directory, PEERS) ||
        !directory_take(peers.text, PEER_BESIDE, &fd)) {
        return fail(STATUS_LOCAL, "%s/%s: %s", directory, PEERS,
                    strerror(errno));
    }
    status = store_in(peers.text, name, parts, replace);
    close(fd);
    return status;
}

static enum status trust_it(const struct options *options,
                            const struct bundle *bundle,
                            const struct parts *parts)
{
    enum status status =
        store(options->operand[0], bundle->name, parts, options->force);
    char digits[HEX_DIGEST];

    if (status == STATUS_CLEAN) {
        printf("%s\n", digest_of(parts->text, digits));
        report(json_pack("{s:s,s:s,s:s}", "event", "trusted", "name",
                         bundle->name, "sha256", digits),
               "trusts %s by its own word, if that is the SHA-256 of the "
               "bundle that it gave out",
               bundle->name);
    }
    return status;
}

static enum status trust(const struct options *options,
                         const vouch_buffer *text)
{
    struct parts parts = {.text = text};
    struct bundle bundle;
    enum status status;
    vouch_corim_why why;
    const char *wrong = bundle_parse((vouch_bytes){text->data, text->len},
                                     &bundle, &parts.policy);

    if (wrong != NULL) {
        return fail(STATUS_LOCAL, "%s is no bundle: %s", options->operand[1],
                    wrong);
    }
    if (bundle_use(&bundle, (vouch_bytes){parts.policy.data, parts.policy.len},
                   unix_time(), &why)) {
        status = trust_it(options, &bundle, &parts);
    } else {
        status = fail(STATUS_LOCAL, "%s is no bundle: %s", options->operand[1],
                      why.text);
    }
    free(parts.policy.data);
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
