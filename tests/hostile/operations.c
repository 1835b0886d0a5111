/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/trial.h"

/* One step asks for one operation at most. */
void operations_asked(struct trial *t, uint64_t id)
{
    t->operations[t->num_operations++] = (struct asked_operation){.id = id};
}

void operations_event(struct trial *t, const vouch_event *event)
{
    if (event->type != VOUCH_EVENT_REPLY &&
        event->type != VOUCH_EVENT_UNKNOWN &&
        event->type != VOUCH_EVENT_REFUSED) {
        return;
    }
    for (size_t i = 0; i < t->num_operations; i++) {
        if (t->operations[i].id == event->exchange.id) {
            t->operations[i].ends++;
        }
    }
}

void operations_over(struct trial *t)
{
    vouch_event event;

    (void)(vouch_session_truncated(t->session, t->now) != VOUCH_OK);
    while (vouch_session_poll(t->session, &event)) {
        operations_event(t, &event);
    }
    for (size_t i = 0; i < t->num_operations; i++) {
        MODEL_CHECK(&t->model, PROPERTY_COMMANDS, t->operations[i].ends == 1,
                    "operation %llx ended %u times",
                    (unsigned long long)t->operations[i].id,
                    t->operations[i].ends);
    }
}
