/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tools/common/descriptors.h"
#include "tools/vouch/allow.h"
#include "tools/vouch/commands.h"
#include "tools/vouch/report.h"

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
    "  --force            replace another bundle of that peer\n"
    "  --allow WHAT       the bundle's policy may do this as well, which lets "
    "more\n"
    "                     through; may be repeated\n"
    "\n"
    "WHAT is\n"
    "  key-bound  accept passports: Attestation Results that name the AIK and "
    "not\n"
    "             the exchange (serve and connect have to allow it, too)\n"
    "  warning    accept Attestation Results of tier warning\n"
    "  no-vector  accept Attestation Results without a trustworthiness vector\n"
    "  results    trust a Verifier's key, which speaks for the peer\n"
    "  format     accept evidence that is not of the software attester\n"
    "  ca         trust every key that a CA certifies\n"
    "  max-age    accept messages older than five minutes\n"
    "  debug      accept a platform on which debugging is on\n"
    "\n" JSON_HELP;

#define SESSION_HELP                                                           \
    "  --attest yes|no    make Evidence when the peer asks for it (yes)\n"     \
    "  --attester software|passport\n"                                         \
    "                     what that is: this program's own measurements, or "  \
    "an\n"                                                                     \
    "                     Attestation Result that a Verifier made before "     \
    "(software)\n"                                                             \
    "  --passport FILE    that result, in a CMW; it is read again each "       \
    "time\n"                                                                   \
    "  --verifier PROGRAM have it appraise what the peer sends: its standard " \
    "input is\n"                                                               \
    "                     the CMW, its standard output the Attestation "       \
    "Result; the\n"                                                            \
    "                     policy of the peer says whether to believe it "      \
    "(vouch\n"                                                                 \
    "                     appraise); it has a minute\n"                        \
    "  --require none|peer|mutual\n"                                           \
    "                     what application data waits for: nothing; that "     \
    "the\n"                                                                    \
    "                     peer is accepted; and that it has accepted this "    \
    "side\n"                                                                   \
    "                     (mutual, or peer with --attest=no)\n"                \
    "  --allow key-bound  accept passports, if the policy of the peer does, "  \
    "too: they\n"                                                              \
    "                     are bound to no connection\n"                        \
    "  --max-age TIME     how long an acceptance holds (10m)\n"                \
    "  --interval TIME    ask again that long after each request; 0: never "   \
    "(a\n"                                                                     \
    "                     third of the maximum age)\n"                         \
    "  --rounds N         once the peer is accepted, ask N times more, one "   \
    "after\n"                                                                  \
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
    "connection with a trusted peer; of others it tells, and waits on.\n"
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

#define POLICY_HELP                                                        \
    "  --format FORMAT    of the policy for this media type (that of the " \
    "software\n"                                                           \
    "                     attester)\n"
#define SIGNER_HELP                                                          \
    "  --signer PEM       the policies are signed by this public key; they " \
    "must not be\n"                                                          \
    "                     signed unless given\n"

static const char policy_show_help[] =
    "Shows what the policies in FILE, a CoRIM, say. The SHA-256 of a policy "
    "is\n"
    "that in results of appraisals, those of keys and CAs are of "
    "their\n"
    "SubjectPublicKeyInfo.\n"
    "\n" SIGNER_HELP
    "  --json             one JSON object on standard output\n";

static const char policy_add_measurement_help[] =
    "Lets the measurement NAME have the value DIGEST, in hexadecimal: "
    "SHA-256,\n"
    "SHA-384 or SHA-512. What it may have already, it may have still. FILE is "
    "made\n"
    "if there is none.\n"
    "\n"
    "  --component        NAME is a component of the posture, with its "
    "SHA-256\n" POLICY_HELP JSON_HELP;

static const char policy_add_anchor_help[] =
    "Trusts the key, or the keys that the CA certifies, in PEM, a file, and "
    "prints\n"
    "SHA-256 of its SubjectPublicKeyInfo. FILE is made if there is none.\n"
    "\n" POLICY_HELP JSON_HELP;

