/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/ear.h>

#include <vouch/cmw.h>

#include "lib/evidence/attester.h"
#include "lib/evidence/ear_token.h"
#include "lib/keys/digest.h"
#include "proto/fork.h"
#include "proto/memory.h"
#include "proto/writer.h"

struct passport_attester {
    vouch_attester base;
    const struct vouch_ear_form *form;
    pthread_mutex_t lock; /* of `ear` */
    vouch_buffer ear;
};

static vouch_bytes buffer_bytes(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}

/* Whether an EAR is to be shown, for a purpose of `arg`. */
typedef vouch_err look(const struct vouch_ear *ear, const void *arg);

static vouch_err has_form(const struct vouch_ear_form *form,
                          const struct vouch_ear *ear)
{
    if (!vouch_bytes_equal(ear->profile, vouch_text(form->profile->tag))) {
        return VOUCH_E_ILLEGAL;
    }
    return vouch_ear_missing(ear) == NULL ? VOUCH_OK : VOUCH_E_CLAIM_MISSING;
}

/* That it is signed, and by whom, is for the relying party to say. */
static vouch_err look_at(const struct vouch_ear_form *form, vouch_bytes octets,
                         look *check, const void *arg)
{
    struct vouch_ear_token token;
    struct vouch_ear ear;
    vouch_err err = vouch_ear_token_open(form, octets, &token);

    if (err != VOUCH_OK) {
        return err;
    }
    err = vouch_ear_token_claims(&token, &ear, NULL);
    if (err == VOUCH_OK) {
        err = has_form(form, &ear);
    }
    if (err == VOUCH_OK) {
        err = check(&ear, arg);
    }
    vouch_ear_token_close(&token);
    return err;
}

static vouch_err names_an_aik(const struct vouch_ear *ear, const void *arg)
{
    (void)arg;
    for (size_t i = 0; i < ear->num_appraisals; i++) {
        if (ear->appraisals[i].aik_pub_hash.len == 0) {
            return VOUCH_E_CLAIM_MISSING;
        }
    }
    return VOUCH_OK;
}

/* A relying party would refuse it: for another AIK, of another exchange, or
 * expired. [R03] [R05] */
static vouch_err is_for(const struct vouch_ear *ear, const void *arg)
{
    const struct vouch_evidence_request *request = arg;
    uint8_t hash[32];

    vouch_sha256(request->aik_spki, hash);
    for (size_t i = 0; i < ear->num_appraisals; i++) {
        const struct vouch_ear_appraisal *one = &ear->appraisals[i];

        if (!vouch_bytes_equal(one->aik_pub_hash,
                               (vouch_bytes){hash, sizeof hash})) {
            return VOUCH_E_KEY_MISMATCH;
        }
        if (one->nonce.len != 0 &&
            !vouch_bytes_equal(one->nonce,
                               vouch_digest_bytes(&request->binder))) {
            return VOUCH_E_STATE;
        }
    }
    return ear->has_exp && ear->exp <= request->now.unix_s ? VOUCH_E_STATE
                                                           : VOUCH_OK;
}

static vouch_err produce(vouch_attester *base,
                         const struct vouch_evidence_request *request, CBB *out)
{
    struct passport_attester *attester = (struct passport_attester *)base;
    vouch_err err;

    vouch_lock(&attester->lock);
    err =
        look_at(attester->form, buffer_bytes(&attester->ear), is_for, request);
    if (err == VOUCH_OK &&
        !vouch_write_octets(out, buffer_bytes(&attester->ear))) {
        err = VOUCH_E_NOMEM;
    }
    vouch_unlock(&attester->lock);
    return err;
}

static void destroy(vouch_attester *base)
{
    struct passport_attester *attester = (struct passport_attester *)base;

    vouch_buffer_free(&attester->ear);
    pthread_mutex_destroy(&attester->lock);
    vouch_free(attester);
}

static const struct vouch_attester_ops ops = {
    .indicator = VOUCH_CMW_ATTESTATION_RESULTS,
    .produce = produce,
    .destroy = destroy,
};

static vouch_err copy_ear(const struct vouch_ear_form *form, vouch_bytes ear,
                          vouch_buffer *out)
{
    vouch_err err = look_at(form, ear, names_an_aik, NULL);

    return err == VOUCH_OK ? vouch_copy(ear, out) : err;
}

static vouch_err make(const struct vouch_ear_form *form,
                      struct passport_attester **out)
{
    struct passport_attester *attester;

    if (vouch_fork_watch() != VOUCH_OK) {
        return VOUCH_E_NOMEM;
    }
    attester = vouch_alloc(sizeof *attester);
    if (attester == NULL) {
        return VOUCH_E_NOMEM;
    }
    if (pthread_mutex_init(&attester->lock, NULL) != 0) {
        vouch_free(attester);
        return VOUCH_E_NOMEM;
    }
    attester->base.ops = &ops;
    attester->base.format = vouch_ear_form_format(form);
    attester->form = form;
    atomic_init(&attester->base.refs, 1);
    *out = attester;
    return VOUCH_OK;
}

vouch_err vouch_passport_attester_new(const char *format, vouch_bytes ear,
                                      vouch_attester **out)
{
    const struct vouch_ear_form *form = vouch_ear_form_find(format);
    struct passport_attester *attester;
    vouch_buffer copy;
    vouch_err err;

    if (form == NULL) {
        return VOUCH_E_ARGUMENT;
    }
    err = copy_ear(form, ear, &copy);
    if (err != VOUCH_OK) {
        return err;
    }
    err = make(form, &attester);
    if (err != VOUCH_OK) {
        vouch_buffer_free(&copy);
        return err;
    }
    attester->ear = copy;
    *out = &attester->base;
    return VOUCH_OK;
}

vouch_err vouch_passport_attester_renew(vouch_attester *base, vouch_bytes ear)
{
    struct passport_attester *attester = (struct passport_attester *)base;
    vouch_buffer copy, old;
    vouch_err err;

    if (base->ops != &ops) {
        return VOUCH_E_ARGUMENT;
    }
    err = copy_ear(attester->form, ear, &copy);
    if (err != VOUCH_OK) {
        return err;
    }
    vouch_lock(&attester->lock);
    old = attester->ear;
    attester->ear = copy;
    vouch_unlock(&attester->lock);
    vouch_buffer_free(&old);
    return VOUCH_OK;
}
