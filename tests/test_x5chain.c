/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <vouch/limits.h>

#include "lib/evidence/cose_key.h"
#include "lib/evidence/x5chain.h"
#include "lib/keys/digest.h"
#include "proto/cbor_writer.h"
#include "proto/memory.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"

/*
 * Attacks 51 and 52: x5chain, and the path that it is. The root certifies
 * `outer`, that certifies `inner`, and that the leaf.
 */

enum { DAY = 86400 };

static struct pki_entity root, outer, inner, leaf, stranger;
static X509_STORE *anchors;

static struct pki_profile ca_profile(const char *name)
{
    return (struct pki_profile){.name = name, .ca = true};
}

static struct pki_profile leaf_profile(void)
{
    return (struct pki_profile){.san = "", .eku = ""};
}

static struct pki_entity issue_ca(const struct pki_entity *issuer,
                                  const char *name)
{
    struct pki_profile profile = ca_profile(name);

    return pki_issue(issuer, &profile);
}

static struct pki_entity issue_leaf(const struct pki_entity *issuer)
{
    struct pki_profile profile = leaf_profile();

    return pki_issue(issuer, &profile);
}

/* A certificate for itself. */
static struct pki_entity issue_self(struct pki_profile profile)
{
    struct pki_entity nobody = {pki_key(profile.kind), NULL}, self;

    profile.key = nobody.key;
    self = pki_issue(&nobody, &profile);
    pki_free(&nobody);
    return self;
}

static void set_up(void)
{
    root = pki_root(PKI_P256);
    outer = issue_ca(&root, "outer");
    inner = issue_ca(&outer, "inner");
    leaf = issue_leaf(&inner);
    stranger = issue_ca(&root, "stranger");
    anchors = pki_store(&root);
}

static void tear_down(void)
{
    X509_STORE_free(anchors);
    pki_free(&stranger);
    pki_free(&leaf);
    pki_free(&inner);
    pki_free(&outer);
    pki_free(&root);
}

/* A protected header with `algorithm` and these certificates. */
static vouch_buffer header_of(int64_t algorithm, const vouch_buffer *chain,
                              size_t num)
{
    CBB cbb;

    ck_assert(CBB_init(&cbb, 1024) && vouch_cbor_write_map(&cbb, 2) &&
              vouch_cbor_write_uint(&cbb, 1) &&
              vouch_cbor_write_int(&cbb, algorithm) &&
              vouch_cbor_write_uint(&cbb, 33));
    ck_assert(num == 1 || vouch_cbor_write_array(&cbb, num));
    for (size_t i = 0; i < num; i++) {
        ck_assert(vouch_cbor_write_bytes(&cbb, span_of(&chain[i])));
    }
    return finish_cbb(&cbb);
}

/* The path that a token with this header says; a refusal leaves the output. */
static vouch_err find_by_header(const vouch_buffer *header, X509_STORE *store,
                                int64_t now, struct vouch_path *out)
{
    struct vouch_cose_sign1 sign1 = {.protected_header = span_of(header)};
    struct vouch_path path, before;
    vouch_buffer token;
    vouch_err err;
    CBB cbb;

    memset(&path, 0xa5, sizeof path);
    memcpy(&before, &path, sizeof path);
    ck_assert(CBB_init(&cbb, 64) && vouch_cose_sign1_encode(&cbb, &sign1));
    token = finish_cbb(&cbb);
    err = vouch_cose_sign1_decode(span_of(&token), &sign1);
    ck_assert_int_eq(err, VOUCH_OK);
    err = vouch_evidence_path(&sign1, store, now, &path);
    if (err != VOUCH_OK) {
        ck_assert_mem_eq(&path, &before, sizeof path);
    }
    ck_assert_uint_eq(ERR_peek_error(), 0);
    free(token.data);
    *out = path;
    return err;
}

static vouch_err find_by_der(const vouch_buffer *chain, size_t num,
                             struct vouch_path *out)
{
    vouch_buffer header = header_of(VOUCH_COSE_ES256, chain, num);
    vouch_err err = find_by_header(&header, anchors, PKI_NOW, out);

