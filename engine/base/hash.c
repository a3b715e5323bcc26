#include "hash.h"

#include "arena.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct td_hasher {
	EVP_MD_CTX *ctx;
};

td_hasher *td_hasher_new(void)
{
	td_hasher *h = td_alloc(sizeof *h);
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || !EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL))
		td_out_of_memory(sizeof *h);
	return h;
}

void td_hasher_free(td_hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void td_hasher_add(td_hasher *h, const void *data, size_t n)
{
	if (n)
		EVP_DigestUpdate(h->ctx, data, n);
}

td_sha256 td_hasher_end(td_hasher *h)
{
	unsigned char raw[EVP_MAX_MD_SIZE] = {0};
	unsigned n = 0;
	EVP_DigestFinal_ex(h->ctx, raw, &n);
	td_sha256 out = {""};
	for (size_t i = 0; i < 32; i++)
		snprintf(out.hex + 2 * i, 3, "%02x", raw[i]);
	return out;
}

td_sha256 td_sha256_of(const void *data, size_t n)
{
	td_hasher *h = td_hasher_new();
	td_hasher_add(h, data, n);
	td_sha256 out = td_hasher_end(h);
	td_hasher_free(h);
	return out;
}

td_sha256 td_sha256_text(const char *text)
{
	return td_sha256_of(text, strlen(text));
}

bool td_sha256_valid(const char *hex)
{
	return strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64;
}