static const char policy_set_help[] =
    "Changes rules of a policy. FILE is made if there is none.\n"
    "\n"
    "  --max-age TIME     how old a message may be, in whole seconds (5m)\n"
    "  --min-version VERSION\n"
    "                     the software's, numbers with dots between\n"
    "  --min-security-version N\n"
    "                     the security version's\n"
    "  --debug not-enabled|disabled|allowed\n"
    "                     debugging is not said to be on; is said to be off; "
    "may be on\n"
    "                     (not-enabled)\n"
    "  --require-claim CLAIM\n"
    "                     it must be there; may be repeated, as may the next "
    "three\n"
    "  --forbid-claim CLAIM\n"
    "                     it must not be there\n"
    "  --instance UEID    take this instance only, and others given so; in\n"
    "                     hexadecimal\n"
    "  --allow warning|key-bound|no-vector\n"
    "                     Attestation Results of tier warning; that name the "
    "AIK and\n"
    "                     not the exchange; without a trustworthiness "
    "vector\n" POLICY_HELP JSON_HELP TIME_HELP;

static const char policy_sign_help[] =
    "Prints FILE signed with KEY, a file with a private key in PEM.\n"
    "\n"
    "  --name NAME        who signs; this machine unless given\n" JSON_HELP;

static const char policy_check_help[] =
    "Appraises EVIDENCE, a file with a CMW, by the policies in FILE.\n"
    "\n"
    "  --binder HEX       what it must be bound to\n"
    "  --aik-pub-hash HEX the hash of the AIK that it must name\n"
    "  --aik-spki HEX     the AIK's SubjectPublicKeyInfo: it must not have "
    "signed\n"
    "  --nonce HEX        a remote Verifier's nonce\n"
    "  --at TIME          the time, in seconds since 1970, instead of now\n"
    "  --format FORMAT    EVIDENCE is no CMW, but the evidence itself, of "
    "this\n"
    "                     media type\n" SIGNER_HELP
    "  --json             one JSON object on standard output\n"
    "\n"
    "Exit status: 0 accepted, 1 local failure, 2 usage, 3 refused.\n";

static const char key_help[] =
    "Makes a private key in FILE, and prints its public half in PEM: for a "
    "Verifier,\n"
    "or for who signs policies.\n"
    "\n"
    "  --force            replace a key that is there\n" JSON_HELP;

static const char appraise_help[] =
    "Acts as a Verifier: appraises EVIDENCE, a file with a CMW, or \"-\", by "
    "the\n"
    "policies in POLICY, and prints the Attestation Result, an EAR, in a CMW, "
    "whatever\n"
    "the verdict is. What is not given is taken from the environment that "
    "serve and\n"
    "connect run a --verifier in.\n"
    "\n"
    "  --key FILE         the Verifier's private key (vouch key)\n"
    "  --binder HEX       what the evidence must be bound to (VOUCH_BINDER)\n"
    "  --aik-pub-hash HEX the hash of the AIK that it must name\n"
    "                     (VOUCH_AIK_PUB_HASH)\n"
    "  --aik-spki HEX     the AIK's SubjectPublicKeyInfo, needed where that "
    "hash is no\n"
    "                     SHA-256 (VOUCH_AIK_SPKI)\n"
    "  --nonce HEX        the Verifier's own nonce in that exchange "
    "(VOUCH_NONCE)\n"
    "  --form cwt|jwt     how the result is written (cwt)\n"
    "  --key-bound        a passport: it names the AIK and not the exchange\n"
    "  --lifetime TIME    how long it is good, in whole seconds (5m)\n"
    "  --label TEXT       what the appraisal is called in it (attester)\n"
    "  --raw              the EAR alone, not in a CMW\n"
    "  --at TIME          the time, in seconds since 1970, instead of now\n"
    "  --format FORMAT    EVIDENCE is no CMW, but the evidence itself, of "
    "this\n"
    "                     media type\n" SIGNER_HELP JSON_HELP "\n"
    "Exit status: 0 there is a result, 1 local failure, 2 usage.\n";

