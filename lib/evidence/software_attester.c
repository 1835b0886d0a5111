/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <openssl/evp.h>

#include <vouch/cmw.h>
#include <vouch/limits.h>
#include <vouch/software.h>

#include "lib/evidence/attester.h"
#include "lib/evidence/cose_key.h"
#include "lib/evidence/measure.h"
#include "lib/evidence/watch.h"
#include "lib/keys/digest.h"
#include "lib/keys/key_internal.h"
#include "lib/keys/verify.h"
#include "proto/cbor_writer.h"
#include "proto/digests.h"
#include "proto/eat.h"
#include "proto/memory.h"
#include "proto/utf8.h"

static const char boot_id_path[] = "/proc/sys/kernel/random/boot_id";
static const char file_prefix[] = "file:";

enum {
    BOOT_ID_LEN = 36,
    WORK_ROOM = 2048,
    /* RFC 9711, 4.2.1: of type RAND, here with the SHA-256 of the attestation
     * key's SubjectPublicKeyInfo */
    UEID_RAND = 0x01,
    UEID_LEN = 1 + 32,
};

/* `measured` has what was measured when the attester was made: executable and
 * libraries, and at the end the files of `watch`, in the same order. */
struct software_attester {
    vouch_attester base;
    vouch_key *key;
    EVP_PKEY *public_key;
    uint8_t ueid[UEID_LEN];
    vouch_buffer name;
    vouch_buffer version;
    bool has_security_version;
    uint64_t security_version;
    struct utsname system;
    char boot_id[BOOT_ID_LEN];
    struct vouch_measurements measured;
    size_t order[VOUCH_LIMIT_MEASUREMENTS]; /* of `measured` in a token */
    struct vouch_watch watch;
};

static vouch_bytes key_id(const struct software_attester *attester)
{
    return (vouch_bytes){attester->ueid + 1, UEID_LEN - 1};
}

/* The digest of measurement `i`, of a file the one that was just read. */
static const uint8_t *digest_of(const struct software_attester *attester,
                                size_t i, uint8_t (*files)[32])
{
    size_t first_file = attester->measured.num - attester->watch.num;

    return i < first_file ? attester->measured.items[i].sha256
                          : files[i - first_file];
}

static bool write_measurements(const struct software_attester *attester,
                               uint8_t (*files)[32], CBB *out)
{
    bool ok = vouch_cbor_write_map(out, attester->measured.num);

    for (size_t n = 0; ok && n < attester->measured.num; n++) {
        size_t i = attester->order[n];

        ok = vouch_digests_write(out,
                                 vouch_text(attester->measured.items[i].name),
                                 digest_of(attester, i, files));
    }
    return ok;
}

static vouch_err measure_again(struct software_attester *attester,
                               int64_t unix_s, CBB *out)
{
    uint8_t(*files)[32] =
        vouch_alloc((attester->watch.num + 1) * sizeof *files);
    vouch_err err;

    if (files == NULL) {
        return VOUCH_E_NOMEM;
    }
    err = vouch_watch_read(&attester->watch, unix_s, files);
    if (err == VOUCH_OK && !write_measurements(attester, files, out)) {
        err = VOUCH_E_NOMEM;
    }
    vouch_free(files);
    return err;
}

static vouch_bytes buffer_bytes(const vouch_buffer *buffer)
{
    return (vouch_bytes){buffer->data, buffer->len};
}

static vouch_bytes written(const CBB *cbb)
{
    return (vouch_bytes){CBB_data(cbb), CBB_len(cbb)};
}

/* The posture's claims. Those of components only where there are any. */
static bool add_posture(const struct vouch_posture *posture, CBB *components,
                        uint8_t digest[32], struct vouch_eat *eat)
{
    if (posture == NULL) {
        return true;
    }
    eat->has_epoch = true;
    eat->epoch = posture->epoch;
    if (posture->num != 0) {
        if (!vouch_posture_write_components(posture, components)) {
            return false;
        }
        eat->components = written(components);
        vouch_sha256(eat->components, digest);
        eat->posture_digest = (vouch_bytes){digest, 32};
    }
    return true;
}