    free(header.data);
    return err;
}

static vouch_err find(X509 *const *chain, size_t num, X509_STORE *store,
                      int64_t now, struct vouch_path *out)
{
    vouch_buffer ders[16] = {{NULL, 0}}, header;
    vouch_err err;

    for (size_t i = 0; i < num; i++) {
        ders[i] = pki_der(chain[i]);
    }
    header = header_of(VOUCH_COSE_ES256, ders, num);
    err = find_by_header(&header, store, now, out);
    free(header.data);
    for (size_t i = 0; i < num; i++) {
        free(ders[i].data);
    }
    return err;
}

static vouch_err judge_in(X509_STORE *store, X509 *const *chain, size_t num,
                          int64_t now)
{
    struct vouch_path path;
    vouch_err err = find(chain, num, store, now, &path);

    if (err == VOUCH_OK) {
        EVP_PKEY_free(path.key);
    }
    return err;
}

static vouch_err judge(X509 *const *chain, size_t num)
{
    return judge_in(anchors, chain, num, PKI_NOW);
}

/* A leaf of this profile right below the root. */
static vouch_err judge_leaf(const struct pki_profile *profile)
{
    struct pki_entity entity = pki_issue(&root, profile);
    vouch_err err = judge(&entity.certificate, 1);

    pki_free(&entity);
    return err;
}

/* A leaf below a CA of this profile, which is below `issuer`. */
static vouch_err judge_ca_below(const struct pki_entity *issuer,
                                const struct pki_profile *profile,
                                X509 *const *above, size_t num_above)
{
    struct pki_entity ca = pki_issue(issuer, profile), end = issue_leaf(&ca);
    X509 *chain[8] = {end.certificate, ca.certificate};
    vouch_err err;

    for (size_t i = 0; i < num_above; i++) {
        chain[2 + i] = above[i];
    }
    err = judge(chain, 2 + num_above);
    pki_free(&end);
    pki_free(&ca);
    return err;
}

static vouch_err judge_ca(const struct pki_profile *profile)
{
    return judge_ca_below(&root, profile, NULL, 0);
}

/* --- what is good --- */

static void assert_anchor(const struct vouch_path *path,
                          const struct pki_entity *anchor)
{
    vouch_buffer spki = pki_spki(anchor->key);
    uint8_t sha256[32];

    vouch_sha256(span_of(&spki), sha256);
    ck_assert_mem_eq(path->anchor, sha256, sizeof sha256);
    free(spki.data);
}

/* Leaves of three depths, with the anchor left out and with it last. */
START_TEST(path_of_1_to_4_certificates_is_good)
{
    struct pki_entity below_root = issue_leaf(&root),
                      below_outer = issue_leaf(&outer);
    const struct {
        const struct pki_entity *leaf;
        X509 *chain[4];
    } cases[] = {
        {&below_root, {below_root.certificate, root.certificate}},
        {&below_outer,
         {below_outer.certificate, outer.certificate, root.certificate}},
        {&leaf,
         {leaf.certificate, inner.certificate, outer.certificate,
          root.certificate}},
    };

    for (size_t i = 0; i < 3; i++) {
        for (size_t num = i + 1; num <= i + 2; num++) {
            struct vouch_path path;

            ck_assert_int_eq(find(cases[i].chain, num, anchors, PKI_NOW, &path),
                             VOUCH_OK);
            ck_assert_int_eq(EVP_PKEY_cmp(path.key, cases[i].leaf->key), 1);
            ck_assert_int_eq(path.not_after, PKI_UNTIL);
            assert_anchor(&path, &root);
            EVP_PKEY_free(path.key);
        }
    }
    pki_free(&below_root);
    pki_free(&below_outer);
}
END_TEST

static const struct {
    enum pki_kind kind;
    int64_t algorithm;
} signers[] = {
    {PKI_P256, VOUCH_COSE_ES256},
    {PKI_P384, VOUCH_COSE_ES384},
    {PKI_ED25519, VOUCH_COSE_EDDSA},
    {PKI_RSA2048, VOUCH_COSE_PS256},
};

