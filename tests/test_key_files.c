/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <psa/crypto.h>

#include <vouch/memory.h>
#include <vouch/scheme.h>

#include "lib/keys/verify.h"
#include "proto/memory.h"
#include "tests/support/files.h"
#include "tests/support/octets.h"
#include "tests/support/pki.h"

static const struct {
    vouch_curve curve;
    uint16_t scheme;
    size_t raw_len;
} curves[] = {
    {VOUCH_P256, VOUCH_ECDSA_SECP256R1_SHA256, 64},
    {VOUCH_P384, VOUCH_ECDSA_SECP384R1_SHA384, 96},
};
enum { NUM_CURVES = sizeof curves / sizeof curves[0] };

static const vouch_bytes message = {(const uint8_t *)"message", 7};

static char path[128];

static void set_up(void)
{
    make_dir();
    path_in(path, "key.pem");
}

static void create(vouch_curve curve)
{
    ck_assert_int_eq(VOUCH_OK, vouch_key_create(path, curve, false));
}

static vouch_key *load_psa(void)
{
    vouch_key *key;

    ck_assert_int_eq(VOUCH_OK, vouch_key_load_psa(path, &key));
    return key;
}

static vouch_key *load_evp(void)
{
    vouch_key *key;

    ck_assert_int_eq(VOUCH_OK, vouch_key_load_evp(path, &key));
    return key;
}

static void save(vouch_bytes data)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data.data, 1, data.len, file), data.len);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
}

static vouch_buffer contents(void)
{
    uint8_t data[20000];
    FILE *file = fopen(path, "rb");
    size_t len;

    ck_assert_ptr_nonnull(file);
    len = fread(data, 1, sizeof data, file);
    fclose(file);
    return (vouch_buffer){exact_copy(data, len), len};
}

/* Counts the files beside the key and it itself. */
static size_t files(void)
{
    char dir_path[128];
    size_t num = 0;
    DIR *dir;

    path_in(dir_path, ".");
    dir = opendir(dir_path);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL;
         entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0) {
            num++;
        }
    }
    closedir(dir);
    return num;
}

typedef vouch_err load_function(const char *path, vouch_key **out);

static load_function *const loads[] = {vouch_key_load_psa, vouch_key_load_evp};

static void assert_not_loaded(load_function *load, vouch_err err)
{
    vouch_key *const untouched = (vouch_key *)path;
    vouch_key *key = untouched;

    ck_assert_int_eq(err, load(path, &key));
    ck_assert_ptr_eq(key, untouched);
}

/* Calls of PSA from a test, which is alone in its process. PSA numbers keys
 * that are not in a store from either end of this range. */
static size_t keys_in_psa(psa_key_id_t *last)
{
    enum { NEAR = 256 };
    size_t num = 0;

    ck_assert_int_eq(psa_crypto_init(), PSA_SUCCESS);
    for (psa_key_id_t i = 0; i < 2 * NEAR; i++) {
        psa_key_id_t id = i < NEAR ? PSA_KEY_ID_VENDOR_MIN + i
                                   : PSA_KEY_ID_VENDOR_MAX - (i - NEAR);
        psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

        if (psa_get_key_attributes(id, &attributes) == PSA_SUCCESS) {
            psa_reset_key_attributes(&attributes);
            *last = id;
            num++;
        }
    }
    return num;
}

START_TEST(key_file_is_private_whatever_the_umask)
{
    static const mode_t masks[] = {0, 022, 0377};
    struct stat status;

    umask(masks[_i]);
    create(VOUCH_P256);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode, S_IFREG | S_IRUSR | S_IWUSR);
    ck_assert_uint_eq(files(), 1);
}
END_TEST

START_TEST(key_file_is_pkcs8_to_others)
{
    create(curves[_i].curve);
    run("head -n 1 %s | grep -qx -e '-----BEGIN PRIVATE KEY-----'", path);
    run("openssl pkey -in %s -check -noout > /dev/null", path);
    run("openssl pkey -in %s -noout -text | grep -q 'NIST CURVE: %s'", path,
        curves[_i].curve == VOUCH_P256 ? "P-256" : "P-384");
}
END_TEST

