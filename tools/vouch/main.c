/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tools/vouch/commands.h"

#define JSON_HELP "  --json             events as JSON objects, one a line\n"

static const char init_help[] =
    "Makes the identity of this host in DIR/self: the AIK with its "
    "certificate,\n"
    "the attestation key, and the bundle that says to peers which these are "
    "and\n"
    "what this very program measures. A program that was built anew needs a "
    "new\n"
    "identity.\n"
    "\n"
    "  --name HOST        DNS name or address; this machine's unless given\n"
    "  --force            replace an identity that is there\n" JSON_HELP;

static const char bundle_help[] = "Prints the public part of DIR, for peers to "
                                  "`vouch trust`. Its SHA-256 goes\n"
                                  "to standard error.\n"
                                  "\n" JSON_HELP;

static const char trust_help[] =
    "Trusts the peer that BUNDLE, a file, is from, and prints the file's "
    "SHA-256:\n"
    "compare it out of band with the peer's. Reference values are the peer's "
    "own\n"
    "word: that they are the right ones is for you to know.\n"
    "\n"
    "  --force            replace another bundle of that peer\n" JSON_HELP;

#define SESSION_HELP                                                         \
    "  --attest yes|no    make Evidence when the peer asks for it (yes)\n"   \
    "  --require none|peer|mutual\n"                                         \
    "                     what application data waits for: nothing; that "   \
    "the\n"                                                                  \
    "                     peer is accepted; and that it has accepted this "  \
    "side\n"                                                                 \
    "                     (mutual, or peer with --attest=no)\n"              \
    "  --max-age TIME     how long an acceptance holds (10m)\n"              \
    "  --interval TIME    ask again that long after each request; 0: never " \
    "(a\n"                                                                   \
    "                     third of the maximum age)\n"                       \
    "  --rounds N         once the peer is accepted, ask N times more, one " \
    "after\n"                                                                \
    "                     the other; then only if --interval says so\n"

#define OPERATION_HELP                                                        \
    "\n"                                                                      \
    "Posture: what the behaviour of this side depends on. When it changes, "  \
    "the peer is\n"                                                           \
    "told, and what it has accepted is void.\n"                               \
    "  --posture NAME=FILE\n"                                                 \
    "                     a component of it, by the SHA-256 of FILE; may be " \
    "repeated\n"                                                              \
    "  --posture-check TIME\n"                                                \
    "                     look at the files that often (200ms); 0: only "     \
    "before Evidence\n"                                                       \
    "                     is made, before a command is run, and at SIGHUP\n"  \
    "\n"                                                                      \
    "Operations: the peer attests for one command, which is sent when that "  \
    "is accepted.\n"                                                          \
    "  --operation TEXT   have the peer run it; may be repeated: one after "  \
    "the other\n"                                                             \
    "  --within TIME      the peer is to start it within that time (1m)\n"    \
    "  --release FILE     once accepted, send it when there is a line in "    \
    "FILE, say\n"                                                             \
    "                     /dev/tty; one line a command\n"                     \
    "  --execute authenticated|attested\n"                                    \
    "                     run what the peer asks for: it has a trusted "      \
    "certificate; it\n"                                                       \
    "                     is accepted, too\n"                                 \
    "  --run PROGRAM      run it with this: the operation is its standard "   \
    "input, its\n"                                                            \
    "                     standard output, at most 65536 octets, the reply, " \
    "its exit\n"                                                              \
    "                     status 0 that it is done; it has a minute\n"        \
    "\n"                                                                      \
    "  --audit            an event with digests for each request that ends\n"

#define TIME_HELP                                                           \
    "\n"                                                                    \
    "TIME is a number of seconds, or has a unit: 500ms, 10s, 5m, 1h, 1d.\n" \
    "\n"                                                                    \
    "Exit status: 0 clean, 1 local failure, 2 usage, 3 refused (or an "     \
    "operation was\n"                                                       \
    "not done), 4 network.\n"

static const char serve_help[] =
    "Waits for a trusted peer, attests, appraises it, and carries data "
    "between\n"
    "standard input and output and the peer as long as the gate is open. Takes "
    "one\n"
    "connection.\n"
    "\n"
    "  --listen HOST:PORT address and port; port 0: any that is free\n"
    "  --keep             go on with the next connection, until interrupted\n"
    "  --peer NAME        take this peer only; any that is trusted unless "
    "given\n" SESSION_HELP "  --eof close|stay   what the end of standard "
    "input does (stay)\n" OPERATION_HELP JSON_HELP TIME_HELP;

static const char connect_help[] =
    "Connects with a trusted peer, attests, appraises it, and carries data "
    "between\n"
    "standard input and output and the peer as long as the gate is open.\n"
    "\n"
    "  --peer NAME        the peer that it must be; HOST unless "
    "given\n" SESSION_HELP "  --eof close|stay   what the end of standard "
    "input does (close)\n" OPERATION_HELP JSON_HELP TIME_HELP;

static const struct command commands[] = {
    {"init", "DIR [--name HOST] [--force] [--json]", 1, "fjn", init_help,
     init_run},
    {"bundle", "DIR [--json]", 1, "j", bundle_help, bundle_run},
    {"trust", "DIR BUNDLE [--force] [--json]", 2, "fj", trust_help, trust_run},
    {"serve", "DIR --listen HOST:PORT [OPTION]...", 1, "ACLOPRWXaeijklmopr",
     serve_help, serve_run},
    {"connect", "DIR HOST:PORT [OPTION]...", 2, "ACLOPRWXaeijmopr",
     connect_help, connect_run},
};

static const char usage[] =
    "usage: vouch COMMAND ...\n"
    "\n"
    "  init     make the identity of this host\n"
    "  bundle   print its public part\n"
    "  trust    take in a peer's\n"
    "  serve    wait for a peer\n"
    "  connect  connect with one\n"
    "\n"
    "vouch COMMAND --help says more. Exit status: 0 clean, 1 local failure,\n"
    "2 usage, 3 refused, 4 network.\n";

static enum status run(const struct command *command, int argc, char **argv)
{
    struct options options = {.force = false};
    enum status status;

    argv[0] = (char *)"vouch";
    return options_parse(command, argc, argv, &options, &status)
               ? command->run(&options)
               : status;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return STATUS_CLEAN;
    }
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        puts("vouch " VOUCH_VERSION);
        return STATUS_CLEAN;
    }
    for (size_t i = 0; argc >= 2 && i < sizeof commands / sizeof commands[0];
         i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return (int)run(&commands[i], argc - 1, &argv[1]);
        }
    }
    fputs(usage, stderr);
    return STATUS_USAGE;
}