static const struct command commands[] = {
    {"init", "DIR [--name HOST] [--force] [--json]", 1, "fjn", 0, init_help,
     init_run},
    {"bundle", "DIR [--json]", 1, "j", 0, bundle_help, bundle_run},
    {"trust", "DIR BUNDLE [--force] [--allow WHAT]... [--json]", 2, "fjw",
     ALLOW_ALL, trust_help, trust_run},
    {"serve", "DIR --listen HOST:PORT [OPTION]...", 1, "ACLOPRWXaeijklmoprtvwz",
     ALLOW_KEY_BOUND, serve_help, serve_run},
    {"connect", "DIR HOST:PORT [OPTION]...", 2, "ACLOPRWXaeijmoprtvwz",
     ALLOW_KEY_BOUND, connect_help, connect_run},
    {"key", "FILE [--force] [--json]", 1, "fj", 0, key_help, key_run},
    {"appraise", "POLICY EVIDENCE --key FILE [OPTION]...", 2, "BFHKNTUVbdgjuy",
     0, appraise_help, appraise_run},
    {"policy show", "FILE [--signer PEM] [--json]", 1, "gj", 0,
     policy_show_help, policy_show_run},
    {"policy add-measurement", "FILE NAME DIGEST [OPTION]...", 3, "Fcj", 0,
     policy_add_measurement_help, policy_add_measurement_run},
    {"policy add-anchor", "FILE PEM [OPTION]...", 2, "Fj", 0,
     policy_add_anchor_help, policy_add_anchor_run},
    {"policy set", "FILE OPTION...", 1, "DFIMSjmqwx",
     ALLOW_WARNING | ALLOW_KEY_BOUND | ALLOW_NO_VECTOR, policy_set_help,
     policy_set_run},
    {"policy sign", "FILE KEY [--name NAME] [--json]", 2, "jn", 0,
     policy_sign_help, policy_sign_run},
    {"policy check",
     "FILE EVIDENCE --binder HEX --aik-pub-hash HEX [OPTION]...", 2, "FHKNTbgj",
     0, policy_check_help, policy_check_run},
};

static const char usage[] =
    "usage: vouch COMMAND ...\n"
    "\n"
    "  init     make the identity of this host\n"
    "  bundle   print its public part\n"
    "  trust    take in a peer's\n"
    "  serve    wait for a peer\n"
    "  connect  connect with one\n"
    "  key      make a key of a Verifier\n"
    "  appraise be one: turn evidence into an Attestation Result\n"
    "  policy   show, add-measurement, add-anchor, set, sign or check what "
    "evidence\n"
    "           must meet\n"
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

/* How many arguments say the command `name`: one or two, or 0 if they do
 * not. */
static int words_of(const char *name, int argc, char **argv)
{
    size_t len = strcspn(name, " ");

    if (argc < 2 || strlen(argv[1]) != len || memcmp(argv[1], name, len) != 0) {
        return 0;
    }
    if (name[len] == '\0') {
        return 1;
    }
    return argc >= 3 && strcmp(argv[2], &name[len + 1]) == 0 ? 2 : 0;
}

/* The commands whose first of two words is `word`: whether there are any. */
static bool print_group(const char *word, FILE *to)
{
    size_t len = strlen(word), found = 0;

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const char *name = commands[i].name;

        if (strncmp(name, word, len) == 0 && name[len] == ' ') {
            fprintf(to, "%s vouch %s %s\n", found++ == 0 ? "usage:" : "      ",
                    name, commands[i].operands);
        }
    }
    if (found != 0) {
        fprintf(to, "\nvouch %s COMMAND --help says more.\n", word);
    }
    return found != 0;
}

static enum status dispatch(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return STATUS_CLEAN;
    }
    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        puts("vouch " VOUCH_VERSION);
        return STATUS_CLEAN;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        int words = words_of(commands[i].name, argc, argv);

        if (words != 0) {
            return run(&commands[i], argc - words, &argv[words]);
        }
    }
    if (argc == 3 && strcmp(argv[2], "--help") == 0 &&
        print_group(argv[1], stdout)) {
        return STATUS_CLEAN;
    }
    if (argc < 2 || !print_group(argv[1], stderr)) {
        fputs(usage, stderr);
    }
    return STATUS_USAGE;
}

int main(int argc, char **argv)
{
    enum status status;

    descriptors_occupy();
    status = dispatch(argc, argv);
    /* One that failed may have said so already. */
    if (status == STATUS_CLEAN) {
        status = printed(STATUS_CLEAN);
    }
    return (int)status;
}
