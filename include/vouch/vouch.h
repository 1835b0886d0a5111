/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_VOUCH_H
#define VOUCH_VOUCH_H

/* All of the library. */

#include <vouch/authenticator.h>
#include <vouch/base.h>
#include <vouch/channel.h>
#include <vouch/cmw.h>
#include <vouch/corim.h>
#include <vouch/ear.h>
#include <vouch/eat.h>
#include <vouch/error.h>
#include <vouch/evidence.h>
#include <vouch/key.h>
#include <vouch/limits.h>
#include <vouch/memory.h>
#include <vouch/policy.h>
#include <vouch/posture.h>
#include <vouch/registry.h>
#include <vouch/scheme.h>
#include <vouch/session.h>
#include <vouch/software.h>
#include <vouch/stream.h>
#include <vouch/tls.h>
#include <vouch/trust.h>

#endif
