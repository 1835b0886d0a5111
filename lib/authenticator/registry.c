/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/registry.h"

#include <string.h>

#include <vouch/limits.h>

#include "lib/keys/digest.h"
#include "proto/memory.h"

/* Where foreign contexts are allowed, 32 random octets may look like a counter;
 * one that leaps further than any peer counts is taken for such. */
#define COUNTER_LEAP_MAX (UINT64_C(1) << 32)

void vouch_registry_init(struct vouch_registry *registry, vouch_role role)
{
    *registry = (struct vouch_registry){.role = role};
}

void vouch_registry_cleanup(struct vouch_registry *registry)
{
    vouch_free(registry->foreign);
    registry->foreign = NULL;
}

vouch_err vouch_registry_allow_foreign(struct vouch_registry *registry,
                                       size_t max)
{
    if (max == 0 || max > VOUCH_LIMIT_FOREIGN_CONTEXTS) {
        return VOUCH_E_ARGUMENT;
    }
    if (registry->issued != 0 || registry->received != 0 ||
        registry->foreign != NULL) {
        return VOUCH_E_STATE;
    }
    registry->foreign = vouch_alloc(max * sizeof registry->foreign[0]);
    if (registry->foreign == NULL) {
        return VOUCH_E_NOMEM;
    }
    registry->max_foreign = max;
    return VOUCH_OK;
}

vouch_err vouch_registry_issue(struct vouch_registry *registry,
                               vouch_bytes operation, vouch_bytes nonce,
                               uint64_t *id, uint8_t out[VOUCH_CONTEXT_MAX],
                               size_t *out_len)
{
    uint8_t random[VOUCH_CONTEXT_RANDOM], octets[VOUCH_CONTEXT_MAX];
    struct vouch_context context = {.random = {random, sizeof random},
                                    .operation = operation,
                                    .nonce = nonce};
    vouch_err err;
    size_t len;

    if (registry->issued == VOUCH_ID_COUNTER) {
        return VOUCH_E_TOO_MANY;
    }
    /* RFC 9261, 4: unpredictable to the peer [E02] */
    err = vouch_random(random, sizeof random);
    if (err != VOUCH_OK) {
        return err;
    }
    /* RFC 9261, 4: the counter and the role bit make it unique across both
     * message types and both directions [E01] */
    context.id = registry->issued + 1;
    if (registry->role == VOUCH_SERVER) {
        context.id |= VOUCH_ID_SERVER;
    }
    len = vouch_context_encode(&context, octets);
    if (len == 0) {
        return VOUCH_E_ARGUMENT;
    }
    err = vouch_context_parse((vouch_bytes){octets, len}, &context);
    if (err != VOUCH_OK) {
        return err;
    }
    registry->issued++;
    registry->unanswered = registry->unanswered << 1 | 1;
    memcpy(out, octets, len);
    *out_len = len;
    *id = context.id;
    return VOUCH_OK;
}

static bool foreign_seen(const struct vouch_registry *registry,
                         vouch_bytes context)
{
    uint8_t digest[32];

    if (registry->num_foreign == 0) {
        return false;
    }
    vouch_sha256(context, digest);
    for (size_t i = 0; i < registry->num_foreign; i++) {
        if (memcmp(registry->foreign[i], digest, sizeof digest) == 0) {
            return true;
        }
    }
    return false;
}

/* `otherwise` is what a context that vouch did not lay out is where none is
 * allowed. */
static vouch_err check_foreign(const struct vouch_registry *registry,
                               vouch_err otherwise)
{
    if (registry->foreign == NULL) {
        return otherwise;
    }
    return registry->num_foreign < registry->max_foreign ? VOUCH_OK
                                                         : VOUCH_E_TOO_MANY;
}

static void spend_foreign(struct vouch_registry *registry, vouch_bytes context)
{
    if (registry->num_foreign < registry->max_foreign) {
        vouch_sha256(context, registry->foreign[registry->num_foreign]);
        registry->num_foreign++;
    }
}

/* native finds the counter of a context that vouch laid out in the requester's
 * role `role`. */
static bool native(vouch_bytes octets, vouch_role role, uint64_t *counter)
{
    struct vouch_context context;

    if (vouch_context_parse(octets, &context) != VOUCH_OK ||
        ((context.id & VOUCH_ID_SERVER) != 0) != (role == VOUCH_SERVER)) {
        return false;
    }
    *counter = context.id & VOUCH_ID_COUNTER;
    return true;
}

static bool issued(const struct vouch_registry *registry, vouch_bytes context,
                   uint64_t *counter)
{
    return native(context, registry->role, counter) &&
           *counter <= registry->issued;
}

static bool from_peer(const struct vouch_registry *registry,
                      vouch_bytes context, uint64_t *counter)
{
    vouch_role peer =
        registry->role == VOUCH_CLIENT ? VOUCH_SERVER : VOUCH_CLIENT;

    return native(context, peer, counter) &&
           (registry->foreign == NULL || *counter <= registry->received ||
            *counter - registry->received <= COUNTER_LEAP_MAX);
}

static uint64_t unanswered_bit(const struct vouch_registry *registry,
                               uint64_t counter)
{
    uint64_t age = registry->issued - counter;

    return age < VOUCH_LIMIT_UNANSWERED ? UINT64_C(1) << age : 0;
}

vouch_err vouch_registry_check_own(const struct vouch_registry *registry,
                                   vouch_bytes context)
{
    uint64_t counter;

    if (foreign_seen(registry, context)) {
        return VOUCH_E_CONTEXT_REUSED;
    }
    if (!issued(registry, context, &counter)) {
        return check_foreign(registry, VOUCH_E_BAD_REQUEST);
    }
    /* RFC 9261, 7.4: not in an authenticator that was validated [E26] */
    return (registry->unanswered & unanswered_bit(registry, counter)) != 0
               ? VOUCH_OK
               : VOUCH_E_CONTEXT_REUSED;
}

void vouch_registry_spend_own(struct vouch_registry *registry,
                              vouch_bytes context)
{
    uint64_t counter;

    if (issued(registry, context, &counter)) {
        registry->unanswered &= ~unanswered_bit(registry, counter);
    } else {
        spend_foreign(registry, context);
    }
}

/* RFC 9261, 5.2: no authenticator for a context that was used already, by
 * either side [E10] */
vouch_err vouch_registry_check_peer(const struct vouch_registry *registry,
                                    vouch_bytes context)
{
    uint64_t counter;

    if (foreign_seen(registry, context) ||
        issued(registry, context, &counter)) {
        return VOUCH_E_CONTEXT_REUSED;
    }
    if (from_peer(registry, context, &counter)) {
        return counter > registry->received ? VOUCH_OK : VOUCH_E_CONTEXT_REUSED;
    }
    return check_foreign(registry, native(context, registry->role, &counter)
                                       ? VOUCH_E_ILLEGAL
                                       : VOUCH_E_DECODE);
}

bool vouch_registry_was_received(const struct vouch_registry *registry,
                                 vouch_bytes context)
{
    uint64_t counter;

    return foreign_seen(registry, context) ||
           (from_peer(registry, context, &counter) &&
            counter <= registry->received);
}

void vouch_registry_spend_peer(struct vouch_registry *registry,
                               vouch_bytes context)
{
    uint64_t counter;

    if (from_peer(registry, context, &counter)) {
        registry->received = counter;
    } else {
        spend_foreign(registry, context);
    }
}
