/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/common/descriptors.h"

enum { SENTENCE_MAX = 1024 };

static bool as_json;

void report_as_json(void)
{
    as_json = true;
}

bool report_is_json(void)
{
    return as_json;
}

/* One write a line, so that those of two processes do not mix. */
static void write_json(json_t *event)
{
    char *line = json_dumps(event, JSON_COMPACT);

    dprintf(STDERR_FILENO, "%s\n",
            line != NULL ? line
                         : "{\"event\":\"error\",\"text\":\"out of memory\"}");
    free(line);
}

void report(json_t *event, const char *sentence, ...)
{
    char text[SENTENCE_MAX];
    va_list args;

    if (as_json) {
        write_json(event);
    } else {
        va_start(args, sentence);
        vsnprintf(text, sizeof text, sentence, args);
        va_end(args);
        dprintf(STDERR_FILENO, "vouch: %s\n", text);
    }
    json_decref(event);
}

/* Paths need not be UTF-8, as JSON must be, and may hold anything. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~') {
            *text = '?';
        }
    }
}

enum status fail(enum status status, const char *sentence, ...)
{
    char text[SENTENCE_MAX];
    va_list args;

    va_start(args, sentence);
    vsnprintf(text, sizeof text, sentence, args);
    va_end(args);
    make_printable(text);
    report(json_pack("{s:s,s:s}", "event", "error", "text", text), "%s", text);
    return status;
}

enum status printed(enum status status)
{
    return descriptors_output_is_written()
               ? status
               : fail(STATUS_LOCAL, "standard output: %s", strerror(errno));
}

const char *cause_of(vouch_err err)
{
    return err == VOUCH_E_IO ? strerror(errno) : vouch_err_name(err);
}

const char *hex(vouch_bytes octets, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < octets.len; i++) {
        out[2 * i] = digits[octets.data[i] >> 4];
        out[2 * i + 1] = digits[octets.data[i] & 15];
    }
    out[2 * octets.len] = '\0';
    return out;
}
