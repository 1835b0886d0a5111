/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/suite.h"

#include <pthread.h>
#include <string.h>

#include <openssl/evp.h>

#include <vouch/limits.h>

#include "lib/authenticator/chain_cache.h"

static EVP_PKEY *key;
static struct vouch_chain_cache *cache;

static void setup(void)
{
    static const uint8_t seed[32] = {1};

    key =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    cache = vouch_chain_cache_new();
    ck_assert_ptr_nonnull(key);
    ck_assert_ptr_nonnull(cache);
}

static void teardown(void)
{
    vouch_chain_cache_free(cache);
    EVP_PKEY_free(key);
}

static vouch_chain_id id_of(size_t number)
{
    vouch_chain_id id = {{0}};

    id.sha256[30] = (uint8_t)(number >> 8);
    id.sha256[31] = (uint8_t)number;
    return id;
}

static void add(size_t number, int64_t from, int64_t until)
{
    vouch_chain_id id = id_of(number);

    vouch_chain_cache_add(cache, &id, &(struct vouch_chain){key, from, until});
}

static bool knows(size_t number, int64_t now)
{
    vouch_chain_id id = id_of(number);
    struct vouch_chain chain;

    if (!vouch_chain_cache_find(cache, &id, now, &chain)) {
        return false;
    }
    ck_assert_ptr_eq(chain.key, key);
    EVP_PKEY_free(chain.key);
    return true;
}

START_TEST(chain_cache_knows_what_was_added_and_nothing_else)
{
    ck_assert(!knows(1, 150));
    add(1, 100, 200);
    ck_assert(knows(1, 150));
    ck_assert(!knows(2, 150));
    ck_assert(!knows(1 + 256, 150));
}
END_TEST

START_TEST(chain_cache_keeps_to_the_validity)
{
    add(1, 100, 200);
    ck_assert(!knows(1, 99));
    ck_assert(knows(1, 100));
    ck_assert(knows(1, 199));
    ck_assert(!knows(1, 200));
    add(1, 200, 300); /* validated again */
    ck_assert(!knows(1, 199));
    ck_assert(knows(1, 200));
}
END_TEST

START_TEST(chain_cache_drops_the_oldest_beyond_its_limit)
{
    for (size_t i = 0; i < VOUCH_LIMIT_CHAIN_CACHE; i++) {
        add(i, 0, 10);
    }
    for (size_t i = 0; i < VOUCH_LIMIT_CHAIN_CACHE; i++) {
        ck_assert(knows(i, 5));
    }
    add(VOUCH_LIMIT_CHAIN_CACHE, 0, 10);
    ck_assert(!knows(0, 5));
    ck_assert(knows(1, 5));
    ck_assert(knows(VOUCH_LIMIT_CHAIN_CACHE, 5));
    add(VOUCH_LIMIT_CHAIN_CACHE + 1, 0, 10);
    ck_assert(!knows(1, 5));
    ck_assert(knows(2, 5));
}
END_TEST

START_TEST(chain_cache_is_in_use_once_asked)
{
    ck_assert(!vouch_chain_cache_in_use(cache));
    ck_assert(!knows(1, 0));
    ck_assert(vouch_chain_cache_in_use(cache));
}
END_TEST

static void *use_cache(void *arg)
{
    size_t first = *(const size_t *)arg;

    for (size_t i = 0; i < 200; i++) {
        vouch_chain_id id = id_of(first + i);
        struct vouch_chain chain = {key, 0, 10};

        vouch_chain_cache_add(cache, &id, &chain);
        if (vouch_chain_cache_find(cache, &id, 5, &chain)) {
            EVP_PKEY_free(chain.key);
        }
    }
    return NULL;
}

START_TEST(chain_cache_is_shared_by_threads)
{
    const size_t first[] = {0, 100};
    pthread_t threads[2];

    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(0, pthread_create(&threads[i], NULL, use_cache,
                                           (void *)(uintptr_t)&first[i]));
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(0, pthread_join(threads[i], NULL));
    }
    for (size_t i = 0; i < 300; i++) {
        ck_assert(knows(i, 5));
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("chain_cache");
    TCase *tc = tcase_create("chain_cache");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, chain_cache_knows_what_was_added_and_nothing_else);
    tcase_add_test(tc, chain_cache_keeps_to_the_validity);
    tcase_add_test(tc, chain_cache_drops_the_oldest_beyond_its_limit);
    tcase_add_test(tc, chain_cache_is_in_use_once_asked);
    tcase_add_test(tc, chain_cache_is_shared_by_threads);
    suite_add_tcase(suite, tc);
    return suite;
}
