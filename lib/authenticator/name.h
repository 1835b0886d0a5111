/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_AUTHENTICATOR_NAME_H
#define VOUCH_AUTHENTICATOR_NAME_H

#include <vouch/base.h>

/* vouch_is_dns_name tells whether `name` is a host name (RFC 1123, 2.1): labels
 * of letters, digits and hyphens, without wildcard or final dot, and no IPv4
 * address. */
bool vouch_is_dns_name(const char *name);

/* vouch_ip_address reads an IPv4 or IPv6 address in text into 4 or 16 octets
 * and returns their number, or 0 when it is none. */
size_t vouch_ip_address(const char *name, uint8_t out[16]);

#endif