/* The signature covers the chain, and is of the key at its end. */
START_TEST(path_leads_to_the_key_that_signed)
{
    struct pki_profile profile = leaf_profile();
    struct pki_entity end;
    struct vouch_cose_sign1 sign1 = {.payload = vouch_text("payload")};
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    vouch_buffer der, header, message;
    struct vouch_path path;
    vouch_key *signer;
    size_t len;
    CBB cbb;

    profile.kind = signers[_i].kind;
    end = pki_issue(&root, &profile);
    der = pki_der(end.certificate);
    header = header_of(signers[_i].algorithm, &der, 1);
    sign1.protected_header = span_of(&header);
    ck_assert(CBB_init(&cbb, 64) &&
              vouch_cose_sig_structure(&cbb, &sign1, (vouch_bytes){NULL, 0}));
    message = finish_cbb(&cbb);
    ck_assert_int_eq(vouch_key_from_evp(end.key, &signer), VOUCH_OK);
    ck_assert_int_eq(vouch_key_sign(signer, VOUCH_SIGNATURE_COSE,
                                    span_of(&message), signature, &len),
                     VOUCH_OK);
    sign1.signature = (vouch_bytes){signature, len};
    sign1.algorithm = signers[_i].algorithm;
    ck_assert_int_eq(find_by_header(&header, anchors, PKI_NOW, &path),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_cose_verify(path.key, &sign1, (vouch_bytes){NULL, 0}), VOUCH_OK);
    EVP_PKEY_free(path.key);
    vouch_key_free(signer);
    free(message.data);
    free(header.data);
    free(der.data);
    pki_free(&end);
}
END_TEST

START_TEST(path_is_good_until_the_first_of_it_ends)
{
    struct pki_profile profile = ca_profile("short");
    struct pki_entity ca, end;
    struct vouch_path path;

    profile.not_after = PKI_NOW + DAY;
    ca = pki_issue(&root, &profile);
    end = issue_leaf(&ca);
    ck_assert_int_eq(find((X509 *[]){end.certificate, ca.certificate}, 2,
                          anchors, PKI_NOW, &path),
                     VOUCH_OK);
    ck_assert_int_eq(path.not_after, PKI_NOW + DAY);
    EVP_PKEY_free(path.key);
    pki_free(&end);
    pki_free(&ca);
}
END_TEST

START_TEST(path_has_as_many_certificates_as_the_limit)
{
    struct pki_entity cas[VOUCH_LIMIT_CHAIN];
    X509 *chain[VOUCH_LIMIT_CHAIN];
    char name[] = "ca-0";

    cas[0] = issue_ca(&root, name);
    for (size_t i = 1; i < VOUCH_LIMIT_CHAIN; i++) {
        name[3]++;
        cas[i] = i == VOUCH_LIMIT_CHAIN - 1 ? issue_leaf(&cas[i - 1])
                                            : issue_ca(&cas[i - 1], name);
    }
    for (size_t i = 0; i < VOUCH_LIMIT_CHAIN; i++) {
        chain[i] = cas[VOUCH_LIMIT_CHAIN - 1 - i].certificate;
    }
    ck_assert_int_eq(judge(chain, VOUCH_LIMIT_CHAIN), VOUCH_OK);
    ck_assert_int_eq(judge(chain, VOUCH_LIMIT_CHAIN - 1), VOUCH_E_CERTIFICATE);
    for (size_t i = 0; i < VOUCH_LIMIT_CHAIN; i++) {
        pki_free(&cas[i]);
    }
}
END_TEST

/* --- anchors --- */

