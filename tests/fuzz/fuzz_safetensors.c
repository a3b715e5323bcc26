/* fuzz_safetensors.c: headers of .safetensors files. What is accepted must be what the file holds: each
 * byte of the data in one tensor. What is refused must have a message that a terminal can show. */
#include "model/safetensors.h"

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
		require((unsigned char)*s >= ' ' && *s != 0x7f);
}

/* Reads a tensor in two pieces. */
static void check_elements(const td_safetensor *t, const uint8_t *raw, td_dtype as)
{
	size_t size = t->n ? (t->end - t->begin) / (size_t)t->n : 0;
	uint8_t *out = malloc((size_t)t->n * td_sizeof(as) + 1);
	int64_t half = t->n / 2;
	require(out != NULL);
	td_safetensor_place(t, as, 0, half, raw, out);
	td_safetensor_place(t, as, half, t->n - half, raw + (size_t)half * size, out);
	free(out);
}

static void check_tensors(const td_safetensors *s, const uint8_t *data, size_t n)
{
	size_t sum = 0;
	for (int i = 0; i < s->n; i++) {
		const td_safetensor *t = &s->items[i], *found;
		td_err e = {0};
		int64_t count = 1;
		require(t->rank >= 0 && t->rank <= TD_MAX_RANK && t->begin <= t->end);
		require(s->data_offset + t->end <= n);
		for (int k = 0; k < t->rank; k++)
			count *= t->dim[k];
		require(count == t->n);
		sum += t->end - t->begin;
		if (!td_safetensors_find(s, t->name, &found, &e)) {
			require(t->dtype == TD_N_DTYPES);
			check_message(&e);
			continue;
		}
		require(found == t);
		check_elements(t, data + s->data_offset + t->begin, t->dtype);
		check_elements(t, data + s->data_offset + t->begin, td_safetensor_dtype(t, TD_F32));
	}
	require(s->data_offset + sum == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	td_safetensors s;
	td_err e = {0};
	if (!td_safetensors_header(data, n, n, &s, &e)) {
		check_message(&e);
		td_safetensors_fini(&s);
		return 0;
	}
	check_tensors(&s, data, n);
	td_safetensors_fini(&s);
	require(!td_safetensors_header(data, n, n + 1, &s, &e)); /* a byte that is nobody's */
	check_message(&e);
	td_safetensors_fini(&s);
	return 0;
}
