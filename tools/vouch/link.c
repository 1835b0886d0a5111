/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/commands.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "tools/vouch/connection.h"
#include "tools/vouch/report.h"
#include "tools/vouch/socket.h"
#include "tools/vouch/wait.h"

/* serve and connect: the two ends of a connection. */

/* What --posture-check and --within are unless given. */
enum { POSTURE_CHECK_MS = 200, WITHIN_MS = 60000 };

/* Everything that is there before there is a connection. */
struct link {
    struct options options;
    struct self self;
    struct peers peers;
    SSL_CTX *ctx;
    vouch_role role;
    int listener; /* -1: there is none */
    struct input input;
    struct output output;
    struct posture posture;
    struct release release;
    struct host host;
};

/* Options that say nothing without another, or against one. */
static const char *contradiction(const struct options *options)
{
    bool asks = options->num_operations != 0;
    bool executes = options->asker != VOUCH_ASKER_NOBODY;

    if (executes != (options->run != NULL)) {
        return "--execute and --run need each other";
    }
    if (executes && options->no_attest) {
        return "--execute: who does not attest is asked for no operation";
    }
    if ((options->attester == ATTESTER_PASSPORT) !=
        (options->passport != NULL)) {
        return "--attester=passport and --passport need each other";
    }
    if (options->no_attest && options->passport != NULL) {
        return "--attest=no and --passport: which of them?";
    }
    if (executes && options->passport != NULL) {
        return "--execute: a passport is about no operation";
    }
    if (options->verifier != NULL && options->require == REQUIRE_NONE) {
        return "--require=none asks for nothing that a --verifier could see";
    }
    if (options->allow != 0 && options->require == REQUIRE_NONE) {
        return "--require=none asks for nothing: --allow has no meaning";
    }
    if (options->num_posture != 0 && options->no_attest) {
        return "--posture: who does not attest has no use for it";
    }
    if (options->num_posture == 0 && options->has_posture_check) {
        return "--posture-check has no meaning without --posture";
    }
    if (!asks && (options->has_within || options->release != NULL)) {
        return "--within and --release have no meaning without --operation";
    }
    if (options->require == REQUIRE_NONE &&
        (asks || options->asker == VOUCH_ASKER_ATTESTED)) {
        return "--require=none: --operation and --execute=attested ask the "
               "peer to attest";
    }
    return NULL;
}

static bool complete(struct options *options)
{
    const char *wrong;

    if (options->require == REQUIRE_DEFAULT) {
        options->require = options->no_attest ? REQUIRE_PEER : REQUIRE_MUTUAL;
    }
    if (options->no_attest && options->require == REQUIRE_MUTUAL) {
        fail(STATUS_USAGE, "--attest=no and --require=mutual: which of them?");
        return false;
    }
    if (options->require == REQUIRE_NONE &&
        (options->has_interval || options->has_max_age ||
         options->rounds != 0)) {
        fail(STATUS_USAGE, "--require=none asks for nothing: --interval, "
                           "--max-age and --rounds have no meaning");
        return false;
    }
    wrong = contradiction(options);
    if (wrong != NULL) {
        fail(STATUS_USAGE, "%s", wrong);
        return false;
    }
    options->posture_check =
        options->has_posture_check ? options->posture_check : POSTURE_CHECK_MS;
    options->within = options->has_within ? options->within : WITHIN_MS;
    return true;
}

static bool prepare(struct link *link, const char *peer)
{
    const char *directory = link->options.operand[0];
    enum eof eof = link->options.eof;

    if (!self_load(directory, link->options.passport, &link->self)) {
        return false;
    }
    if (!peers_load(directory, peer, &link->peers) ||
        !posture_open(&link->posture, &link->options) ||
        !release_open(&link->release, link->options.release)) {
        return false;
    }
    link->ctx = tls_context(&link->self, link->role);
    link->host = (struct host){
        .options = &link->options,
        .self = &link->self,
        .close_at_eof = eof == EOF_CLOSE ||
                        (eof == EOF_DEFAULT && link->role == VOUCH_CLIENT),
        .input = &link->input,
        .output = &link->output,
        .posture = &link->posture,
        .release = &link->release,
    };
    wait_prepare();
    if (link->options.num_posture != 0) {
        wait_heed_hangups();
    }
    return link->ctx != NULL;
}

