/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/context.h"

#include "proto/reader.h"
#include "proto/writer.h"

/* The verifier nonce is the last part: it is as long as what is left. */
static bool read_parts(CBS *in, uint64_t *id, CBS *random, CBS *operation,
                       CBS *nonce)
{
    const CBS none = vouch_reader((vouch_bytes){NULL, 0});

    *operation = none;
    *nonce = none;
    if (!vouch_read_u64(in, id) ||
        !vouch_read_octets(in, VOUCH_CONTEXT_RANDOM, random)) {
        return false;
    }
    if ((*id & VOUCH_ID_OPERATION) != 0 &&
        !vouch_read_octets(in, VOUCH_OPERATION_DIGEST, operation)) {
        return false;
    }
    if ((*id & VOUCH_ID_NONCE) != 0) {
        return CBS_len(in) >= VOUCH_NONCE_MIN &&
               CBS_len(in) <= VOUCH_NONCE_MAX &&
               vouch_read_octets(in, CBS_len(in), nonce);
    }
    return true;
}

vouch_err vouch_context_parse(vouch_bytes octets, struct vouch_context *out)
{
    CBS in = vouch_reader(octets), random, operation, nonce;
    uint64_t id;

    if (!read_parts(&in, &id, &random, &operation, &nonce) ||
        !vouch_read_end(&in) || (id & VOUCH_ID_COUNTER) == 0) {
        return VOUCH_E_DECODE;
    }
    *out = (struct vouch_context){
        .id = id,
        .random = vouch_rest(&random),
        .operation = vouch_rest(&operation),
        .nonce = vouch_rest(&nonce),
    };
    return VOUCH_OK;
}

static bool is_encodable(const struct vouch_context *context)
{
    return (context->id & VOUCH_ID_COUNTER) != 0 &&
           context->random.len == VOUCH_CONTEXT_RANDOM &&
           (context->operation.len == 0 ||
            context->operation.len == VOUCH_OPERATION_DIGEST) &&
           (context->nonce.len == 0 || (context->nonce.len >= VOUCH_NONCE_MIN &&
                                        context->nonce.len <= VOUCH_NONCE_MAX));
}

static uint64_t id_of(const struct vouch_context *context)
{
    uint64_t id = context->id & (VOUCH_ID_SERVER | VOUCH_ID_COUNTER);

    if (context->operation.len != 0) {
        id |= VOUCH_ID_OPERATION;
    }
    if (context->nonce.len != 0) {
        id |= VOUCH_ID_NONCE;
    }
    return id;
}

static bool write_parts(CBB *out, const struct vouch_context *context)
{
    return CBB_add_u64(out, id_of(context)) &&
           vouch_write_octets(out, context->random) &&
           vouch_write_octets(out, context->operation) &&
           vouch_write_octets(out, context->nonce);
}

/* RFC 9261, 4: the role bit and the counter make it unique, the random octets
 * unpredictable [E01] [E02]; expat-04, 5.1: the Verifier's nonce goes in with
 * them [X23] */
size_t vouch_context_encode(const struct vouch_context *context, uint8_t *out)
{
    size_t len = 0;
    CBB cbb;

    if (!is_encodable(context) ||
        !CBB_init_fixed(&cbb, out, VOUCH_CONTEXT_MAX)) {
        return 0;
    }
    if (write_parts(&cbb, context)) {
        len = CBB_len(&cbb);
    }
    CBB_cleanup(&cbb);
    return len;
}
