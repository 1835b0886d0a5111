/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/authenticator/trust.h"

#include "lib/authenticator/endpoint.h"
#include "lib/authenticator/name.h"
#include "lib/keys/path.h"
#include "proto/memory.h"

/* The address counts; what stands there is the name of no host. */
const char vouch_name_none[] = "*any name*";

static vouch_err set_name(vouch_trust *trust, const char *name)
{
    vouch_buffer host;
    vouch_err err;

    if (name == VOUCH_NAME_NONE) {
        return VOUCH_OK;
    }
    trust->address_len = vouch_ip_address(name, trust->address);
    if (trust->address_len != 0) {
        return VOUCH_OK;
    }
    if (!vouch_is_dns_name(name)) {
        return VOUCH_E_ARGUMENT;
    }
    err = vouch_copy(
        (vouch_bytes){(const uint8_t *)name, vouch_text(name).len + 1}, &host);
    if (err == VOUCH_OK) {
        trust->host = (char *)host.data;
    }
    return err;
}

vouch_err vouch_trust_new(X509_STORE *store, const char *name,
                          vouch_trust **out)
{
    vouch_trust *trust;
    vouch_err err;

    if (name == NULL) {
        return VOUCH_E_ARGUMENT;
    }
    trust = vouch_alloc(sizeof *trust);
    if (trust == NULL) {
        return VOUCH_E_NOMEM;
    }
    atomic_init(&trust->refs, 1);
    err = set_name(trust, name);
    if (err == VOUCH_OK) {
        trust->cache = vouch_chain_cache_new();
        err = trust->cache != NULL ? VOUCH_OK : VOUCH_E_NOMEM;
    }
    if (err != VOUCH_OK) {
        vouch_trust_free(trust);
        return err;
    }
    vouch_path_prepare(store);
    X509_STORE_up_ref(store);
    trust->store = store;
    *out = trust;
    return VOUCH_OK;
}

static X509_CRL *parse_crl(vouch_bytes der)
{
    const uint8_t *end = der.data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &end, (long)der.len);

    if (crl != NULL && end != der.data + der.len) {
        X509_CRL_free(crl);
        return NULL;
    }
    return crl;
}

vouch_err vouch_trust_add_crl(vouch_trust *trust, vouch_bytes der)
{
    X509_CRL *crl;

    if (atomic_load(&trust->refs) != 1 ||
        vouch_chain_cache_in_use(trust->cache)) {
        return VOUCH_E_STATE;
    }
    crl = parse_crl(der);
    if (crl == NULL) {
        return VOUCH_E_DECODE;
    }
    if (trust->crls == NULL) {
        trust->crls = sk_X509_CRL_new_null();
    }
    if (trust->crls == NULL || sk_X509_CRL_push(trust->crls, crl) == 0) {
        X509_CRL_free(crl);
        return VOUCH_E_NOMEM;
    }
    return VOUCH_OK;
}

vouch_trust *vouch_trust_ref(vouch_trust *trust)
{
    atomic_fetch_add(&trust->refs, 1);
    return trust;
}

void vouch_trust_free(vouch_trust *trust)
{
    if (trust == NULL || atomic_fetch_sub(&trust->refs, 1) != 1) {
        return;
    }
    vouch_chain_cache_free(trust->cache);
    sk_X509_CRL_pop_free(trust->crls, X509_CRL_free);
    X509_STORE_free(trust->store);
    vouch_free(trust->host);
    vouch_free(trust);
}
