/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_PIPES_H
#define VOUCH_TOOLS_PIPES_H

#include <vouch/base.h>

/* Standard input and output, which carry application data and nothing else.
 * Neither is made non-blocking, for others may share it. */

enum {
    INPUT_MAX = 16384,
    OUTPUT_MAX = 1 << 17, /* beyond it nothing more is taken in */
};

/* What was read and not sent yet. */
struct input {
    uint8_t octets[INPUT_MAX];
    size_t start, end;
    bool ended;
    bool broken; /* by an error: not all of it was read */
};

bool input_is_empty(const struct input *input);
vouch_bytes input_waiting(const struct input *input);
void input_taken(struct input *input, size_t len);

/* input_read reads once, when there is something to read and room for it. */
void input_read(struct input *input);

/* input_has_more tells whether there is something to send, without waiting. */
bool input_has_more(struct input *input);

/* What came and was not written yet. */
struct output {
    uint8_t *octets; /* of malloc */
    size_t len, room;
    bool broken; /* nobody reads, or the like */
};

/* output_add takes more; false when there is no memory. */
bool output_add(struct output *output, vouch_bytes octets);

/* output_write writes as much as is taken without waiting. */
void output_write(struct output *output);

bool output_is_full(const struct output *output);
void output_free(struct output *output);

#endif