START_TEST(key_made_by_others_is_loaded)
{
    run("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:%s -out %s",
        curves[_i].curve == VOUCH_P256 ? "P-256" : "P-384", path);
    ck_assert_int_eq(chmod(path, 0600), 0);
    vouch_key_free(load_psa());
    vouch_key_free(load_evp());
}
END_TEST

START_TEST(psa_key_is_the_key_in_the_file)
{
    vouch_key *psa, *evp;

    create(curves[_i].curve);
    psa = load_psa();
    evp = load_evp();
    ck_assert_uint_eq(vouch_key_scheme(psa), curves[_i].scheme);
    ck_assert(vouch_bytes_equal(vouch_key_spki(psa), vouch_key_spki(evp)));
    ck_assert_ptr_null(vouch_key_evp(psa));
    ck_assert_ptr_nonnull(vouch_key_evp(evp));
    vouch_key_free(psa);
    vouch_key_free(evp);
}
END_TEST

START_TEST(psa_key_signs_what_verifies_in_both_forms)
{
    enum vouch_signature_form form =
        _i % 2 == 0 ? VOUCH_SIGNATURE_TLS : VOUCH_SIGNATURE_COSE;
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    EVP_PKEY *public_half;
    vouch_key *key;
    size_t len;

    create(curves[_i / 2].curve);
    key = load_psa();
    ck_assert_int_eq(VOUCH_OK,
                     vouch_public_key_parse(vouch_key_spki(key), &public_half));
    ck_assert_int_eq(VOUCH_OK,
                     vouch_key_sign(key, form, message, signature, &len));
    if (form == VOUCH_SIGNATURE_COSE) {
        ck_assert_uint_eq(len, curves[_i / 2].raw_len);
    }
    ck_assert_int_eq(VOUCH_OK,
                     vouch_verify(public_half, curves[_i / 2].scheme, form,
                                  message, (vouch_bytes){signature, len}));
    EVP_PKEY_free(public_half);
    vouch_key_free(key);
}
END_TEST

START_TEST(psa_key_can_sign_and_nothing_else)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    uint8_t out[256] = {0};
    psa_key_id_t id = 0, copy;
    vouch_key *key;
    size_t len;

    create(curves[_i].curve);
    ck_assert_uint_eq(keys_in_psa(&id), 0); /* none is left of the making */
    key = load_psa();
    ck_assert_uint_eq(keys_in_psa(&id), 1);
    ck_assert_int_eq(psa_export_key(id, out, sizeof out, &len),
                     PSA_ERROR_NOT_PERMITTED);
    ck_assert_int_eq(psa_get_key_attributes(id, &attributes), PSA_SUCCESS);
    ck_assert(PSA_KEY_LIFETIME_IS_VOLATILE(psa_get_key_lifetime(&attributes)));
    ck_assert_uint_eq(psa_get_key_usage_flags(&attributes) &
                          ~(PSA_KEY_USAGE_SIGN_HASH | (1u << 10)),
                      0); /* 1 << 10 is SIGN_MESSAGE, which comes with it */
    ck_assert_int_eq(psa_copy_key(id, &attributes, &copy),
                     PSA_ERROR_NOT_PERMITTED);
    ck_assert_int_eq(psa_sign_hash(id, PSA_ALG_ECDSA(PSA_ALG_SHA_512), out, 64,
                                   out, sizeof out, &len),
                     PSA_ERROR_NOT_PERMITTED);
    /* not with a nonce of PSA's generator */
    ck_assert_int_eq(
        psa_sign_hash(
            id, PSA_ALG_ECDSA(_i == 0 ? PSA_ALG_SHA_256 : PSA_ALG_SHA_384), out,
            curves[_i].raw_len / 2, out, sizeof out, &len),
        PSA_ERROR_NOT_PERMITTED);
    vouch_key_free(key);
    ck_assert_uint_eq(keys_in_psa(&id), 0);
}
END_TEST

