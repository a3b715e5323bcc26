/* hash.h: SHA-256, through libcrypto. Layer 0. */
#ifndef TD_BASE_HASH_H
#define TD_BASE_HASH_H

#include "err.h"

/* 64 hex digits and a NUL; an empty string where there is none. */
typedef struct {
	char hex[65];
} td_sha256;

typedef struct td_hasher td_hasher;

td_hasher *td_hasher_new(void);
void td_hasher_free(td_hasher *h);
void td_hasher_add(td_hasher *h, const void *data, size_t n);
/* The digest of all that was added; the hasher is spent. */
td_sha256 td_hasher_end(td_hasher *h);

td_sha256 td_sha256_of(const void *data, size_t n);
td_sha256 td_sha256_text(const char *text);
/* 64 lower-case hex digits? */
bool td_sha256_valid(const char *hex);

#endif
