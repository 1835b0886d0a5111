/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/evidence/attester.h"

void vouch_attester_free(vouch_attester *attester)
{
    if (attester != NULL) {
        attester->ops->destroy(attester);
    }
}

const char *vouch_attester_format(const vouch_attester *attester)
{
    return attester->ops->format;
}

vouch_err vouch_attester_produce(vouch_attester *attester,
                                 const struct vouch_evidence_request *request,
                                 vouch_buffer *out)
{
    return attester->ops->produce(attester, request, out);
}