START_TEST(anchor_is_the_callers)
{
    struct pki_entity other = issue_self(ca_profile("other"));
    struct pki_entity below_other = issue_leaf(&other);
    X509_STORE *others = pki_store(&other);
    X509 *const chain[] = {leaf.certificate, inner.certificate,
                           outer.certificate, root.certificate};
    struct vouch_path path;

    ck_assert_int_eq(judge(chain, 4), VOUCH_OK);
    /* a root that only x5chain brings, and one that nobody does */
    ck_assert_int_eq(judge_in(others, chain, 4, PKI_NOW), VOUCH_E_CERTIFICATE);
    ck_assert_int_eq(judge_in(others, chain, 3, PKI_NOW), VOUCH_E_CERTIFICATE);
    /* two anchors: the one that was used is told */
    ck_assert(X509_STORE_add_cert(others, root.certificate));
    ck_assert_int_eq(find(chain, 3, others, PKI_NOW, &path), VOUCH_OK);
    assert_anchor(&path, &root);
    EVP_PKEY_free(path.key);
    ck_assert_int_eq(find(&below_other.certificate, 1, others, PKI_NOW, &path),
                     VOUCH_OK);
    assert_anchor(&path, &other);
    EVP_PKEY_free(path.key);
    X509_STORE_free(others);
    pki_free(&below_other);
    pki_free(&other);
}
END_TEST

/* Self-signed CAs only: neither a CA in between, nor the leaf itself. What is
 * in between stands in x5chain, whatever the store has. */
START_TEST(anchor_is_a_root)
{
    struct pki_entity self = issue_self(leaf_profile());
    X509_STORE *between = pki_store(&outer), *own = pki_store(&self);
    X509 *const chain[] = {leaf.certificate, inner.certificate};

    ck_assert(X509_STORE_set_flags(between, X509_V_FLAG_PARTIAL_CHAIN));
    ck_assert_int_eq(judge_in(between, chain, 2, PKI_NOW), VOUCH_E_CERTIFICATE);
    ck_assert(X509_STORE_add_cert(between, root.certificate));
    ck_assert_int_eq(judge_in(between, chain, 2, PKI_NOW), VOUCH_E_CERTIFICATE);
    ck_assert_int_eq(judge_in(own, &self.certificate, 1, PKI_NOW),
                     VOUCH_E_CERTIFICATE);
    X509_STORE_free(own);
    X509_STORE_free(between);
    pki_free(&self);
}
END_TEST

/* What the anchor's own certificate says, with a CA below it, or a leaf. */
START_TEST(anchor_keeps_to_its_certificate)
{
    static const struct {
        struct pki_profile profile;
        vouch_err below_ca, below_it;
    } cases[] = {
        {{.ca = true}, VOUCH_OK, VOUCH_OK},
        {{.ca = true, .basic = "critical,CA:TRUE,pathlen:1"},
         VOUCH_OK,
         VOUCH_OK},
        {{.ca = true, .basic = "critical,CA:TRUE,pathlen:0"},
         VOUCH_E_CERTIFICATE,
         VOUCH_OK},
        {{.ca = true, .basic = "critical,CA:FALSE"},
         VOUCH_E_CERTIFICATE,
         VOUCH_E_CERTIFICATE},
        {{.ca = true, .basic = ""}, VOUCH_E_CERTIFICATE, VOUCH_E_CERTIFICATE},
        {{.ca = true, .usage = "critical,digitalSignature"},
         VOUCH_E_CERTIFICATE,
         VOUCH_E_CERTIFICATE},
        {{.ca = true, .not_after = PKI_NOW - DAY},
         VOUCH_E_CERTIFICATE,
         VOUCH_E_CERTIFICATE},
        {{.ca = true, .kind = PKI_RSA1024},
         VOUCH_E_CERTIFICATE,
         VOUCH_E_CERTIFICATE},
    };
    struct pki_entity anchor = issue_self(cases[_i].profile);
    struct pki_entity ca = issue_ca(&anchor, "between");
    struct pki_entity below_ca = issue_leaf(&ca);
    struct pki_entity below_it = issue_leaf(&anchor);
    X509_STORE *store = pki_store(&anchor);

    ck_assert_int_eq(judge_in(store,
                              (X509 *[]){below_ca.certificate, ca.certificate},
                              2, PKI_NOW),
                     cases[_i].below_ca);
    ck_assert_int_eq(judge_in(store, &below_it.certificate, 1, PKI_NOW),
                     cases[_i].below_it);
    X509_STORE_free(store);
    pki_free(&below_it);
    pki_free(&below_ca);
    pki_free(&ca);
    pki_free(&anchor);
}
END_TEST

