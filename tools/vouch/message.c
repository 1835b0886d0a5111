/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>

#include "tools/vouch/appraisers.h"
#include "tools/vouch/files.h"
#include "tools/vouch/report.h"

static bool read_standard_input(vouch_buffer *out)
{
    uint8_t *octets = malloc(VOUCH_LIMIT_CMW + 1);
    size_t len;

    if (octets == NULL) {
        return false;
    }
    len = fread(octets, 1, VOUCH_LIMIT_CMW + 1, stdin);
    if (ferror(stdin) != 0 || len > VOUCH_LIMIT_CMW) {
        errno = ferror(stdin) != 0 ? errno : EFBIG;
        free(octets);
        return false;
    }
    out->data = octets;
    out->len = len;
    return true;
}

static bool wrap(const char *format, vouch_buffer *message)
{
    uint32_t indicator = is_of_results(format) ? VOUCH_CMW_ATTESTATION_RESULTS
                                               : VOUCH_CMW_EVIDENCE;
    vouch_buffer cmw;
    uint8_t *copy;

    if (vouch_cmw_record(format, (vouch_bytes){message->data, message->len},
                         indicator, &cmw) != VOUCH_OK) {
        fail(STATUS_LOCAL, "the message is too long for a CMW");
        return false;
    }
    copy = realloc(message->data, cmw.len);
    if (copy != NULL) {
        memcpy(copy, cmw.data, cmw.len);
        message->data = copy;
        message->len = cmw.len;
    } else {
        fail(STATUS_LOCAL, "out of memory");
    }
    vouch_buffer_free(&cmw);
    return copy != NULL;
}

bool message_read(const char *path, const char *format, vouch_buffer *out)
{
    bool is_standard_input = strcmp(path, "-") == 0;
    vouch_buffer message;

    if (is_standard_input
            ? !read_standard_input(&message)
            : !file_read_foreign(path, VOUCH_LIMIT_CMW, &message)) {
        fail(STATUS_LOCAL, "%s: %s",
             is_standard_input ? "standard input" : path, strerror(errno));
        return false;
    }
    if (format != NULL && !wrap(format, &message)) {
        free(message.data);
        return false;
    }
    *out = message;
    return true;
}
