/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vouch/pipes.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool input_is_empty(const struct input *input)
{
    return input->start == input->end;
}

vouch_bytes input_waiting(const struct input *input)
{
    return (vouch_bytes){&input->octets[input->start],
                         input->end - input->start};
}

void input_taken(struct input *input, size_t len)
{
    input->start += len;
    if (input_is_empty(input)) {
        input->start = input->end = 0;
    }
}

void input_read(struct input *input)
{
    ssize_t got =
        read(STDIN_FILENO, &input->octets[input->end], INPUT_MAX - input->end);

    if (got > 0) {
        input->end += (size_t)got;
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        input->ended = true;
        /* Where it was closed at the start, there is nothing to be read. */
        input->broken = got != 0 && errno != EBADF;
    }
}

bool input_has_more(struct input *input)
{
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};

    if (input_is_empty(input) && !input->ended && poll(&ready, 1, 0) == 1) {
        input_read(input);
    }
    return !input_is_empty(input);
}

static bool grow(struct output *output, size_t more)
{
    size_t room = output->len + more + OUTPUT_MAX;
    uint8_t *octets;

    if (output->room - output->len >= more) {
        return true;
    }
    octets = realloc(output->octets, room);
    if (octets != NULL) {
        output->octets = octets;
        output->room = room;
    }
    return octets != NULL;
}

bool output_add(struct output *output, vouch_bytes octets)
{
    if (octets.len == 0) {
        return true;
    }
    if (!grow(output, octets.len)) {
        return false;
    }
    memcpy(&output->octets[output->len], octets.data, octets.len);
    output->len += octets.len;
    return true;
}

/* A pipe that is ready takes that much at once (POSIX, write). */
static ssize_t write_some(const uint8_t *octets, size_t len)
{
    struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};

    if (poll(&ready, 1, 0) != 1) {
        return 0;
    }
    return write(STDOUT_FILENO, octets, len < PIPE_BUF ? len : PIPE_BUF);
}

void output_write(struct output *output)
{
    size_t put = 0;
    ssize_t n = 1;

    while (put < output->len && n > 0) {
        n = write_some(&output->octets[put], output->len - put);
        put += n > 0 ? (size_t)n : 0;
    }
    if (n < 0 && errno != EINTR && errno != EAGAIN) {
        output->broken = true;
        put = output->len;
    }
    output->len -= put;
    if (put != 0) {
        memmove(output->octets, &output->octets[put], output->len);
    }
}

bool output_is_full(const struct output *output)
{
    return output->len >= OUTPUT_MAX;
}

void output_free(struct output *output)
{
    free(output->octets);
}
