/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/vectors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/common/descriptors.h"

enum { EXIT_AGREE = 0, EXIT_DISAGREE = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "usage: vouch-vectors ea|cmw FILE\n"
    "\n"
    "Runs the test vectors in FILE through the library and prints for each "
    "its\n"
    "name, what is expected, what was got, and whether these agree. FILE is a\n"
    "JSON object whose member \"vectors\" is an array.\n"
    "\n"
    "  ea   RFC 9261 exported authenticators, in the shape of\n"
    "       tests/vectors/exported_authenticators.json\n"
    "  cmw  CBOR conceptual message wrappers, in the shape of\n"
    "       tests/vectors/cmw.json\n"
    "\n"
    "Exit status: 0 all agree, 1 some do not or FILE can not be read, 2 "
    "usage.\n";

typedef struct vector_result vector_run(const json_t *vector);

static const struct {
    const char *name;
    vector_run *run;
} kinds[] = {
    {"ea", ea_vector_run},
    {"cmw", cmw_vector_run},
};

struct count {
    size_t agree, disagree, not_built;
};

static void run_one(const json_t *vector, vector_run *run, struct count *count)
{
    const char *name = json_string_value(json_object_get(vector, "name"));
    struct vector_result result = run(vector);
    const char *verdict = "-";

    if (!result.built) {
        count->not_built++;
    } else if (vector_agrees(&result)) {
        count->agree++;
        verdict = "ok";
    } else {
        count->disagree++;
        verdict = "NOT OK";
    }
    printf("%-36s %-22s %-22s %s\n", name != NULL ? name : "(no name)",
           result.expected, result.got, verdict);
}

static int run_all(const json_t *vectors, vector_run *run)
{
    struct count count = {0, 0, 0};

    for (size_t i = 0; i < json_array_size(vectors); i++) {
        run_one(json_array_get(vectors, i), run, &count);
    }
    printf("%zu agree, %zu disagree, %zu not built\n", count.agree,
           count.disagree, count.not_built);
    return count.disagree == 0 && count.agree != 0 ? EXIT_AGREE : EXIT_DISAGREE;
}

static int run_file(const char *path, vector_run *run)
{
    json_error_t error;
    json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    const json_t *vectors = json_object_get(file, "vectors");
    int status = EXIT_DISAGREE;

    if (json_is_array(vectors)) {
        status = run_all(vectors, run);
    } else {
        fprintf(stderr, "vouch-vectors: %s: %s\n", path,
                file == NULL ? error.text : "no array \"vectors\"");
    }
    json_decref(file);
    return status;
}

static int dispatch(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_AGREE;
    }
    for (size_t i = 0; argc == 3 && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(argv[1], kinds[i].name) == 0) {
            return run_file(argv[2], kinds[i].run);
        }
    }
    fputs(usage, stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    int status;

    descriptors_occupy();
    status = dispatch(argc, argv);
    if (!descriptors_output_is_written()) {
        fprintf(stderr, "vouch-vectors: standard output: %s\n",
                strerror(errno));
        return EXIT_DISAGREE;
    }
    return status;
}
