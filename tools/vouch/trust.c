/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "tools/vouch/allow.h"
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

static bool read_own(const char *directory, vouch_buffer *out)
{
    struct path path;
    int fd = self_open(directory, &path);
    bool done;

    if (fd < 0) {
        return false;
    }
    done = file_read_in(fd, SELF_BUNDLE, BUNDLE_MAX, out);
    if (!done) {
        fail(STATUS_LOCAL, "%s/" SELF_BUNDLE ": %s", path.text, file_cause());
    }
    close(fd);
    return done;
}

enum status bundle_run(const struct options *options)
{
    char digits[HEX_DIGEST];
    vouch_buffer text;

    if (!read_own(options->operand[0], &text)) {
        return STATUS_LOCAL;
    }
    fwrite(text.data, 1, text.len, stdout);
    digest_of(&text, digits);
    free(text.data);
    if (printed(STATUS_CLEAN) != STATUS_CLEAN) {
        return STATUS_LOCAL;
    }
    report(json_pack("{s:s,s:s}", "event", "bundle", "sha256", digits),
           "the bundle has the SHA-256 %s", digits);
    return STATUS_CLEAN;
}

/* Whether the peer `name` was trusted by `text` already. */
static bool is_known(int peers, const char *name, const vouch_buffer *text)
{
    vouch_buffer known;
    int fd = directory_open_in(peers, name);
    bool same = fd >= 0 && file_read_in(fd, PEER_BUNDLE, BUNDLE_MAX, &known);

    if (fd >= 0) {
        close(fd);
    }
    if (!same) {
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

static bool write_parts(int directory, const struct parts *parts)
{
    return file_write(directory, PEER_BUNDLE,
                      (vouch_bytes){parts->text->data, parts->text->len},
                      false) &&
           file_write(directory, PEER_POLICY,
                      (vouch_bytes){parts->policy.data, parts->policy.len},
                      false);
}

/* Makes a peer beside its place and moves it there. */
static bool put(int peers, const char *name, const struct parts *parts,
                bool replace)
{
    char made[MADE_MAX];
    int cause, fd = directory_make(peers, PEER_BESIDE, made);
    bool done = fd >= 0 && write_parts(fd, parts);

    if (fd >= 0) {
        close(fd);
    }
    if (done && directory_put(peers, made, name, replace)) {
        return true;
    }
    cause = errno;
    (void)directory_remove(peers, made);
    errno = cause;
    return false;
}

static enum status store_in(int peers, const char *name,
                            const struct parts *parts, bool replace)
{
    if (is_known(peers, name, parts->text) ||
        put(peers, name, parts, replace)) {
        return STATUS_CLEAN;
    }
    return errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
               ? fail(STATUS_LOCAL,
                      PEERS " has another bundle of %s: --force replaces it, "
                            "and its policy",
                      name)
               : fail(STATUS_LOCAL, PEERS "/%s: %s", name, file_cause());
}

static enum status store(const char *directory, const char *name,
                         const struct parts *parts, bool replace)
{
    int above = directory_open(directory);
    int peers = above >= 0 ? directory_take_in(above, PEERS, PEER_BESIDE) : -1;
    enum status status = peers >= 0
                             ? store_in(peers, name, parts, replace)
                             : fail(STATUS_LOCAL, "%s%s: %s", directory,
                                    above >= 0 ? "/" PEERS : "", file_cause());

    if (peers >= 0) {
        close(peers);
    }
    if (above >= 0) {
        close(above);
    }
    return status;
}

/* What its maker says of the peer's software is what a bundle is trusted for,
 * and no consent to anything else. */
static bool is_allowed(const struct options *options, unsigned needs)
{
    unsigned missing = needs & ~options->allow;

    for (unsigned one = 1; one <= missing; one <<= 1) {
        if ((missing & one) != 0) {
            fail(STATUS_LOCAL,
                 "%s: its policy %s; if you want that, --allow %s takes it",
                 options->operand[1], allow_text(one), allow_word(one));
        }
    }
    return missing == 0;
}

static void tell_allowed(const char *name, unsigned needs)
{
    for (unsigned one = 1; one <= needs; one <<= 1) {
        if ((needs & one) != 0) {
            report(json_pack("{s:s,s:s,s:s}", "event", "allowed", "name", name,
                             "allow", allow_word(one)),
                   "the policy of %s %s", name, allow_text(one));
        }
    }
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
        tell_allowed(bundle->name, bundle->needs);
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
        status = is_allowed(options, bundle.needs)
                     ? trust_it(options, &bundle, &parts)
                     : STATUS_LOCAL;
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
        return fail(STATUS_LOCAL, "%s: %s", options->operand[1], file_cause());
    }
    status = trust(options, &text);
    free(text.data);
    return status;
}