/* RFC 5280, 6.1.4 (l): a CA's certificate for itself is not counted. */
START_TEST(anchor_does_not_count_the_self_issued)
{
    struct pki_profile profile = {.ca = true,
                                  .name = "anchor",
                                  .basic = "critical,CA:TRUE,pathlen:0",
                                  .skid = "02"};
    struct pki_entity anchor = issue_self(profile), next, end;
    X509_STORE *store = pki_store(&anchor);

    /* BoringSSL goes by these: `next` is not self-signed, and is the issuer. */
    profile.skid = "01";
    profile.akid = "DER:3003800102";
    next = pki_issue(&anchor, &profile);
    profile = leaf_profile();
    profile.akid = "DER:3003800101";
    end = pki_issue(&next, &profile);
    ck_assert_int_eq(judge_in(store,
                              (X509 *[]){end.certificate, next.certificate}, 2,
                              PKI_NOW),
                     VOUCH_OK);
    X509_STORE_free(store);
    pki_free(&end);
    pki_free(&next);
    pki_free(&anchor);
}
END_TEST

static int say_yes(int ok, X509_STORE_CTX *context)
{
    (void)ok;
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
}

START_TEST(path_check_can_not_be_turned_off_in_the_store)
{
    X509_STORE *store = X509_STORE_new();

    X509_STORE_set_verify_cb(store, say_yes);
    ck_assert_int_eq(judge_in(store,
                              (X509 *[]){leaf.certificate, inner.certificate,
                                         outer.certificate},
                              3, PKI_NOW),
                     VOUCH_E_CERTIFICATE);
    X509_STORE_free(store);
}
END_TEST

#ifdef X509_STORE_set_verify_func
static int verify_nothing(X509_STORE_CTX *context)
{
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
}

/* Nor a store that would look at no signature. [X13] */
START_TEST(store_with_its_own_way_of_verifying_is_refused)
{
    X509_STORE *store = pki_store(&root);
    X509 *chain[] = {leaf.certificate, inner.certificate, outer.certificate};

    ck_assert_int_eq(judge_in(store, chain, 3, PKI_NOW), VOUCH_OK);
    X509_STORE_set_verify(store, verify_nothing);
    ck_assert_int_eq(judge_in(store, chain, 3, PKI_NOW), VOUCH_E_CERTIFICATE);
    X509_STORE_free(store);
}
END_TEST
#endif

/* --- order --- */

/* RFC 9360, 2: each is certified by the next, and there are no others. */
START_TEST(x5chain_is_in_order)
{
    struct pki_entity other_root = pki_root(PKI_P256);
    X509 *const l = leaf.certificate, *const i = inner.certificate,
                *const o = outer.certificate, *const r = root.certificate,
                *const s = stranger.certificate,
                *const x = other_root.certificate;
    const struct {
        X509 *chain[6];
        size_t num;
    } cases[] = {
        {{l, o, i}, 3}, /* in another order */
        {{l, o, i, r}, 4},
        {{l, r, o, i}, 4},
        {{i, l, o}, 3},
        {{o, i, l}, 3},
        {{r, o, i, l}, 4},
        {{l, i}, 2}, /* something is missing */
        {{l, o}, 2},
        {{l, r}, 2},
        {{l}, 1},
        {{l, i, r}, 3},
        {{l, s, i, o}, 4}, /* something is too much */
        {{l, i, s, o}, 4},
        {{l, i, o, s}, 4},
        {{s, l, i, o}, 4},
        {{l, l, i, o}, 4},
        {{l, i, i, o}, 4},
        {{l, i, o, o}, 4},
        {{l, i, o, x}, 4},
        {{l, i, o, r, r}, 5},
        {{l, i, o, r, s}, 5},
        {{l, i, o, r, x}, 5},
    };

    ck_assert_int_eq(judge((X509 *[]){l, i, o}, 3), VOUCH_OK);
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
        ck_assert_msg(judge(cases[at].chain, cases[at].num) ==
                          VOUCH_E_CERTIFICATE,
                      "case %zu", at);
    }
    pki_free(&other_root);
}
END_TEST

