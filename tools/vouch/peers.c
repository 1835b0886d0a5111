/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <vouch/limits.h>

#include "tools/vouch/files.h"
#include "tools/vouch/layout.h"
#include "tools/vouch/policy_file.h"
#include "tools/vouch/report.h"

/* `file` is one of those of the peer, or "". */
static bool can_not(const char *name, const char *file, const char *why)
{
    fail(STATUS_LOCAL, PEERS "/%s%s%s: %s", name, file[0] != '\0' ? "/" : "",
         file, why);
    return false;
}

/* Version 1 of bundles stood where directories are now. */
static const char *cause(void)
{
    return errno == ENOTDIR ? "a bundle of an older vouch: have the peer make "
                              "it anew, and trust it with --force"
                            : file_cause();
}

static bool read_bundle(int directory, const char *name, struct bundle *out)
{
    vouch_buffer text, policy;
    const char *wrong;

    if (!file_read_in(directory, PEER_BUNDLE, BUNDLE_MAX, &text)) {
        return can_not(name, PEER_BUNDLE, file_cause());
    }
    wrong = bundle_parse((vouch_bytes){text.data, text.len}, out, &policy);
    free(text.data);
    if (wrong != NULL) {
        return can_not(name, PEER_BUNDLE, wrong);
    }
    free(policy.data); /* the file beside it counts */
    return true;
}

static bool read_policy(int directory, const char *name, struct bundle *bundle)
{
    vouch_corim_why why;
    vouch_buffer octets;
    bool done;

    if (!file_read_in(directory, PEER_POLICY, VOUCH_LIMIT_CORIM, &octets)) {
        return can_not(name, PEER_POLICY, file_cause());
    }
    done = bundle_use(bundle, (vouch_bytes){octets.data, octets.len},
                      unix_time(), &why);
    free(octets.data);
    return done || can_not(name, PEER_POLICY, why.text);
}

static bool read_peer(int directory, const char *name, struct bundle *out)
{
    struct bundle bundle;

    if (!read_bundle(directory, name, &bundle)) {
        return false;
    }
    if (!read_policy(directory, name, &bundle)) {
        bundle_free(&bundle);
        return false;
    }
    *out = bundle;
    return true;
}

static bool open_and_read(int directory, const char *name, struct bundle *out)
{
    int fd = directory_open_in(directory, name);
    bool done = fd >= 0 ? read_peer(fd, name, out) : can_not(name, "", cause());

    if (fd >= 0) {
        close(fd);
    }
    return done;
}

static bool add(int directory, const char *name, void *arg)
{
    struct peers *peers = arg;
    struct bundle *more;

    if (name[0] == '.') { /* one that is being written */
        return true;
    }
    more = reallocarray(peers->bundle, peers->num + 1, sizeof *more);
    if (more == NULL) {
        return can_not(name, "", "out of memory");
    }
    peers->bundle = more;
    if (!open_and_read(directory, name, &more[peers->num])) {
        return false;
    }
    peers->num++;
    return true;
}

static bool none(const char *directory, const char *name)
{
    fail(STATUS_LOCAL, "%s trusts no peer%s%s: vouch trust %s BUNDLE",
         directory, name != NULL ? " " : "", name != NULL ? name : "",
         directory);
    return false;
}

/* A name that is none is no file of ours either. */
static bool load_one(int directory, const char *name, struct peers *peers)
{
    return !bundle_is_name(name) || !file_exists_in(directory, name) ||
           add(directory, name, peers);
}

/* `above` is the directory that has the peers. */
static bool load(int above, const char *name, struct peers *peers)
{
    int fd;
    bool done;

    if (!file_exists_in(above, PEERS)) {
        return true;
    }
    fd = directory_open_in(above, PEERS);
    if (fd < 0) {
        fail(STATUS_LOCAL, PEERS ": %s", file_cause());
        return false;
    }
    done = name != NULL ? load_one(fd, name, peers)
                        : directory_each(fd, "", add, peers);
    close(fd);
    return done;
}

bool peers_load(const char *directory, const char *name, struct peers *out)
{
    struct peers peers = {NULL, 0};
    int above = directory_open(directory);
    bool done;

    if (above < 0) {
        fail(STATUS_LOCAL, "%s: %s", directory, file_cause());
        return false;
    }
    done = load(above, name, &peers);
    close(above);
    if (done && peers.num == 0) {
        done = none(directory, name);
    }
    if (!done) {
        peers_free(&peers);
        return false;
    }
    *out = peers;
    return true;
}

void peers_free(struct peers *peers)
{
    for (size_t i = 0; i < peers->num; i++) {
        bundle_free(&peers->bundle[i]);
    }
    free(peers->bundle);
}
