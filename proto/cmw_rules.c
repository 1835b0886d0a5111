/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/cmw_rules.h"

#include <string.h>

#include <vouch/limits.h>

enum { REGISTERED_BITS = 0x1f /* RFC 9999, 3.1 */ };

bool vouch_is_indicator(uint64_t indicator)
{
    /* RFC 9999, 3.1: not zero, and nothing but registered bits [C03] */
    return indicator != 0 && (indicator & ~(uint64_t)REGISTERED_BITS) == 0;
}

/* Tags */

/* RFC 9277, appendix B: no tag ends in an octet of zero, so that each run of
 * 256 tags stands for 255 formats. RFC 9999, 3.2: from the first tag to the
 * last, which is format 65,024's. [C05] */
static const uint64_t first_tag = 1668546817, last_tag = 1668612095;
static const unsigned run_of_tags = 256, run_of_formats = 255;

bool vouch_tag_of_format(uint16_t format, uint64_t *tag)
{
    uint64_t run = format / run_of_formats;
    uint64_t found = first_tag + run * run_of_tags + format % run_of_formats;

    if (found > last_tag) {
        return false;
    }
    *tag = found;
    return true;
}

bool vouch_format_of_tag(uint64_t tag, uint16_t *format)
{
    uint64_t run, place;

    if (tag < first_tag || tag > last_tag) {
        return false;
    }
    run = (tag - first_tag) / run_of_tags;
    place = (tag - first_tag) % run_of_tags;
    if (place == run_of_formats) {
        return false;
    }
    *format = (uint16_t)(run * run_of_formats + place);
    return true;
}

/* The type of a collection */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_hex_digit(uint8_t c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_one_of(uint8_t c, const char *set)
{
    return memchr(set, c, strlen(set)) != NULL;
}

/* RFC 3986, 3.1: the octets before the colon; 0 when they are no scheme. */
static size_t scheme_length(vouch_bytes text)
{
    size_t len = 0;

    if (text.len == 0 || !is_alpha(text.data[0])) {
        return 0;
    }
    while (len < text.len &&
           (is_alpha(text.data[len]) || is_digit(text.data[len]) ||
            is_one_of(text.data[len], "+-."))) {
        len++;
    }
    return len < text.len && text.data[len] == ':' ? len : 0;
}

/* RFC 3986, appendix A: pchar, and what divides path and query. No brackets:
 * they enclose nothing but an address, and none names a type. */
static bool is_uri_octet(uint8_t c)
{
    return is_alpha(c) || is_digit(c) || is_one_of(c, "-._~!$&'()*+,;=:@/?");
}

/* RFC 3986, 4.3: a scheme, and no fragment. */
static bool is_absolute_uri(vouch_bytes text)
{
    size_t i = scheme_length(text);

    if (i == 0) {
        return false;
    }
    while (++i < text.len) {
        if (text.data[i] == '%') {
            if (text.len - i < 3 || !is_hex_digit(text.data[i + 1]) ||
                !is_hex_digit(text.data[i + 2])) {
                return false;
            }
            i += 2;
        } else if (!is_uri_octet(text.data[i])) {
            return false;
        }
    }
    return true;
}

/* RFC 9999, 3.3: arcs in dotted form, without needless zeros. */
static bool is_oid(vouch_bytes text)
{
    size_t i = 1;

    if (text.len == 0 || !is_one_of(text.data[0], "012")) {
        return false;
    }
    while (i < text.len) {
        size_t first = i + 1;

        if (text.data[i] != '.') {
            return false;
        }
        for (i = first; i < text.len && is_digit(text.data[i]); i++) {
        }
        if (i == first || (text.data[first] == '0' && i != first + 1)) {
            return false;
        }
    }
    return true;
}

bool vouch_is_collection_type(vouch_bytes text)
{
    /* RFC 9999, 3.3: URI in absolute form, or absolute OID [C07] */
    return text.len <= VOUCH_LIMIT_CMW_LABEL &&
           (is_absolute_uri(text) || is_oid(text));
}
