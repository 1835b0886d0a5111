/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VOUCH_KEYS_KEY_FILE_H
#define VOUCH_KEYS_KEY_FILE_H

#include <openssl/base.h>

#include <vouch/base.h>

/* vouch_key_file_load reads the PKCS #8 private key in the PEM file `path`, and
 * vouch_key_file_save writes one. Errors as vouch_key_load_psa and
 * vouch_key_create have them. */
vouch_err vouch_key_file_load(const char *path,
                              EVP_PKEY **out) VOUCH_MUST_CHECK;
vouch_err vouch_key_file_save(const char *path, const EVP_PKEY *pkey,
                              bool replace) VOUCH_MUST_CHECK;

#endif