static bool write_claims(const struct software_attester *attester,
                         const struct vouch_evidence_request *request,
                         vouch_bytes measurements, CBB *components, CBB *out)
{
    uint8_t digest[32];
    struct vouch_eat eat = {
        .has_iat = true,
        .iat = request->now.unix_s,
        .nonce = vouch_digest_bytes(&request->binder),
        .ueid = {attester->ueid, sizeof attester->ueid},
        .profile = vouch_text(VOUCH_EAT_SOFTWARE_PROFILE),
        .swname = buffer_bytes(&attester->name),
        .swversion = buffer_bytes(&attester->version),
        .aik_pub_hash = vouch_digest_bytes(&request->aik_pub_hash),
        .measurements = measurements,
        .kernel = vouch_text(attester->system.release),
        .boot_id = {(const uint8_t *)attester->boot_id, BOOT_ID_LEN},
        .has_security_version = attester->has_security_version,
        .security_version = attester->security_version,
    };

    return add_posture(request->posture, components, digest, &eat) &&
           vouch_eat_encode(out, &eat);
}

/* What is written on the way to a token. */
struct work {
    CBB measurements, components, claims;
};

static bool work_init(struct work *work)
{
    CBB_zero(&work->measurements);
    CBB_zero(&work->components);
    CBB_zero(&work->claims);
    return CBB_init(&work->measurements, WORK_ROOM) &&
           CBB_init(&work->components, WORK_ROOM) &&
           CBB_init(&work->claims, WORK_ROOM);
}

static void work_cleanup(struct work *work)
{
    CBB_cleanup(&work->measurements);
    CBB_cleanup(&work->components);
    CBB_cleanup(&work->claims);
}

static vouch_err produce_with(struct software_attester *attester,
                              const struct vouch_evidence_request *request,
                              struct work *work, CBB *out)
{
    vouch_err err =
        measure_again(attester, request->now.unix_s, &work->measurements);

    if (err != VOUCH_OK) {
        return err;
    }
    if (!write_claims(attester, request, written(&work->measurements),
                      &work->components, &work->claims)) {
        return VOUCH_E_NOMEM;
    }
    return vouch_cose_sign(attester->key, key_id(attester),
                           written(&work->claims), out);
}

static vouch_err produce(vouch_attester *base,
                         const struct vouch_evidence_request *request, CBB *out)
{
    struct software_attester *attester = (struct software_attester *)base;
    struct work work;
    vouch_err err;

    /* expat-04, 7.1: an attestation key of its own [X31] */
    if (vouch_public_key_is(attester->public_key, request->aik_spki)) {
        return VOUCH_E_ARGUMENT;
    }
    err = work_init(&work) ? produce_with(attester, request, &work, out)
                           : VOUCH_E_NOMEM;
    work_cleanup(&work);
    return err;
}

static void destroy(vouch_attester *base)
{
    struct software_attester *attester = (struct software_attester *)base;

    vouch_watch_cleanup(&attester->watch);
    vouch_measurements_cleanup(&attester->measured);
    vouch_buffer_free(&attester->version);
    vouch_buffer_free(&attester->name);
    EVP_PKEY_free(attester->public_key);
    vouch_key_free(attester->key);
    vouch_free(attester);
}

static const struct vouch_attester_ops ops = {
    .indicator = VOUCH_CMW_EVIDENCE,
    .has_posture = true,
    .produce = produce,
    .destroy = destroy,
};

static vouch_err set_text(const char *text, vouch_buffer *out)
{
    vouch_bytes octets = vouch_text(text);

    return octets.len != 0 && octets.len <= VOUCH_LIMIT_MEASUREMENT_NAME &&
                   vouch_is_utf8(octets)
               ? vouch_copy(octets, out)
               : VOUCH_E_ARGUMENT;
}

static vouch_err read_boot_id(char out[BOOT_ID_LEN])
{
    FILE *file = fopen(boot_id_path, "re");
    size_t got;

    if (file == NULL) {
        return VOUCH_E_IO;
    }
    got = fread(out, 1, BOOT_ID_LEN, file);
    fclose(file);
    return got == BOOT_ID_LEN ? VOUCH_OK : VOUCH_E_IO;
}

