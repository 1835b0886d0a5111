/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/attester.h"

#include <openssl/bytestring.h>

#include <vouch/cmw.h>
#include <vouch/posture.h>

#include "lib/keys/digest.h"
#include "proto/memory.h"
#include "proto/posture.h"

enum { MESSAGE_ROOM = 2048 };

void vouch_attester_free(vouch_attester *attester)
{
    if (attester != NULL && atomic_fetch_sub(&attester->refs, 1) == 1) {
        attester->ops->destroy(attester);
    }
}

const char *vouch_attester_format(const vouch_attester *attester)
{
    return attester->format;
}

static vouch_bytes buffer_bytes(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}

static bool write_posture(const struct vouch_evidence_request *request,
                          CBB *components, CBB *out)
{
    struct vouch_posture_claims claims = {
        .binder = vouch_digest_bytes(&request->binder),
        .epoch = request->posture->epoch,
    };
    uint8_t digest[32];

    if (!vouch_posture_write_components(request->posture, components)) {
        return false;
    }
    claims.components =
        (vouch_bytes){CBB_data(components), CBB_len(components)};
    vouch_sha256(claims.components, digest);
    claims.digest = (vouch_bytes){digest, sizeof digest};
    return vouch_posture_claims_encode(out, &claims);
}

static vouch_err posture_record(const struct vouch_evidence_request *request,
                                vouch_buffer *out)
{
    CBB components, claims;
    vouch_err err = VOUCH_E_NOMEM;

    CBB_zero(&components);
    CBB_zero(&claims);
    if (CBB_init(&components, 256) && CBB_init(&claims, 512) &&
        write_posture(request, &components, &claims)) {
        err =
            vouch_cmw_record(VOUCH_POSTURE_FORMAT,
                             (vouch_bytes){CBB_data(&claims), CBB_len(&claims)},
                             VOUCH_CMW_EVIDENCE, out);
    }
    CBB_cleanup(&components);
    CBB_cleanup(&claims);
    return err;
}

/* design, 3: { "platform": evidence, "posture": posture } */
static vouch_err put_beside(const struct vouch_evidence_request *request,
                            const vouch_buffer *platform, vouch_buffer *out)
{
    vouch_buffer posture;
    vouch_err err = posture_record(request, &posture);

    if (err == VOUCH_OK) {
        const vouch_cmw_member members[] = {
            {.label = vouch_text("platform"), .cmw = buffer_bytes(platform)},
            {.label = vouch_text("posture"), .cmw = buffer_bytes(&posture)},
        };

        err = vouch_cmw_collection(NULL, members,
                                   sizeof members / sizeof members[0], out);
        vouch_buffer_free(&posture);
    }
    return err;
}

/* A posture that was never set is not worth a word. */
static bool needs_posture_beside(const vouch_attester *attester,
                                 const struct vouch_posture *posture)
{
    return !attester->ops->has_posture && posture != NULL &&
           (posture->num != 0 || posture->epoch != 0);
}

static vouch_err wrap(const vouch_attester *attester,
                      const struct vouch_evidence_request *request,
                      vouch_bytes message, vouch_buffer *out)
{
    vouch_buffer record;
    vouch_err err = vouch_cmw_record(attester->format, message,
                                     attester->ops->indicator, &record);

    if (err == VOUCH_OK && needs_posture_beside(attester, request->posture)) {
        err = put_beside(request, &record, out);
        vouch_buffer_free(&record);
    } else if (err == VOUCH_OK) {
        *out = record;
    }
    return err;
}

vouch_err vouch_attester_produce(vouch_attester *attester,
                                 const struct vouch_evidence_request *request,
                                 vouch_buffer *out)
{
    vouch_err err = VOUCH_E_NOMEM;
    CBB message;

    CBB_zero(&message);
    if (CBB_init(&message, MESSAGE_ROOM)) {
        err = attester->ops->produce(attester, request, &message);
    }
    if (err == VOUCH_OK) {
        err = wrap(attester, request,
                   (vouch_bytes){CBB_data(&message), CBB_len(&message)}, out);
    }
    CBB_cleanup(&message);
    return err;
}
