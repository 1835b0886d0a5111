/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ear.h"

/* In the place of ear_json.c where jansson is not to be. */

vouch_err vouch_ear_decode_json(vouch_bytes text,
                                const struct vouch_ear_profile *profile,
                                vouch_buffer *memory, struct vouch_ear *out,
                                const char **wrong)
{
    (void)text;
    (void)profile;
    (void)memory;
    (void)out;
    (void)wrong;
    return VOUCH_E_NOT_BUILT;
}

vouch_err vouch_ear_encode_json(const struct vouch_ear *in,
                                const struct vouch_ear_profile *profile,
                                vouch_buffer *out)
{
    (void)in;
    (void)profile;
    (void)out;
    return VOUCH_E_NOT_BUILT;
}
