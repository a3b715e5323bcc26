/* fuzz_npy.c: headers of .npy files. What is accepted must be what the file holds; what is refused
 * must have a message that a terminal can show. */
#include "model/npy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void check_message(const td_err *e)
{
	require(e->code == TD_E_DATA && e->text[0]);
	for (const char *s = e->text; *s; s++)
		require((unsigned char)*s >= ' ');
}

static uint64_t sum(const uint8_t *bytes, size_t n)
{
	uint64_t s = 0;
	for (size_t i = 0; i < n; i++)
		s += bytes[i];
	return s;
}

/* Every element of the file goes to a place of its own: no byte is lost or comes twice. */
static void check_elements(const td_npy *h, const uint8_t *raw, size_t bytes)
{
	uint8_t *out = calloc(1, bytes + 1);
	require(out != NULL);
	int64_t half = h->n / 2;
	td_npy_place(h, 0, half, raw, out);
	td_npy_place(h, half, h->n - half, raw + (size_t)half * td_sizeof(h->dtype), out);
	require(sum(out, bytes) == sum(raw, bytes));
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	td_npy h;
	td_err e = {0};
	if (!td_npy_header(data, n, n, &h, &e)) {
		check_message(&e);
		return 0;
	}
	size_t bytes = (size_t)h.n * td_sizeof(h.dtype);
	require(h.rank >= 0 && h.rank <= TD_MAX_RANK && h.data_offset + bytes == n);
	int64_t count = 1;
	for (int i = 0; i < h.rank; i++) {
		require(h.dim[i] >= 0);
		count *= h.dim[i];
	}
	require(count == h.n);
	check_elements(&h, data + h.data_offset, bytes);
	require(!td_npy_header(data, n, n + 1, &h, &e));
	check_message(&e);
	require(!n || !td_npy_header(data, n - 1, n - 1, &h, &e));
	check_message(&e);
	return 0;
}
