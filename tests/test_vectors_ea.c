/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <string.h>

#include "tests/support/vectors.h"
#include "tools/vectors.h"

enum { VECTORS = 36, LABELLED = 8 };

static json_t *file, *labelled;

static void load(void)
{
    file = load_vectors("exported_authenticators.json");
    labelled = load_vectors("../../proto/vectors/labels.json");
}

static void unload(void)
{
    json_decref(file);
    json_decref(labelled);
}

START_TEST(ea_vectors_are_all_there)
{
    ck_assert_uint_eq(json_array_size(json_object_get(file, "vectors")),
                      VECTORS);
    ck_assert_uint_eq(json_array_size(json_object_get(labelled, "vectors")),
                      LABELLED);
}
END_TEST

static void assert_agrees(const json_t *vector)
{
    struct vector_result result = ea_vector_run(vector);

    ck_assert_msg(vector_agrees(&result), "%s: expected %s, got %s",
                  json_string_value(json_object_get(vector, "name")),
                  result.expected, result.got);
}

/* Among them attacks 14 to 25 and 36; with binder and AIK hash compared where
 * the vector is accepted. Clauses: X01 X02 X03 X06 X08 X12 X13 X28, E04 E08 E12
 * E14 E15 E16 E17 E18 E19 E21 E27. */
START_TEST(ea_vector_comes_out_as_it_says)
{
    assert_agrees(json_array_get(json_object_get(file, "vectors"), (size_t)_i));
}
END_TEST

/* With a label it is run with that one; a vector without gives a value alone,
 * for any label [X22]. */
START_TEST(ea_vector_is_run_with_its_label)
{
    static const char *const labels[] = {"EXPORTER-cmw-attestation",
                                         "Attestation"};
    json_t *vector = json_deep_copy(
        json_array_get(json_object_get(labelled, "vectors"), (size_t)_i));
    const char *own = json_string_value(json_object_get(vector, "label"));
    struct vector_result result;

    assert_agrees(vector);
    json_object_set_new(vector, "label",
                        json_string(labels[strcmp(own, labels[0]) == 0]));
    assert_agrees(vector); /* the value is what it says, and not the label's */
    json_object_del(vector, "label");
    assert_agrees(vector);
    json_object_set_new(vector, "label", json_string("attestation"));
    result = ea_vector_run(vector);
    ck_assert_str_eq(result.got, "malformed vector");
    json_object_set_new(vector, "label", json_integer(4));
    result = ea_vector_run(vector);
    ck_assert_str_eq(result.got, "malformed vector");
    json_decref(vector);
}
END_TEST

/* The comparison itself: with any output of an accepted vector changed, the
 * same vector no longer agrees. */
START_TEST(ea_vector_with_other_outputs_does_not_agree)
{
    static const char *const members[] = {"cmw_data", "signature_scheme",
                                          "spki", "binder", "aik_pub_hash"};
    json_t *vector =
        json_deep_copy(json_array_get(json_object_get(file, "vectors"), 0));
    struct vector_result result = ea_vector_run(vector);

    ck_assert(vector_agrees(&result));
    json_object_set_new(vector, members[_i], json_string("00"));
    result = ea_vector_run(vector);
    ck_assert(!vector_agrees(&result));
    json_decref(vector);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("vectors_ea");
    TCase *tc = tcase_create("vectors_ea");

    tcase_add_unchecked_fixture(tc, load, unload);
    tcase_add_test(tc, ea_vectors_are_all_there);
    tcase_add_loop_test(tc, ea_vector_comes_out_as_it_says, 0, VECTORS);
    tcase_add_loop_test(tc, ea_vector_is_run_with_its_label, 0, LABELLED);
    tcase_add_loop_test(tc, ea_vector_with_other_outputs_does_not_agree, 0, 5);
    suite_add_tcase(suite, tc);
    return suite;
}
