// libcrypt's public header, and what of it Swift cannot use well.
#pragma once
#include <crypt.h>
#include <string.h>

/// Wrapper around crypt_rn: whether a password has this hash. The struct of 32 KiB stays on C's stack, and the
/// comparison takes the same time wherever the difference is.
static inline int CCrypt_matches(const char *password, const char *hash) {
    struct crypt_data data;
    memset(&data, 0, sizeof data);
    const char *found = crypt_rn(password, hash, &data, (int) sizeof data);
    if (!found) return 0;
    size_t length = strlen(hash);
    if (strlen(found) != length) return 0;
    unsigned char difference = 0;
    for (size_t index = 0; index < length; index++) difference |= (unsigned char) (found[index] ^ hash[index]);
    explicit_bzero(&data, sizeof data);
    return difference == 0;
}

/// Wrapper around crypt_checksalt: whether a text is a hash of a kind that is still deemed safe.
static inline int CCrypt_isHash(const char *hash) { return crypt_checksalt(hash) == CRYPT_SALT_OK; }
