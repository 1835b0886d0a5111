/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TESTS_SUITE_H
#define VOUCH_TESTS_SUITE_H

#include <check.h>

/* Each test program defines its suite; main.c runs it and speaks TAP. */
Suite *test_suite(void);

#endif
