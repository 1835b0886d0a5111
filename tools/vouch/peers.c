/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vouch/limits.h>

#include "tools/vouch/files.h"
#include "tools/vouch/policy_file.h"
#include "tools/vouch/report.h"

static bool can_not(const char *path, const char *why)
{
    fail(STATUS_LOCAL, "%s: %s", path, why);
    return false;
}

/* Version 1 of bundles stood where directories are now. */
static const char *cause(void)
{
    return errno == ENOTDIR ? "a bundle of an older vouch: have the peer make "
                              "it anew, and trust it with --force"
                            : strerror(errno);
}

static bool read_bundle(const char *directory, struct bundle *out)
{
    vouch_buffer text, policy;
    const char *wrong;
    struct path path;

    if (!path_in(&path, directory, PEER_BUNDLE) ||
        !file_read(path.text, BUNDLE_MAX, &text)) {
        return can_not(directory, cause());
    }
    wrong = bundle_parse((vouch_bytes){text.data, text.len}, out, &policy);
    free(text.data);
    if (wrong != NULL) {
        return can_not(path.text, wrong);
    }
    free(policy.data); /* the file beside it counts */
    return true;
}

static bool read_policy(const char *directory, struct bundle *bundle)
{
    vouch_corim_why why;
    vouch_buffer octets;
    struct path path;
    bool done;

    if (!path_in(&path, directory, PEER_POLICY) ||
        !file_read(path.text, VOUCH_LIMIT_CORIM, &octets)) {
        return can_not(path.text, strerror(errno));
    }
    done = bundle_use(bundle, (vouch_bytes){octets.data, octets.len},
                      unix_time(), &why);
    free(octets.data);
    return done || can_not(path.text, why.text);
}

static bool read_peer(const char *directory, struct bundle *out)
{
    struct bundle bundle;

    if (!read_bundle(directory, &bundle)) {
        return false;
    }
    if (!read_policy(directory, &bundle)) {
        bundle_free(&bundle);
        return false;
    }
    *out = bundle;
    return true;
}

static bool add(const char *directory, const char *name, void *arg)
{
    struct peers *peers = arg;
    struct bundle *more;
    struct path path;

    if (name[0] == '.') { /* one that is being written */
        return true;
    }
    more = reallocarray(peers->bundle, peers->num + 1, sizeof *more);
    if (more == NULL || !path_in(&path, directory, name)) {
        fail(STATUS_LOCAL, "%s: %s", directory, strerror(errno));
        return false;
    }
    peers->bundle = more;
    if (!read_peer(path.text, &more[peers->num])) {
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
static bool load_one(const char *directory, const char *name,
                     struct peers *peers)
{
    struct path path;

    return !bundle_is_name(name) || !path_in(&path, directory, name) ||
           access(path.text, F_OK) != 0 || add(directory, name, peers);
}

bool peers_load(const char *directory, const char *name, struct peers *out)
{
    struct peers peers = {NULL, 0};
    struct path path;
    bool done = true;

    if (path_in(&path, directory, PEERS) && access(path.text, F_OK) == 0) {
        done = name != NULL ? load_one(path.text, name, &peers)
                            : directory_each(path.text, "", add, &peers);
    }
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
