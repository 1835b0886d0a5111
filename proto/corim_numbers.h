/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_PROTO_CORIM_NUMBERS_H
#define VOUCH_PROTO_CORIM_NUMBERS_H

/* The numbers of CoRIM that are read and written, by the rules of its CDDL. */

enum {
    CORIM_TAG_TIME = 1, /* RFC 8949, 3.4.2 */
    CORIM_TAG_SIGN1 = 18,
    CORIM_TAG_URI = 32,
    CORIM_TAG_CORIM = 501,
    CORIM_TAG_COMID = 506,
    CORIM_TAG_UEID = 550,
    CORIM_TAG_MIN_SVN = 553,
    CORIM_TAG_KEY = 554,
    CORIM_TAG_CERTIFICATE = 555,
    CORIM_TAG_DER_CERTIFICATE = 562,
};

enum { /* corim-map */
       CORIM_ID = 0,
       CORIM_TAGS = 1,
       CORIM_PROFILE = 3,
       CORIM_VALIDITY = 4,
       CORIM_ENTITIES = 5,
};

enum { /* validity-map */
       CORIM_NOT_BEFORE = 0,
       CORIM_NOT_AFTER = 1,
};

enum { /* concise-mid-tag */
       CORIM_LANGUAGE = 0,
       CORIM_TAG_IDENTITY = 1,
       CORIM_TAG_ENTITIES = 2,
       CORIM_LINKED_TAGS = 3,
       CORIM_TRIPLES = 4,
};

enum { /* tag-identity-map, linked-tag-map */
       CORIM_TAG_ID = 0,
       CORIM_TAG_VERSION = 1,
       CORIM_LINKED_TAG_ID = 0,
       CORIM_TAG_REL = 1,
       CORIM_SUPPLEMENTS = 0,
};

enum { /* triples-map; what is negative is the profile's */
       CORIM_REFERENCE_TRIPLES = 0,
       CORIM_ATTEST_KEY_TRIPLES = 3,
       CORIM_NAMED_KEY_TRIPLES = -80001,
};

enum { /* environment-map, class-map */
       CORIM_CLASS = 0,
       CORIM_INSTANCE = 1,
       CORIM_VENDOR = 1,
       CORIM_MODEL = 2,
       CORIM_INDEX = 4,
       CORIM_INDEX_POSTURE = 1,
};

enum { /* measurement-map, measurement-values-map */
       CORIM_MKEY = 0,
       CORIM_MVAL = 1,
       CORIM_SVN = 1,
       CORIM_DIGESTS = 2,
       CORIM_FLAGS = 3,
       CORIM_UEID = 9,
       CORIM_REQUIRED = -80001,
       CORIM_FORBIDDEN = -80002,
       CORIM_MAX_AGE = -80003,
       CORIM_MIN_VERSION = -80004,
       CORIM_ALLOWED = -80005,
};

enum { /* flags-map */
       CORIM_IS_DEBUG = 3,
};

enum { /* protected-corim-header-map, corim-meta-map, cwt-claims */
       CORIM_HEADER_ALG = 1,
       CORIM_HEADER_CONTENT_TYPE = 3,
       CORIM_HEADER_KID = 4,
       CORIM_HEADER_META = 8,
       CORIM_HEADER_CWT_CLAIMS = 15,
       CORIM_SIGNER = 0,
       CORIM_SIGNER_NAME = 0,
       CORIM_SIGNER_URI = 1,
       CORIM_SIGNATURE_VALIDITY = 1,
       CORIM_ISS = 1,
       CORIM_EXP = 4,
       CORIM_NBF = 5,
};

/* Named Information Hash Algorithms (RFC 6920, 9.4), by the length of what they
 * make. */
struct vouch_corim_hash {
    int64_t number;
    const char *name;
    size_t len;
};

static const struct vouch_corim_hash vouch_corim_hashes[] = {
    {1, "sha-256", 32},
    {7, "sha-384", 48},
    {8, "sha-512", 64},
};

enum { CORIM_HASHES = sizeof vouch_corim_hashes / sizeof *vouch_corim_hashes };

#endif
