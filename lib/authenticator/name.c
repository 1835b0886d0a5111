/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/name.h"

#include <arpa/inet.h>
#include <string.h>

enum { NAME_MAX_LEN = 253, LABEL_MAX_LEN = 63 };

static bool is_label(const char *label, size_t len)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789-";

    return len != 0 && len <= LABEL_MAX_LEN && strspn(label, alphabet) >= len &&
           label[0] != '-' && label[len - 1] != '-';
}

bool vouch_is_dns_name(const char *name)
{
    uint8_t address[16];
    const char *label = name;

    if (strlen(name) > NAME_MAX_LEN || vouch_ip_address(name, address) != 0) {
        return false;
    }
    for (;;) {
        size_t len = strcspn(label, ".");

        if (!is_label(label, len)) {
            return false;
        }
        if (label[len] == '\0') {
            return true;
        }
        label = &label[len + 1];
    }
}

size_t vouch_ip_address(const char *name, uint8_t out[16])
{
    if (inet_pton(AF_INET, name, out) == 1) {
        return 4;
    }
    return inet_pton(AF_INET6, name, out) == 1 ? 16 : 0;
}
