/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/common/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void descriptors_occupy(void)
{
    /* The mode that the program has no use for is what makes its use an
     * error. */
    static const int modes[] = {
        [STDIN_FILENO] = O_WRONLY,
        [STDOUT_FILENO] = O_RDONLY,
        [STDERR_FILENO] = O_WRONLY,
    };

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* All below are open: open() returns the lowest that is not. */
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd) {
            _exit(EXIT_FAILURE);
        }
    }
}

bool descriptors_output_is_written(void)
{
    if (fflush(stdout) != 0) {
        return false;
    }
    errno = EIO; /* an earlier write failed, and its cause is forgotten */
    return ferror(stdout) == 0;
}