START_TEST(psa_key_that_is_gone_does_not_sign)
{
    uint8_t signature[VOUCH_LIMIT_SIGNATURE], before[VOUCH_LIMIT_SIGNATURE];
    psa_key_id_t id = 0;
    vouch_key *key;
    size_t len = 7;

    create(VOUCH_P256);
    key = load_psa();
    ck_assert_uint_eq(keys_in_psa(&id), 1);
    ck_assert_int_eq(psa_destroy_key(id), PSA_SUCCESS);
    memset(signature, 0xa5, sizeof signature);
    memcpy(before, signature, sizeof before);
    ck_assert_int_eq(VOUCH_E_CRYPTO, vouch_key_sign(key, VOUCH_SIGNATURE_COSE,
                                                    message, signature, &len));
    ck_assert_mem_eq(signature, before, sizeof before);
    ck_assert_uint_eq(len, 7);
    vouch_key_free(key);
}
END_TEST

START_TEST(psa_keys_are_limited_and_come_free_again)
{
    enum { MANY = 4096 };
    vouch_key **keys = calloc(MANY, sizeof *keys);
    vouch_err err = VOUCH_OK;
    size_t num = 0;

    ck_assert_ptr_nonnull(keys);
    create(VOUCH_P256);
    while (num < MANY && err == VOUCH_OK) {
        err = vouch_key_load_psa(path, &keys[num]);
        num += err == VOUCH_OK;
    }
    ck_assert_uint_gt(num, 0);
    ck_assert(err == VOUCH_E_NOMEM || num == MANY);
    for (size_t i = 0; i < num; i++) {
        vouch_key_free(keys[i]);
    }
    free(keys);
    vouch_key_free(load_psa());
}
END_TEST

enum { THREADS = 4, SIGNATURES = 16 };

struct signer {
    pthread_t thread;
    vouch_key *shared;
    size_t good;
};

static bool sign_and_verify(const vouch_key *key, EVP_PKEY *public_half)
{
    uint8_t signature[VOUCH_LIMIT_SIGNATURE];
    size_t len;

    return vouch_key_sign(key, VOUCH_SIGNATURE_TLS, message, signature, &len) ==
               VOUCH_OK &&
           vouch_verify(public_half, vouch_key_scheme(key), VOUCH_SIGNATURE_TLS,
                        message, (vouch_bytes){signature, len}) == VOUCH_OK;
}

/* Signs with the shared key, and loads and frees one of its own meanwhile. */
static void *sign_often(void *arg)
{
    struct signer *signer = arg;
    EVP_PKEY *public_half;

    if (vouch_public_key_parse(vouch_key_spki(signer->shared), &public_half) !=
        VOUCH_OK) {
        return NULL;
    }
    for (size_t i = 0; i < SIGNATURES; i++) {
        vouch_key *own;

        if (vouch_key_load_psa(path, &own) == VOUCH_OK) {
            signer->good += sign_and_verify(signer->shared, public_half) &&
                            sign_and_verify(own, public_half);
            vouch_key_free(own);
        }
    }
    EVP_PKEY_free(public_half);
    vouch_key_free(signer->shared);
    return NULL;
}

START_TEST(psa_keys_sign_in_many_threads)
{
    struct signer signers[THREADS];
    psa_key_id_t id;
    vouch_key *key;

    create(VOUCH_P256);
    key = load_psa();
    for (size_t i = 0; i < THREADS; i++) {
        signers[i] = (struct signer){.shared = vouch_key_ref(key)};
        ck_assert_int_eq(
            pthread_create(&signers[i].thread, NULL, sign_often, &signers[i]),
            0);
    }
    vouch_key_free(key);
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(signers[i].thread, NULL), 0);
        ck_assert_uint_eq(signers[i].good, SIGNATURES);
    }
    ck_assert_uint_eq(keys_in_psa(&id), 0);
}
END_TEST