static bool is_watched(const struct vouch_watch *watch, const char *path)
{
    for (size_t i = 0; i < watch->num; i++) {
        if (strcmp(watch->files[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

static vouch_err add_file(struct software_attester *attester, const char *path)
{
    static const uint8_t unknown[32] = {0};
    struct vouch_measurements *measured = &attester->measured;
    vouch_measurement *added;
    vouch_err err;

    if (is_watched(&attester->watch, path)) {
        return VOUCH_OK;
    }
    /* The path is borrowed from the name that is kept here. */
    err = vouch_measurements_add(measured, file_prefix, path, unknown);
    if (err != VOUCH_OK) {
        return err;
    }
    added = &measured->items[measured->num - 1];
    err =
        vouch_watch_add(&attester->watch, &added->name[sizeof file_prefix - 1]);
    if (err == VOUCH_OK) {
        memcpy(added->sha256,
               attester->watch.files[attester->watch.num - 1].sha256,
               sizeof added->sha256);
    }
    return err;
}

static vouch_err measure(struct software_attester *attester,
                         const char *const *files)
{
    vouch_err err = vouch_measure_executable(&attester->measured);

    if (err == VOUCH_OK) {
        err = vouch_measure_libraries(&attester->measured);
    }
    while (err == VOUCH_OK && files != NULL && *files != NULL) {
        err = add_file(attester, *files++);
    }
    return err;
}

/* RFC 8949, 4.2.1: the keys of a map ascend. */
static void sort(struct software_attester *attester)
{
    const vouch_measurement *items = attester->measured.items;
    size_t *order = attester->order;

    for (size_t i = 0; i < attester->measured.num; i++) {
        vouch_bytes name = vouch_text(items[i].name);
        size_t at = i;

        while (at != 0 &&
               vouch_digests_order(name,
                                   vouch_text(items[order[at - 1]].name)) < 0) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

static vouch_err describe(struct software_attester *attester, const char *name,
                          const char *version)
{
    vouch_err err = set_text(name, &attester->name);

    if (err == VOUCH_OK) {
        err = set_text(version, &attester->version);
    }
    if (err == VOUCH_OK && uname(&attester->system) != 0) {
        err = VOUCH_E_IO;
    }
    return err == VOUCH_OK ? read_boot_id(attester->boot_id) : err;
}

vouch_err vouch_software_attester_new(vouch_key *key, const char *name,
                                      const char *version,
                                      const char *const *files,
                                      vouch_attester **out)
{
    struct software_attester *attester;
    vouch_err err;

    attester = vouch_alloc(sizeof *attester);
    if (attester == NULL) {
        return VOUCH_E_NOMEM;
    }
    err = vouch_watch_init(&attester->watch);
    if (err != VOUCH_OK) {
        vouch_free(attester);
        return err;
    }
    attester->base.ops = &ops;
    attester->base.format = VOUCH_SOFTWARE_FORMAT;
    atomic_init(&attester->base.refs, 1);
    attester->key = vouch_key_ref(key);
    attester->ueid[0] = UEID_RAND;
    vouch_sha256(vouch_key_spki(key), attester->ueid + 1);
    err = vouch_public_key_parse(vouch_key_spki(key), &attester->public_key);
    if (err == VOUCH_OK) {
        err = describe(attester, name, version);
    }
    if (err == VOUCH_OK) {
        err = measure(attester, files);
    }
    if (err != VOUCH_OK) {
        destroy(&attester->base);
        return err;
    }
    sort(attester);
    *out = &attester->base;
    return VOUCH_OK;
}

vouch_err vouch_software_measurements(const vouch_attester *base,
                                      const vouch_measurement **out,
                                      size_t *num)
{
    const struct software_attester *attester =
        (const struct software_attester *)base;

    if (base->ops != &ops) {
        return VOUCH_E_ARGUMENT;
    }
    *out = attester->measured.items;
    *num = attester->measured.num;
    return VOUCH_OK;
}

vouch_err vouch_software_attester_set_security_version(vouch_attester *base,
                                                       uint64_t version)
{
    struct software_attester *attester = (struct software_attester *)base;

    if (base->ops != &ops) {
        return VOUCH_E_ARGUMENT;
    }
    attester->has_security_version = true;
    attester->security_version = version;
    return VOUCH_OK;
}