/* --- certificates in between --- */

static const struct {
    struct pki_profile profile;
    vouch_err err;
} cas[] = {
    {{.ca = true}, VOUCH_OK},
    {{.ca = true, .usage = ""}, VOUCH_OK},
    {{.ca = true, .usage = "critical,keyCertSign"}, VOUCH_OK},
    {{.ca = true, .kind = PKI_P521}, VOUCH_OK},
    {{.ca = true, .kind = PKI_RSA2048}, VOUCH_OK},
    {{.ca = true, .basic = "critical,CA:TRUE,pathlen:0"}, VOUCH_OK},
    /* no CA */
    {{.ca = true, .basic = ""}, VOUCH_E_CERTIFICATE},
    {{.ca = true, .basic = "critical,CA:FALSE"}, VOUCH_E_CERTIFICATE},
    {{.san = "", .eku = ""}, VOUCH_E_CERTIFICATE},
    {{.ca = true, .usage = "critical,digitalSignature,cRLSign"},
     VOUCH_E_CERTIFICATE},
    /* out of its time */
    {{.ca = true, .not_before = PKI_NOW + DAY}, VOUCH_E_CERTIFICATE},
    {{.ca = true, .not_after = PKI_NOW - DAY}, VOUCH_E_CERTIFICATE},
    /* weak */
    {{.ca = true, .kind = PKI_RSA1024}, VOUCH_E_CERTIFICATE},
};

START_TEST(ca_is_fit_to_certify)
{
    struct pki_profile profile = cas[_i].profile;

    profile.name = "between";
    ck_assert_int_eq(judge_ca(&profile), cas[_i].err);
}
END_TEST

/* `outer` of another path length, above a CA and the leaf. */
START_TEST(ca_keeps_to_its_path_length)
{
    static const struct {
        const char *basic;
        vouch_err err;
    } cases[] = {
        {"critical,CA:TRUE", VOUCH_OK},
        {"critical,CA:TRUE,pathlen:1", VOUCH_OK},
        {"critical,CA:TRUE,pathlen:0", VOUCH_E_CERTIFICATE},
    };
    struct pki_profile profile = ca_profile("limited");
    const struct pki_profile below = ca_profile("below");
    struct pki_entity limited;

    profile.basic = cases[_i].basic;
    limited = pki_issue(&root, &profile);
    ck_assert_int_eq(judge_ca_below(&limited, &below, &limited.certificate, 1),
                     cases[_i].err);
    pki_free(&limited);
}
END_TEST

/* --- the leaf --- */

