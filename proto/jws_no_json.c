/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/jws.h"

/* In the place of jws.c where jansson is not to be. */

vouch_err vouch_jws_decode(vouch_bytes text, struct vouch_jws *out)
{
    (void)text;
    (void)out;
    return VOUCH_E_NOT_BUILT;
}

vouch_err vouch_jws_begin(CBB *out, vouch_bytes key_id, vouch_bytes payload)
{
    (void)out;
    (void)key_id;
    (void)payload;
    return VOUCH_E_NOT_BUILT;
}

vouch_err vouch_jws_end(CBB *out, vouch_bytes signature)
{
    (void)out;
    (void)signature;
    return VOUCH_E_NOT_BUILT;
}
