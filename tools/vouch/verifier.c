/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/verifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/vouch/report.h"
#include "tools/vouch/wait.h"

enum { VARIABLES = 3 };

/* What is asked about one exchange. */
struct question {
    struct question *next;
    vouch_exchange exchange;
    vouch_buffer cmw;                 /* of malloc */
    char *environment[VARIABLES + 1]; /* likewise, but for the last */
};

void verifier_init(struct verifier *verifier, const char *path,
                   const vouch_registry *results)
{
    *verifier = (struct verifier){.path = path, .results = results};
    program_init(&verifier->program);
}

static void question_free(struct question *question)
{
    free(question->cmw.data);
    for (size_t i = 0; i < VARIABLES; i++) {
        free(question->environment[i]);
    }
    free(question);
}

/* NAME=octets in hexadecimal, of malloc. */
static char *variable(const char *name, vouch_bytes octets)
{
    size_t name_len = strlen(name);
    char *text = malloc(name_len + 1 + 2 * octets.len + 1);

    if (text != NULL) {
        memcpy(text, name, name_len);
        text[name_len] = '=';
        hex(octets, &text[name_len + 1]);
    }
    return text;
}

static vouch_bytes bytes_of(const vouch_digest *digest)
{
    return (vouch_bytes){digest->data, digest->len};
}

static bool fill(struct question *question, const vouch_appraisal_info *info)
{
    char **environment = question->environment;

    question->cmw.data = malloc(info->cmw.len);
    if (question->cmw.data == NULL) {
        return false;
    }
    memcpy(question->cmw.data, info->cmw.data, info->cmw.len);
    question->cmw.len = info->cmw.len;
    environment[0] = variable("VOUCH_BINDER", bytes_of(&info->binder));
    environment[1] =
        variable("VOUCH_AIK_PUB_HASH", bytes_of(&info->aik_pub_hash));
    environment[2] = variable("VOUCH_AIK_SPKI", info->aik_spki);
    return environment[0] != NULL && environment[1] != NULL &&
           environment[2] != NULL;
}

vouch_err verifier_add(struct verifier *verifier, const vouch_session *session,
                       vouch_exchange exchange)
{
    struct question *question, **last = &verifier->waiting;
    vouch_appraisal_info info;
    vouch_err err = vouch_session_appraisal_info(session, exchange, &info);

    if (err != VOUCH_OK) {
        return err;
    }
    question = calloc(1, sizeof *question);
    if (question == NULL) {
        return VOUCH_E_NOMEM;
    }
    if (!fill(question, &info)) {
        question_free(question);
        return VOUCH_E_NOMEM;
    }
    question->exchange = exchange;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = question;
    return VOUCH_OK;
}

/* It could not tell: that is no verdict about the peer. */
static vouch_err conclude_nothing(struct verifier *verifier,
                                  vouch_session *session, const char *cause)
{
    vouch_result result = {.verdict = VOUCH_INDETERMINATE};

    result.reason.check = VOUCH_CHECK_RESULT;
    snprintf(result.reason.found, VOUCH_TEXT_MAX, "no result of the Verifier");
    fail(STATUS_LOCAL, "%s: %s", verifier->path, cause);
    return vouch_session_conclude(session, verifier->exchange, &result,
                                  clock_now());
}

static vouch_err start(struct verifier *verifier, vouch_session *session)
{
    struct question *question = verifier->waiting;
    vouch_buffer cmw = question->cmw;
    int cause;

    verifier->waiting = question->next;
    verifier->exchange = question->exchange;
    question->cmw = (vouch_buffer){NULL, 0};
    cause = program_start(&verifier->program, verifier->path,
                          question->environment, cmw);
    question_free(question);
    return cause == 0 ? VOUCH_OK
                      : conclude_nothing(verifier, session, strerror(cause));
}

static vouch_err conclude(struct verifier *verifier, vouch_session *session)
{
    vouch_bytes cmw = {verifier->program.output, verifier->program.output_len};

    return vouch_registry_appraise_result(verifier->results, session,
                                          verifier->exchange, cmw, clock_now());
}

vouch_err verifier_go(struct verifier *verifier, vouch_session *session)
{
    if (!verifier->program.running) {
        return verifier->waiting != NULL ? start(verifier, session) : VOUCH_OK;
    }
    switch (program_go(&verifier->program)) {
    case PROGRAM_DONE:
        return conclude(verifier, session);
    case PROGRAM_FAILED:
        return conclude_nothing(verifier, session,
                                "it failed, took a minute, or said too much");
    case PROGRAM_RUNS:
    default:
        return VOUCH_OK;
    }
}

void verifier_stop(struct verifier *verifier)
{
    program_stop(&verifier->program);
    while (verifier->waiting != NULL) {
        struct question *question = verifier->waiting;

        verifier->waiting = question->next;
        question_free(question);
    }
}