START_TEST(key_create_does_not_replace_unless_told)
{
    vouch_buffer before, after;

    create(VOUCH_P256);
    before = contents();
    ck_assert_int_eq(VOUCH_E_EXISTS, vouch_key_create(path, VOUCH_P256, false));
    after = contents();
    ck_assert(vouch_bytes_equal(span_of(&before), span_of(&after)));
    free(after.data);
    ck_assert_int_eq(VOUCH_OK, vouch_key_create(path, VOUCH_P256, true));
    after = contents();
    ck_assert(!vouch_bytes_equal(span_of(&before), span_of(&after)));
    ck_assert_uint_eq(files(), 1);
    free(after.data);
    free(before.data);
}
END_TEST

/* A symbolic link is a file that exists, even when it leads nowhere. */
START_TEST(key_create_does_not_follow_a_link)
{
    run("ln -s nowhere %s", path);
    ck_assert_int_eq(VOUCH_E_EXISTS, vouch_key_create(path, VOUCH_P256, false));
    ck_assert_uint_eq(files(), 1);
}
END_TEST

static void *create_once(void *arg)
{
    vouch_err *err = arg;

    *err = vouch_key_create(path, VOUCH_P256, false);
    return NULL;
}

START_TEST(key_create_succeeds_for_one_of_many)
{
    pthread_t threads[THREADS];
    vouch_err errors[THREADS];
    size_t created = 0, existed = 0;

    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, create_once, &errors[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        created += errors[i] == VOUCH_OK;
        existed += errors[i] == VOUCH_E_EXISTS;
    }
    ck_assert_uint_eq(created, 1);
    ck_assert_uint_eq(existed, THREADS - 1);
    ck_assert_uint_eq(files(), 1);
}
END_TEST

