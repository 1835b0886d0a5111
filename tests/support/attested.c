/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/attested.h"

#include <check.h>

#include <vouch/tls.h>

#include "tests/support/files.h"

static void make_host(struct attested_host *host, const char *name)
{
    char path[128];

    path_in(path, name);
    ck_assert_int_eq(vouch_key_create(path, VOUCH_P256, false), VOUCH_OK);
    ck_assert_int_eq(vouch_key_load_psa(path, &host->key), VOUCH_OK);
    ck_assert_int_eq(vouch_software_attester_new(host->key, "test", "1", NULL,
                                                 &host->attester),
                     VOUCH_OK);
}

vouch_policy *attested_policy(const struct attested_host *host)
{
    const vouch_measurement *measured;
    vouch_policy *policy;
    size_t num;

    ck_assert_int_eq(vouch_policy_new(VOUCH_SOFTWARE_FORMAT, &policy),
                     VOUCH_OK);
    ck_assert_int_eq(vouch_policy_add_key(policy, vouch_key_spki(host->key),
                                          (vouch_bytes){NULL, 0}),
                     VOUCH_OK);
    ck_assert_int_eq(
        vouch_software_measurements(host->attester, &measured, &num), VOUCH_OK);
    for (size_t i = 0; i < num; i++) {
        ck_assert_int_eq(
            vouch_policy_add_reference(policy, measured[i].name,
                                       (vouch_bytes){measured[i].sha256, 32}),
            VOUCH_OK);
    }
    return policy;
}

static vouch_appraiser *make_appraiser(const struct attested_host *other)
{
    vouch_policy *policy = attested_policy(other);
    vouch_appraiser *appraiser;

    ck_assert_int_eq(vouch_eat_appraiser_new(policy, &appraiser), VOUCH_OK);
    vouch_policy_free(policy);
    return appraiser;
}

static void join(struct pair_peer *peer, struct attested_host *host,
                 const struct attested_host *other)
{
    host->appraiser = make_appraiser(other);
    peer->attester = host->attester;
    peer->appraiser = host->appraiser;
}

void attested_init(struct attested *attested)
{
    pair_init_format(&attested->pair, VOUCH_SOFTWARE_FORMAT);
    make_host(&attested->client, "client.key");
    make_host(&attested->server, "server.key");
    join(&attested->pair.client, &attested->client, &attested->server);
    join(&attested->pair.server, &attested->server, &attested->client);
}

static void free_host(struct attested_host *host)
{
    vouch_appraiser_free(host->appraiser);
    vouch_attester_free(host->attester);
    vouch_key_free(host->key);
}

void attested_free(struct attested *attested)
{
    pair_free(&attested->pair);
    free_host(&attested->client);
    free_host(&attested->server);
}

struct tls_pair *attested_connect(struct attested *attested)
{
    const struct tls_options options = {.client = &attested->pair.client.aik,
                                        .server = &attested->pair.server.aik};
    struct tls_pair *tls = tls_connect(&options);

    ck_assert_int_eq(
        vouch_channel_from_ssl(tls->client, &attested->pair.client.channel),
        VOUCH_OK);
    ck_assert_int_eq(
        vouch_channel_from_ssl(tls->server, &attested->pair.server.channel),
        VOUCH_OK);
    return tls;
}