static const struct {
    struct pki_profile profile;
    vouch_err err;
} leaves[] = {
    {{.san = "", .eku = ""}, VOUCH_OK},
    {{.san = "", .eku = "", .usage = ""}, VOUCH_OK},
    {{.san = "", .eku = "", .basic = "critical,CA:FALSE"}, VOUCH_OK},
    {{.san = "DNS:peer.test", .eku = ""}, VOUCH_OK}, /* no name is asked for */
    {{.san = "", .eku = "codeSigning"}, VOUCH_OK},
    {{.san = "", .eku = "2.23.133.8.3"}, VOUCH_OK}, /* a TPM's AIK */
    /* whose work is another */
    {{.san = "", .eku = "", .ca = true}, VOUCH_E_CERTIFICATE},
    {{.san = "",
      .eku = "",
      .ca = true,
      .usage = "critical,digitalSignature,keyCertSign"},
     VOUCH_E_CERTIFICATE},
    {{.san = "", .eku = "", .usage = "critical,keyAgreement"},
     VOUCH_E_CERTIFICATE},
    {{.san = "", .eku = "", .usage = "critical,nonRepudiation"},
     VOUCH_E_CERTIFICATE},
    {{.san = "", .eku = "serverAuth"}, VOUCH_E_CERTIFICATE},
    {{.san = "", .eku = "clientAuth"}, VOUCH_E_CERTIFICATE},
    {{.san = "", .eku = "anyExtendedKeyUsage"}, VOUCH_E_CERTIFICATE},
    {{.san = "", .eku = "codeSigning,clientAuth"}, VOUCH_E_CERTIFICATE},
    /* out of its time */
    {{.san = "", .eku = "", .not_before = PKI_NOW + 1}, VOUCH_E_CERTIFICATE},
    {{.san = "", .eku = "", .not_before = PKI_NOW}, VOUCH_OK},
    {{.san = "", .eku = "", .not_after = PKI_NOW - 1}, VOUCH_E_CERTIFICATE},
    /* keys that sign Evidence, and one that does not */
    {{.san = "", .eku = "", .kind = PKI_P384}, VOUCH_OK},
    {{.san = "", .eku = "", .kind = PKI_P521}, VOUCH_OK},
    {{.san = "", .eku = "", .kind = PKI_ED25519}, VOUCH_OK},
    {{.san = "", .eku = "", .kind = PKI_RSA2048}, VOUCH_OK},
    {{.san = "", .eku = "", .kind = PKI_RSA1024}, VOUCH_E_CERTIFICATE},
};

START_TEST(leaf_is_fit_to_sign)
{
    ck_assert_int_eq(judge_leaf(&leaves[_i].profile), leaves[_i].err);
}
END_TEST

/* A public key, of which the length counts here and nothing else. */
static EVP_PKEY *long_rsa_key(void)
{
    BIGNUM *modulus = BN_new(), *exponent = BN_new();
    EVP_PKEY *key = EVP_PKEY_new();
    RSA *rsa = RSA_new();

    ck_assert(BN_set_word(modulus, 1) &&
              BN_set_bit(modulus, 8 * VOUCH_LIMIT_SIGNATURE));
    ck_assert(BN_set_word(exponent, RSA_F4));
    ck_assert(RSA_set0_key(rsa, modulus, exponent, NULL));
    ck_assert(EVP_PKEY_assign_RSA(key, rsa));
    return key;
}

/* Strong, but longer than what Evidence is signed with. */
START_TEST(leaf_key_has_an_algorithm)
{
    struct pki_profile profile = leaf_profile();

    profile.key = long_rsa_key();
    ck_assert_int_eq(judge_leaf(&profile), VOUCH_E_CERTIFICATE);
    EVP_PKEY_free(profile.key);
}
END_TEST

START_TEST(signature_is_strong)
{
    struct pki_profile profile = leaf_profile();
    struct pki_entity rsa_root = pki_root(PKI_RSA2048);
    X509_STORE *store = pki_store(&rsa_root);

    for (int is_sha1 = 0; is_sha1 < 2; is_sha1++) {
        for (int pkcs1 = 0; pkcs1 < 2; pkcs1++) {
            struct pki_entity end;

            profile.digest = is_sha1 ? EVP_sha1() : EVP_sha256();
            profile.pkcs1 = pkcs1 != 0;
            end = pki_issue(&rsa_root, &profile);
            ck_assert_int_eq(judge_in(store, &end.certificate, 1, PKI_NOW),
                             is_sha1 ? VOUCH_E_CERTIFICATE : VOUCH_OK);
            pki_free(&end);
        }
        profile.pkcs1 = false;
        ck_assert_int_eq(judge_leaf(&profile),
                         is_sha1 ? VOUCH_E_CERTIFICATE : VOUCH_OK);
    }
    X509_STORE_free(store);
    pki_free(&rsa_root);
}
END_TEST

/* --- octets --- */