static void release(struct link *link)
{
    release_close(&link->release);
    output_free(&link->output);
    SSL_CTX_free(link->ctx);
    peers_free(&link->peers);
    self_free(&link->self);
}

static void stop_listening(struct link *link)
{
    if (link->listener >= 0) {
        close(link->listener);
        link->listener = -1;
    }
}

/* Carries out a connection, if it is one with a peer: `met` says whether. */
static enum status run_on(struct link *link, int fd, const char *address,
                          bool *met)
{
    struct tls tls;
    enum status status =
        tls_handshake(link->ctx, link->role, fd, &link->peers, &tls);

    *met = status == STATUS_CLEAN;
    if (*met) {
        if (!link->options.keep) {
            stop_listening(link);
        }
        report(json_pack(
                   "{s:s,s:s,s:s,s:s}", "event", "connected", "addr", address,
                   "peer", tls.peer->name, "suite",
                   SSL_CIPHER_standard_name(SSL_get_current_cipher(tls.ssl))),
               "connected with %s as %s", address, tls.peer->name);
        status = connection_run(&link->host, &tls);
    } else if (wait_interrupts() != 0) {
        status = STATUS_CLEAN; /* the user, not the peer, has ended it */
    }
    tls_free(&tls);
    socket_finish(fd);
    return status;
}

/* Whether to wait for another connection. What a peer does ends its own
 * connection and nothing else, and without --keep only one with a trusted peer
 * counts. */
static bool goes_on(const struct link *link, bool met)
{
    return wait_interrupts() == 0 && !link->output.broken &&
           (link->options.keep || !met);
}

static enum status serve(struct link *link, const struct address *address)
{
    enum status status;
    bool met;

    link->listener = socket_listen(address);
    if (link->listener < 0) {
        return STATUS_NETWORK;
    }
    do {
        char peer[ADDRESS_MAX];
        int fd = socket_accept(link->listener, peer);

        if (fd < 0) {
            status = wait_interrupts() != 0 ? STATUS_CLEAN : STATUS_NETWORK;
            break;
        }
        status = run_on(link, fd, peer, &met);
    } while (goes_on(link, met));
    stop_listening(link);
    return status;
}

static enum status dial(struct link *link, const struct address *address)
{
    char peer[ADDRESS_MAX];
    bool met;
    int fd = socket_connect(address, peer);

    if (fd < 0) {
        return wait_interrupts() != 0 ? STATUS_CLEAN : STATUS_NETWORK;
    }
    return run_on(link, fd, peer, &met);
}

/* Peers are known in lower case. */
static const char *lower_case(char *name)
{
    for (char *at = name; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return name;
}

enum status serve_run(const struct options *options)
{
    struct link link = {.options = *options,
                        .role = VOUCH_SERVER,
                        .listener = -1,
                        .release = {.fd = -1}};
    struct address address;
    enum status status = STATUS_LOCAL;

    if (options->listen == NULL || !address_parse(options->listen, &address)) {
        return fail(STATUS_USAGE, "serve needs --listen HOST:PORT");
    }
    if (!complete(&link.options)) {
        return STATUS_USAGE;
    }
    if (prepare(&link, options->peer)) {
        status = serve(&link, &address);
    }
    release(&link);
    return status;
}

enum status connect_run(const struct options *options)
{
    struct link link = {.options = *options,
                        .role = VOUCH_CLIENT,
                        .listener = -1,
                        .release = {.fd = -1}};
    struct address address, named;
    enum status status = STATUS_LOCAL;

    if (!address_parse(options->operand[1], &address)) {
        return fail(STATUS_USAGE, "%s is no HOST:PORT", options->operand[1]);
    }
    if (!complete(&link.options)) {
        return STATUS_USAGE;
    }
    named = address;
    if (prepare(&link, options->peer != NULL ? options->peer
                                             : lower_case(named.host))) {
        status = dial(&link, &address);
    }
    release(&link);
    return status;
}
