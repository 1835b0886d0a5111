/* SPDX-License-Identifier: Apache-2.0 */
#include <vouch/evidence.h>

#include <string.h>

/* What the numbers of results and policies are called. */

static const char *const claims[] = {
    [VOUCH_CLAIM_NONE] = "none",
    [VOUCH_CLAIM_NONCE] = "eat_nonce",
    [VOUCH_CLAIM_AIK_PUB_HASH] = "aik_pub_hash",
    [VOUCH_CLAIM_UEID] = "ueid",
    [VOUCH_CLAIM_PROFILE] = "eat_profile",
    [VOUCH_CLAIM_IAT] = "iat",
    [VOUCH_CLAIM_SOFTWARE_NAME] = "swname",
    [VOUCH_CLAIM_SOFTWARE_VERSION] = "swversion",
    [VOUCH_CLAIM_MEASUREMENT] = "measurements",
    [VOUCH_CLAIM_KERNEL] = "kernel_release",
    [VOUCH_CLAIM_BOOT_ID] = "boot_id",
    [VOUCH_CLAIM_EPOCH] = "epoch",
    [VOUCH_CLAIM_POSTURE] = "posture",
    [VOUCH_CLAIM_SECURITY_VERSION] = "security_version",
    [VOUCH_CLAIM_EXP] = "exp",
    [VOUCH_CLAIM_NBF] = "nbf",
    [VOUCH_CLAIM_OEM_ID] = "oemid",
    [VOUCH_CLAIM_HARDWARE_MODEL] = "hwmodel",
    [VOUCH_CLAIM_HARDWARE_VERSION] = "hwversion",
    [VOUCH_CLAIM_UPTIME] = "uptime",
    [VOUCH_CLAIM_OEM_BOOT] = "oemboot",
    [VOUCH_CLAIM_DEBUG_STATUS] = "dbgstat",
    [VOUCH_CLAIM_SUBMODULES] = "submods",
    [VOUCH_CLAIM_BOOT_COUNT] = "bootcount",
    [VOUCH_CLAIM_BOOT_SEED] = "bootseed",
    [VOUCH_CLAIM_STATUS] = "ear_status",
    [VOUCH_CLAIM_VECTOR] = "ear_trustworthiness_vector",
    [VOUCH_CLAIM_VERIFIER_ID] = "ear_verifier_id",
};

static const char *const checks[] = {
    [VOUCH_CHECK_NONE] = "none",
    [VOUCH_CHECK_AUTHENTICATOR] = "authenticator",
    [VOUCH_CHECK_CERTIFICATE] = "certificate",
    [VOUCH_CHECK_IDENTITY] = "identity",
    [VOUCH_CHECK_FORMAT] = "format",
    [VOUCH_CHECK_STRUCTURE] = "structure",
    [VOUCH_CHECK_ANCHOR] = "anchor",
    [VOUCH_CHECK_SIGNATURE] = "signature",
    [VOUCH_CHECK_BINDING] = "binding",
    [VOUCH_CHECK_CLAIM] = "claim",
    [VOUCH_CHECK_AGE] = "age",
    [VOUCH_CHECK_REFERENCE] = "reference",
    [VOUCH_CHECK_POSTURE] = "posture",
    [VOUCH_CHECK_RESULT] = "result",
    [VOUCH_CHECK_INSTANCE] = "instance",
    [VOUCH_CHECK_DEBUG] = "debug",
    [VOUCH_CHECK_VERSION] = "version",
    [VOUCH_CHECK_LEVEL] = "level",
    [VOUCH_CHECK_COLLECTION] = "collection",
    [VOUCH_CHECK_CONTINUITY] = "continuity",
    [VOUCH_CHECK_POLICY] = "policy",
    [VOUCH_CHECK_ANSWER] = "answer",
    [VOUCH_CHECK_CONTRACT] = "contract",
};

static const char *const levels[] = {
    [VOUCH_LEVEL_NONE] = "none",
    [VOUCH_LEVEL_BOUND] = "bound",
    [VOUCH_LEVEL_KEY_BOUND] = "key bound",
};

static const char *const stages[] = {
    [VOUCH_STAGE_STRUCTURE] = "structure", [VOUCH_STAGE_CHAIN] = "chain",
    [VOUCH_STAGE_SIGNATURE] = "signature", [VOUCH_STAGE_BINDING] = "binding",
    [VOUCH_STAGE_POLICY] = "policy",
};

static const char *const progresses[] = {
    [VOUCH_NOT_REACHED] = "not reached",
    [VOUCH_PASSED] = "passed",
    [VOUCH_FAILED] = "failed",
};

/* draft-ietf-rats-ar4si, 2.3.4 */
static const char *const categories[] = {
    [VOUCH_INSTANCE_IDENTITY] = "instance-identity",
    [VOUCH_CONFIGURATION] = "configuration",
    [VOUCH_EXECUTABLES] = "executables",
    [VOUCH_FILE_SYSTEM] = "file-system",
    [VOUCH_HARDWARE] = "hardware",
    [VOUCH_RUNTIME_OPAQUE] = "runtime-opaque",
    [VOUCH_STORAGE_OPAQUE] = "storage-opaque",
    [VOUCH_SOURCED_DATA] = "sourced-data",
};

#define NAME_IN(names, number) \
    name_in(names, sizeof(names) / sizeof((names)[0]), (size_t)(number))

static const char *name_in(const char *const *names, size_t num, size_t number)
{
    return number < num ? names[number] : "unknown";
}

const char *vouch_claim_name(vouch_claim claim)
{
    return NAME_IN(claims, claim);
}

vouch_claim vouch_claim_find(const char *name)
{
    for (vouch_claim claim = VOUCH_CLAIM_NONE; claim < VOUCH_CLAIMS; claim++) {
        if (strcmp(claims[claim], name) == 0) {
            return claim;
        }
    }
    return VOUCH_CLAIM_NONE;
}

const char *vouch_check_name(vouch_check check)
{
    return NAME_IN(checks, check);
}

const char *vouch_level_name(vouch_level level)
{
    return NAME_IN(levels, level);
}

const char *vouch_stage_name(vouch_stage stage)
{
    return NAME_IN(stages, stage);
}

const char *vouch_progress_name(vouch_progress progress)
{
    return NAME_IN(progresses, progress);
}

const char *vouch_category_name(vouch_category category)
{
    return NAME_IN(categories, category);
}

const char *vouch_tier_name(vouch_tier tier)
{
    switch (tier) {
    case VOUCH_TIER_NONE:
        return "none";
    case VOUCH_TIER_AFFIRMING:
        return "affirming";
    case VOUCH_TIER_WARNING:
        return "warning";
    case VOUCH_TIER_CONTRAINDICATED:
        return "contraindicated";
    default:
        return "unknown";
    }
}

/* draft-ietf-rats-ar4si, 2.3.2: positive ones are of the standard, negative
 * ones a Verifier's own. */
vouch_tier vouch_tier_of(int8_t claim)
{
    if (claim >= -1 && claim <= 1) {
        return VOUCH_TIER_NONE;
    }
    if (claim >= -32 && claim <= 31) {
        return VOUCH_TIER_AFFIRMING;
    }
    return claim >= -96 && claim <= 95 ? VOUCH_TIER_WARNING
                                       : VOUCH_TIER_CONTRAINDICATED;
}