/* The file system takes the first ten octets only. */
static void limit_file_size(void)
{
    const struct rlimit limit = {10, 10};

    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(key_file_is_absent_when_it_can_not_be_written)
{
    limit_file_size();
    errno = 0;
    ck_assert_int_eq(VOUCH_E_IO, vouch_key_create(path, VOUCH_P256, _i == 1));
    ck_assert_int_eq(errno, EFBIG);
    ck_assert_uint_eq(files(), 0);
}
END_TEST

START_TEST(key_file_is_the_old_one_when_it_can_not_be_replaced)
{
    vouch_buffer before, after;

    create(VOUCH_P256);
    before = contents();
    limit_file_size();
    ck_assert_int_eq(VOUCH_E_IO, vouch_key_create(path, VOUCH_P256, true));
    after = contents();
    ck_assert(vouch_bytes_equal(span_of(&before), span_of(&after)));
    ck_assert_uint_eq(files(), 1);
    free(after.data);
    free(before.data);
}
END_TEST

START_TEST(key_create_reports_what_the_file_system_says)
{
    path_in(path, "absent/key.pem");
    errno = 0;
    ck_assert_int_eq(VOUCH_E_IO, vouch_key_create(path, VOUCH_P256, false));
    ck_assert_int_eq(errno, ENOENT);

    path_in(path, "directory");
    run("mkdir %s", path);
    errno = 0;
    ck_assert_int_eq(VOUCH_E_IO, vouch_key_create(path, VOUCH_P256, true));
    ck_assert_int_eq(errno, EISDIR);
    ck_assert_uint_eq(files(), 1);
}
END_TEST

START_TEST(key_create_refuses_an_unknown_curve)
{
    ck_assert_int_eq(VOUCH_E_ARGUMENT,
                     vouch_key_create(path, (vouch_curve)2, false));
    ck_assert_uint_eq(files(), 0);
}
END_TEST

START_TEST(key_create_takes_a_path_without_directory)
{
    char dir[128];

    path_in(dir, ".");
    ck_assert_int_eq(chdir(dir), 0);
    strcpy(path, "key.pem");
    create(VOUCH_P256);
    vouch_key_free(load_psa());
    ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(key_load_reports_what_the_file_system_says)
{
    errno = 0;
    assert_not_loaded(loads[_i], VOUCH_E_IO);
    ck_assert_int_eq(errno, ENOENT);

    create(VOUCH_P256);
    strcat(path, "/below");
    errno = 0;
    assert_not_loaded(loads[_i], VOUCH_E_IO);
    ck_assert_int_eq(errno, ENOTDIR);
}
END_TEST

START_TEST(key_load_refuses_a_file_that_is_open_to_others)
{
    create(VOUCH_P256);
    for (mode_t others = 1; others <= 077; others++) {
        ck_assert_int_eq(chmod(path, 0600 | others), 0);
        assert_not_loaded(loads[_i], VOUCH_E_KEY_FILE);
    }
    ck_assert_int_eq(chmod(path, 0400), 0);
    vouch_key_free(_i == 0 ? load_psa() : load_evp());
}
END_TEST

START_TEST(key_load_refuses_what_is_no_file)
{
    run("mkfifo -m 600 %s", path);
    assert_not_loaded(loads[_i], VOUCH_E_KEY_FILE);
    run("rm %s; mkdir -m 700 %s", path, path);
    assert_not_loaded(loads[_i], VOUCH_E_KEY_FILE);
}
END_TEST

START_TEST(key_load_refuses_every_prefix)
{
    static const char last_line[] = "-----END PRIVATE KEY-----\n";
    vouch_buffer pem;

    create(VOUCH_P256);
    pem = contents();
    ck_assert_mem_eq(&pem.data[pem.len - strlen(last_line)], last_line,
                     strlen(last_line));
    /* The last line need not end in a newline. */
    for (size_t len = 0; len < pem.len - 1; len++) {
        save((vouch_bytes){pem.data, len});
        assert_not_loaded(loads[_i], VOUCH_E_KEY_FILE);
    }
    save(span_of(&pem));
    vouch_key_free(_i == 0 ? load_psa() : load_evp());
    free(pem.data);
}
END_TEST

START_TEST(key_load_refuses_another_label)
{
    static const char *const labels[] = {"EC PRIVATE KEY", "RSA PRIVATE KEY",
                                         "ENCRYPTED PRIVATE KEY", "PUBLIC KEY",
                                         "CERTIFICATE"};

    create(VOUCH_P256);
    run("sed -i 's/PRIVATE KEY/%s/' %s", labels[_i], path);
    assert_not_loaded(vouch_key_load_psa, VOUCH_E_KEY_FILE);
    assert_not_loaded(vouch_key_load_evp, VOUCH_E_KEY_FILE);
}
END_TEST

/* 16,384 octets are read. */
START_TEST(key_load_refuses_a_file_that_is_too_long)
{
    create(VOUCH_P256);
    run("yes '' | head -c 20000 >> %s && truncate -s 16384 %s", path, path);
    vouch_key_free(_i == 0 ? load_psa() : load_evp());
    run("echo >> %s", path);
    assert_not_loaded(loads[_i], VOUCH_E_KEY_FILE);
}
END_TEST

START_TEST(key_load_takes_the_kinds_that_the_backend_has)
{
    static const struct {
        enum pki_kind kind;
        bool psa, evp;
    } kinds[] = {
        {PKI_P256, true, true},      {PKI_P384, true, true},
        {PKI_ED25519, false, true},  {PKI_RSA2048, false, true},
        {PKI_RSA1024, false, false}, {PKI_P521, false, false},
    };
    EVP_PKEY *pkey = pki_key(kinds[_i].kind);
    vouch_buffer pem = pki_key_pem(pkey);

    save(span_of(&pem));
    if (kinds[_i].psa) {
        vouch_key_free(load_psa());
    } else {
        assert_not_loaded(vouch_key_load_psa, VOUCH_E_KEY_FILE);
    }
    if (kinds[_i].evp) {
        vouch_key_free(load_evp());
    } else {
        assert_not_loaded(vouch_key_load_evp, VOUCH_E_KEY_FILE);
    }
    free(pem.data);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(key_load_refuses_octets_after_the_key)
{
    create(VOUCH_P256);
    run("d=$(mktemp) && openssl pkey -in %s -outform DER -out $d &&"
        " printf x >> $d && (echo '-----BEGIN PRIVATE KEY-----' &&"
        " base64 -w 64 $d && echo '-----END PRIVATE KEY-----') > %s && rm $d",
        path, path);
    assert_not_loaded(loads[_i], VOUCH_E_KEY_FILE);
}
END_TEST

/* Memory that runs out at the n-th allocation. */
static void *allocate_counting(void *arg, size_t size)
{
    size_t *left = arg;

    if (*left == 0) {
        return NULL;
    }
    (*left)--;
    return malloc(size);
}

static void release(void *arg, void *memory)
{
    (void)arg;
    free(memory);
}

static vouch_err load_and_free(load_function *load)
{
    vouch_key *key;
    vouch_err err = load(path, &key);

    if (err == VOUCH_OK) {
        vouch_key_free(key);
    }
    return err;
}

START_TEST(keys_survive_that_memory_runs_out)
{
    size_t left = SIZE_MAX;
    const vouch_allocator allocator = {allocate_counting, release, &left};
    size_t n = 0;
    vouch_err err;

    vouch_set_allocator(&allocator);
    create(VOUCH_P256);
    do {
        left = n++;
        err = _i < 2 ? load_and_free(loads[_i])
                     : vouch_key_create(path, VOUCH_P256, true);
        ck_assert(err == VOUCH_OK || err == VOUCH_E_NOMEM);
    } while (err != VOUCH_OK);
    ck_assert_uint_gt(n, 1);
    ck_assert_uint_eq(files(), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("key_files");
    TCase *tc = tcase_create("key_files");

    tcase_add_checked_fixture(tc, set_up, remove_dir);
    tcase_add_loop_test(tc, key_file_is_private_whatever_the_umask, 0, 3);
    tcase_add_loop_test(tc, key_file_is_pkcs8_to_others, 0, NUM_CURVES);
    tcase_add_loop_test(tc, key_made_by_others_is_loaded, 0, NUM_CURVES);
    tcase_add_loop_test(tc, psa_key_is_the_key_in_the_file, 0, NUM_CURVES);
    tcase_add_loop_test(tc, psa_key_signs_what_verifies_in_both_forms, 0,
                        2 * NUM_CURVES);
    tcase_add_loop_test(tc, psa_key_can_sign_and_nothing_else, 0, NUM_CURVES);
    tcase_add_test(tc, psa_key_that_is_gone_does_not_sign);
    tcase_add_test(tc, psa_keys_are_limited_and_come_free_again);
    tcase_add_test(tc, psa_keys_sign_in_many_threads);
    tcase_add_test(tc, key_create_does_not_replace_unless_told);
    tcase_add_test(tc, key_create_does_not_follow_a_link);
    tcase_add_test(tc, key_create_succeeds_for_one_of_many);
    tcase_add_loop_test(tc, key_file_is_absent_when_it_can_not_be_written, 0,
                        2);
    tcase_add_test(tc, key_file_is_the_old_one_when_it_can_not_be_replaced);
    tcase_add_test(tc, key_create_reports_what_the_file_system_says);
    tcase_add_test(tc, key_create_refuses_an_unknown_curve);
    tcase_add_test(tc, key_create_takes_a_path_without_directory);
    tcase_add_loop_test(tc, key_load_reports_what_the_file_system_says, 0, 2);
    tcase_add_loop_test(tc, key_load_refuses_a_file_that_is_open_to_others, 0,
                        2);
    tcase_add_loop_test(tc, key_load_refuses_what_is_no_file, 0, 2);
    tcase_add_loop_test(tc, key_load_refuses_every_prefix, 0, 2);
    tcase_add_loop_test(tc, key_load_refuses_another_label, 0, 5);
    tcase_add_loop_test(tc, key_load_refuses_a_file_that_is_too_long, 0, 2);
    tcase_add_loop_test(tc, key_load_takes_the_kinds_that_the_backend_has, 0,
                        6);
    tcase_add_loop_test(tc, key_load_refuses_octets_after_the_key, 0, 2);
    tcase_add_loop_test(tc, keys_survive_that_memory_runs_out, 0, 3);
    suite_add_tcase(suite, tc);
    return suite;
}
