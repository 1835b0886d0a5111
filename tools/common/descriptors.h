/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_TOOLS_DESCRIPTORS_H
#define VOUCH_TOOLS_DESCRIPTORS_H

#include <stdbool.h>

/* The standard descriptors 0, 1 and 2. */

/* descriptors_occupy puts /dev/null on each of them that is closed, so that no
 * file or socket ever becomes one of them. It is what a program does first.
 * Where /dev/null cannot be opened, the program ends with exit status 1.
 *
 * Reading a standard input that was closed, and writing to a standard output
 * that was, fails with EBADF. What is written to a standard error that was
 * closed is lost, which is what whoever closed it wants. */
void descriptors_occupy(void);

/* descriptors_output_is_written tells whether everything that was printed to
 * standard output has left the program. Otherwise errno says why not. */
bool descriptors_output_is_written(void);

#endif
