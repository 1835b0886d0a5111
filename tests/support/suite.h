/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_SUITE_H
#define VOUCH_TESTS_SUITE_H

#include <check.h>

/* COUNT is the number of elements of a table, as an end for
 * tcase_add_loop_test. */
#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Each test program defines its suite; main.c runs it and speaks TAP. */
Suite *test_suite(void);

#endif
