/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/keys/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/pem.h>

#include "proto/memory.h"

static const char pem_label[] = "PRIVATE KEY"; /* RFC 7468, 10 */

enum { KEY_FILE_MAX = 16384 };

/* Reads until the end or until `*len` octets are there. */
static vouch_err read_all(int fd, uint8_t *out, size_t *len)
{
    size_t have = 0;

    while (have < *len) {
        ssize_t got = read(fd, &out[have], *len - have);

        if (got == 0) {
            break;
        }
        if (got > 0) {
            have += (size_t)got;
        } else if (errno != EINTR) {
            return VOUCH_E_IO;
        }
    }
    *len = have;
    return VOUCH_OK;
}

static vouch_err read_private(int fd, uint8_t *out, size_t *len)
{
    struct stat status;

    if (fstat(fd, &status) != 0) {
        return VOUCH_E_IO;
    }
    if (!S_ISREG(status.st_mode) ||
        (status.st_mode & (S_IRWXG | S_IRWXO)) != 0 ||
        status.st_size > KEY_FILE_MAX) {
        return VOUCH_E_KEY_FILE;
    }
    return read_all(fd, out, len);
}

static EVP_PKEY *parse_pkcs8(const uint8_t *der, size_t len)
{
    EVP_PKEY *pkey;
    CBS cbs;

    CBS_init(&cbs, der, len);
    pkey = EVP_parse_private_key(&cbs);
    if (pkey != NULL && CBS_len(&cbs) != 0) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    return pkey;
}

static vouch_err parse_pem(const uint8_t *pem, size_t len, EVP_PKEY **out)
{
    char *name = NULL, *header = NULL;
    EVP_PKEY *pkey = NULL;
    uint8_t *der = NULL;
    long der_len = 0;
    BIO *bio = BIO_new_mem_buf(pem, (int)len);

    if (bio == NULL) {
        return VOUCH_E_NOMEM;
    }
    if (PEM_read_bio(bio, &name, &header, &der, &der_len) &&
        strcmp(name, pem_label) == 0) {
        pkey = parse_pkcs8(der, (size_t)der_len);
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der); /* wipes, as it always does */
    BIO_free(bio);
    ERR_clear_error();
    if (pkey == NULL) {
        return VOUCH_E_KEY_FILE;
    }
    *out = pkey;
    return VOUCH_OK;
}

vouch_err vouch_key_file_load(const char *path, EVP_PKEY **out)
{
    uint8_t pem[KEY_FILE_MAX];
    size_t len = sizeof pem;
    vouch_err err;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return VOUCH_E_IO;
    }
    err = read_private(fd, pem, &len);
    if (err == VOUCH_OK) {
        err = parse_pem(pem, len, out);
        vouch_wipe(pem, len);
    }
    close(fd);
    return err;
}

static vouch_err write_all(int fd, const uint8_t *data, size_t len)
{
    while (len != 0) {
        ssize_t put = write(fd, data, len);

        if (put >= 0) {
            data += put;
            len -= (size_t)put;
        } else if (errno != EINTR) {
            return VOUCH_E_IO;
        }
    }
    return VOUCH_OK;
}

/* Writes a file that survives a crash from here on; closes `fd`. */
static vouch_err fill(int fd, const uint8_t *data, size_t len)
{
    vouch_err err = write_all(fd, data, len);

    if (err == VOUCH_OK &&
        (fchmod(fd, S_IRUSR | S_IWUSR) != 0 || fsync(fd) != 0)) {
        err = VOUCH_E_IO;
    }
    if (close(fd) != 0) {
        err = VOUCH_E_IO;
    }
    return err;
}

/* Moves in one step, and never onto another file; not every file system can,
 * but then it can make a second name. */
static int rename_to_new(const char *from, const char *to)
{
    int ret = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);

    if (ret != 0 && (errno == EINVAL || errno == ENOSYS)) {
        ret = link(from, to);
        if (ret == 0) {
            ret = unlink(from);
        }
    }
    return ret;
}

static vouch_err move_into_place(const char *from, const char *to, bool replace)
{
    int ret = replace ? rename(from, to) : rename_to_new(from, to);

    if (ret == 0) {
        return VOUCH_OK;
    }
    return !replace && errno == EEXIST ? VOUCH_E_EXISTS : VOUCH_E_IO;
}

/* `path` is cut to its directory. */
static vouch_err sync_directory(char *path)
{
    char *slash = strrchr(path, '/');
    int fd, ret;

    if (slash != NULL) {
        slash[slash == path ? 1 : 0] = '\0';
    }
    fd = open(slash != NULL ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return VOUCH_E_IO;
    }
    ret = fsync(fd);
    close(fd);
    return ret == 0 ? VOUCH_OK : VOUCH_E_IO;
}

/* `beside` is a template for mkstemp in the directory of `path`. */
static vouch_err write_by_way_of(char *beside, const char *path,
                                 const uint8_t *data, size_t len, bool replace)
{
    int fd = mkostemp(beside, O_CLOEXEC);
    vouch_err err;

    if (fd < 0) {
        return VOUCH_E_IO;
    }
    err = fill(fd, data, len);
    if (err == VOUCH_OK) {
        err = move_into_place(beside, path, replace);
    }
    if (err != VOUCH_OK) {
        int why = errno;

        unlink(beside);
        errno = why;
        return err;
    }
    return sync_directory(beside);
}

static vouch_err write_file(const char *path, const uint8_t *data, size_t len,
                            bool replace)
{
    static const char suffix[] = ".XXXXXX";
    size_t path_len = strlen(path);
    char *beside = vouch_alloc(path_len + sizeof suffix);
    vouch_err err;

    if (beside == NULL) {
        return VOUCH_E_NOMEM;
    }
    memcpy(beside, path, path_len);
    memcpy(&beside[path_len], suffix, sizeof suffix);
    err = write_by_way_of(beside, path, data, len, replace);
    vouch_free(beside);
    return err;
}

/* What is written to `bio` is wiped when that is freed. */
static bool write_pem(BIO *bio, const EVP_PKEY *pkey)
{
    uint8_t *der = NULL;
    size_t len;
    bool done;
    CBB cbb;

    done = CBB_init(&cbb, 256) && EVP_marshal_private_key(&cbb, pkey) &&
           CBB_finish(&cbb, &der, &len) &&
           PEM_write_bio(bio, pem_label, "", der, (long)len) > 0;
    CBB_cleanup(&cbb);
    OPENSSL_free(der);
    return done;
}

vouch_err vouch_key_file_save(const char *path, const EVP_PKEY *pkey,
                              bool replace)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const uint8_t *pem;
    vouch_err err;
    size_t len;

    if (bio == NULL) {
        return VOUCH_E_NOMEM;
    }
    if (write_pem(bio, pkey) && BIO_mem_contents(bio, &pem, &len)) {
        err = write_file(path, pem, len, replace);
    } else {
        ERR_clear_error();
        err = VOUCH_E_CRYPTO;
    }
    BIO_free(bio);
    return err;
}