START_TEST(token_without_x5chain_has_no_path)
{
    vouch_buffer header = from_hex("a10126");
    struct vouch_path path;

    ck_assert_int_eq(find_by_header(&header, anchors, PKI_NOW, &path),
                     VOUCH_E_CERTIFICATE);
    free(header.data);
}
END_TEST

/* Attack 52: what can not be read is no certificate, wherever it stands. */
START_TEST(certificate_that_does_not_parse_is_refused)
{
    vouch_buffer good[3] = {pki_der(leaf.certificate),
                            pki_der(inner.certificate),
                            pki_der(outer.certificate)};
    vouch_buffer spki = pki_spki(leaf.key);
    uint8_t *longer = calloc(1, good[_i].len + 1);
    struct vouch_path path;

    ck_assert_int_eq(find_by_der(good, 3, &path), VOUCH_OK);
    EVP_PKEY_free(path.key);
    memcpy(longer, good[_i].data, good[_i].len);
    for (size_t len = 0; len <= good[_i].len + 1;
         len += len < good[_i].len - 1 ? 13 : 1) {
        vouch_buffer chain[3] = {good[0], good[1], good[2]};

        if (len != good[_i].len) {
            chain[_i] = (vouch_buffer){longer, len};
            ck_assert_int_eq(find_by_der(chain, 3, &path), VOUCH_E_CERTIFICATE);
        }
    }
    ck_assert_int_eq(find_by_der(&spki, 1, &path), VOUCH_E_CERTIFICATE);
    free(longer);
    free(spki.data);
    for (size_t i = 0; i < 3; i++) {
        free(good[i].data);
    }
}
END_TEST

START_TEST(no_octet_of_a_certificate_can_be_another)
{
    enum { STRIDE = 5 };
    vouch_buffer chain[3] = {pki_der(leaf.certificate),
                             pki_der(inner.certificate),
                             pki_der(outer.certificate)};
    struct vouch_path path;

    for (size_t i = 0; i < 3; i++) {
        for (size_t at = (size_t)_i; at < chain[i].len; at += STRIDE) {
            chain[i].data[at] ^= 1;
            ck_assert_int_eq(find_by_der(chain, 3, &path), VOUCH_E_CERTIFICATE);
            chain[i].data[at] ^= 1;
        }
    }
    for (size_t i = 0; i < 3; i++) {
        free(chain[i].data);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("x5chain");
    TCase *tc = tcase_create("x5chain");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, path_of_1_to_4_certificates_is_good);
    tcase_add_loop_test(tc, path_leads_to_the_key_that_signed, 0,
                        COUNT(signers));
    tcase_add_test(tc, path_is_good_until_the_first_of_it_ends);
    tcase_add_test(tc, path_has_as_many_certificates_as_the_limit);
    tcase_add_test(tc, anchor_is_the_callers);
    tcase_add_test(tc, anchor_is_a_root);
    tcase_add_loop_test(tc, anchor_keeps_to_its_certificate, 0, 8);
    tcase_add_test(tc, anchor_does_not_count_the_self_issued);
    tcase_add_test(tc, path_check_can_not_be_turned_off_in_the_store);
    tcase_add_test(tc, x5chain_is_in_order);
    tcase_add_loop_test(tc, ca_is_fit_to_certify, 0, COUNT(cas));
    tcase_add_loop_test(tc, ca_keeps_to_its_path_length, 0, 3);
    tcase_add_loop_test(tc, leaf_is_fit_to_sign, 0, COUNT(leaves));
    tcase_add_test(tc, leaf_key_has_an_algorithm);
    tcase_add_test(tc, signature_is_strong);
    tcase_add_test(tc, token_without_x5chain_has_no_path);
    tcase_add_loop_test(tc, certificate_that_does_not_parse_is_refused, 0, 3);
    tcase_add_loop_test(tc, no_octet_of_a_certificate_can_be_another, 0, 5);
#ifdef X509_STORE_set_verify_func
    tcase_add_test(tc, store_with_its_own_way_of_verifying_is_refused);
#endif
    suite_add_tcase(suite, tc);
    return suite;
}
