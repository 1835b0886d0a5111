/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/corim_map.h"

#include "proto/cbor_reader.h"
#include "proto/reader.h"

/* Faults */

vouch_err vouch_corim_refuse(struct vouch_corim_fault *out, vouch_err err,
                             const char *where, const char *what)
{
    *out = (struct vouch_corim_fault){.where = where, .what = what};
    return err;
}

vouch_err vouch_corim_malformed(struct vouch_corim_fault *out,
                                const char *where)
{
    return vouch_corim_refuse(out, VOUCH_E_DECODE, where,
                              "not as the draft has it");
}

vouch_err vouch_corim_not_read(struct vouch_corim_fault *out, const char *where,
                               int64_t number)
{
    *out = (struct vouch_corim_fault){where, "is not read here, in number",
                                      true, number};
    return VOUCH_E_ILLEGAL;
}

/* Maps */

bool vouch_corim_is_there(const CBS *value)
{
    return CBS_len(value) != 0;
}

static size_t find_key(const struct vouch_corim_map_rule *rule, int64_t key)
{
    size_t i = 0;

    while (i < rule->num && rule->keys[i].key != key) {
        i++;
    }
    return i;
}

static vouch_err read_pair(CBS *in, const struct vouch_corim_map_rule *rule,
                           struct vouch_corim_map *out,
                           struct vouch_corim_fault *why)
{
    CBS label = *in;
    vouch_bytes skipped, value;
    int64_t key;
    size_t at = rule->num;
    bool is_number = vouch_cbor_read_int(&label, &key);

    if (is_number) {
        at = find_key(rule, key);
    }
    if (at == rule->num && !rule->is_open) {
        return is_number ? vouch_corim_not_read(why, rule->name, key)
                         : vouch_corim_refuse(
                               why, VOUCH_E_ILLEGAL, rule->name,
                               "a key that is no number is not read here");
    }
    if (!vouch_cbor_read_item(in, &skipped) ||
        !vouch_cbor_read_item(in, &value)) {
        return vouch_corim_malformed(why, rule->name);
    }
    if (at != rule->num) {
        out->value[at] = vouch_reader(value);
    }
    return VOUCH_OK;
}

vouch_err vouch_corim_read_map(CBS *in, const struct vouch_corim_map_rule *rule,
                               struct vouch_corim_map *out,
                               struct vouch_corim_fault *why)
{
    vouch_err err = VOUCH_OK;
    uint64_t pairs;

    *out = (struct vouch_corim_map){0};
    if (!vouch_cbor_read_map(in, &pairs)) {
        return vouch_corim_malformed(why, rule->name);
    }
    for (; pairs != 0 && err == VOUCH_OK; pairs--) {
        err = read_pair(in, rule, out, why);
    }
    for (size_t i = 0; i < rule->num && err == VOUCH_OK; i++) {
        if (rule->keys[i].presence == REQUIRED &&
            !vouch_corim_is_there(&out->value[i])) {
            *why = (struct vouch_corim_fault){rule->name, "lacks number", true,
                                              rule->keys[i].key};
            err = VOUCH_E_DECODE;
        }
    }
    return err;
}

bool vouch_corim_read_list(CBS *in, uint64_t *items)
{
    return vouch_cbor_read_array(in, items) && *items != 0;
}

bool vouch_corim_read_tagged(CBS *in, uint64_t expected)
{
    uint64_t tag;

    return vouch_cbor_read_tag(in, &tag) && tag == expected;
}
