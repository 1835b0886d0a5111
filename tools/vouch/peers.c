/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/vouch/files.h"
#include "tools/vouch/report.h"

static bool read_bundle(const char *path, struct bundle *out)
{
    const char *wrong;
    vouch_buffer text;

    if (!file_read(path, BUNDLE_MAX, &text)) {
        fail(STATUS_LOCAL, "%s: %s", path, strerror(errno));
        return false;
    }
    wrong = bundle_parse((vouch_bytes){text.data, text.len}, out);
    free(text.data);
    if (wrong != NULL) {
        fail(STATUS_LOCAL, "%s: %s", path, wrong);
    }
    return wrong == NULL;
}

static bool add(const char *directory, const char *name, void *arg)
{
    struct peers *peers = arg;
    struct bundle *more;
    struct path path;

    if (name[0] == '.') { /* a file that is being written */
        return true;
    }
    more = reallocarray(peers->bundle, peers->num + 1, sizeof *more);
    if (more == NULL || !path_in(&path, directory, name)) {
        fail(STATUS_LOCAL, "%s: %s", directory, strerror(errno));
        return false;
    }
    peers->bundle = more;
    if (!read_bundle(path.text, &more[peers->num])) {
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
