/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/soak/books.h"

#include <inttypes.h>

#include "tools/soak/account.h"

void books_add(struct books *books, const struct account *account,
               bool peer_counts)
{
    const vouch_stats *stats = &account->stats;

    books->sessions++;
    books->requests += stats->requests_sent;
    books->accepted += account->accepted;
    books->rejected += account->rejected;
    books->indeterminate += account->indeterminate;
    books->declined += account->declined;
    books->pending += account_pending(account);
    books->failed += account->failed;
    if (!peer_counts) {
        return;
    }
    books->answered += stats->answered;
    books->confirmed += account->confirmed;
    books->commands += account->commanded;
    books->replied += account->replied;
    books->unknown += account->unknown;
    books->unanswered +=
        account->commanded - account->replied - account->unknown;
    books->taken += account->taken;
    books->refused += stats->commands_refused;
    books->postures += stats->posture_changes;
    books->sent += account->sent;
    books->delivered += account->received;
    books->dropped += account->dropped;
}

const char *books_error(const struct books *books)
{
    if (books->requests != books->accepted + books->rejected +
                               books->indeterminate + books->declined +
                               books->pending) {
        return "requests are not accepted + rejected + indeterminate + "
               "declined + pending";
    }
    if (books->commands !=
        books->replied + books->unknown + books->unanswered) {
        return "commands are not replied + unknown + unanswered";
    }
    if (books->accepted > books->answered) {
        return "more is accepted than was answered";
    }
    if (books->confirmed > books->accepted) {
        return "more is confirmed than was accepted";
    }
    if (books->taken > books->commands) {
        return "more commands are taken than were sent";
    }
    return books->delivered + books->dropped > books->sent
               ? "more octets come than were sent"
               : NULL;
}

struct item {
    const char *name;
    uint64_t value;
};

void report_print(const struct report *report, FILE *out)
{
    const struct books *b = &report->books;

    fprintf(out,
            "%" PRIu64 " s, seed %" PRIu64 ", %" PRIu64 " connections (%" PRIu64
            " cut, %" PRIu64 " with a hostile peer), %" PRIu64
            " sessions; requests %" PRIu64 " = %" PRIu64 " accepted + %" PRIu64
            " rejected + %" PRIu64 " indeterminate + %" PRIu64
            " declined + %" PRIu64 " pending; ",
            report->milliseconds / 1000, report->seed, b->connections, b->cuts,
            b->hostile, b->sessions, b->requests, b->accepted, b->rejected,
            b->indeterminate, b->declined, b->pending);
    fprintf(out,
            "commands %" PRIu64 " = %" PRIu64 " replied + %" PRIu64
            " unknown + %" PRIu64 " pending; posture changes %" PRIu64
            "; octets %" PRIu64 " of %" PRIu64 " delivered, %" PRIu64
            " dropped; ",
            b->commands, b->replied, b->unknown, b->unanswered, b->postures,
            b->delivered, b->sent, b->dropped);
    fprintf(out,
            "memory %" PRIu64 " octets warm, %" PRIu64
            " at the end (library %" PRIu64 ", %" PRIu64 "), descriptors "
            "%" PRIu64 ", %" PRIu64,
            report->warm.heap, report->end.heap, report->warm.library,
            report->end.library, report->warm.descriptors,
            report->end.descriptors);
}

void report_print_json(const struct report *report, FILE *out)
{
    const struct books *b = &report->books;
    const struct item items[] = {
        {"seed", report->seed},
        {"milliseconds", report->milliseconds},
        {"connections", b->connections},
        {"cuts", b->cuts},
        {"hostile", b->hostile},
        {"sessions", b->sessions},
        {"sessions_failed", b->failed},
        {"requests", b->requests},
        {"accepted", b->accepted},
        {"rejected", b->rejected},
        {"indeterminate", b->indeterminate},
        {"declined", b->declined},
        {"pending", b->pending},
        {"confirmed", b->confirmed},
        {"commands", b->commands},
        {"commands_replied", b->replied},
        {"commands_unknown", b->unknown},
        {"commands_pending", b->unanswered},
        {"commands_taken", b->taken},
        {"commands_refused", b->refused},
        {"posture_changes", b->postures},
        {"octets_sent", b->sent},
        {"octets_delivered", b->delivered},
        {"octets_dropped", b->dropped},
        {"heap_warm", report->warm.heap},
        {"heap_end", report->end.heap},
        {"library_heap_warm", report->warm.library},
        {"library_heap_end", report->end.library},
        {"resident_warm", report->warm.resident},
        {"resident_end", report->end.resident},
        {"descriptors_warm", report->warm.descriptors},
        {"descriptors_end", report->end.descriptors},
    };

    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        fprintf(out, "%s\"%s\":%" PRIu64, i == 0 ? "{" : ",", items[i].name,
                items[i].value);
    }
    fprintf(out, "}");
}
