/* fuzz_edf.c: recordings. What is accepted must be what the file holds, to its last byte; what is refused
 * must have a message that a terminal can show. */
#include "model/edf.h"

#include <math.h>
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

static void check_header(const td_edf *h, size_t n)
{
	int64_t samples = 0;
	require(h->n >= 1 && h->records >= 1 && h->record_s > 0);
	require(h->header_bytes + h->records * h->record_bytes == (int64_t)n);
	for (int i = 0; i < h->n; i++) {
		const td_edf_signal *s = &h->signals[i];
		double scale = 0, offset = 0;
		require(s->first == samples && s->samples >= 1);
		samples += s->samples;
		require(s->digital_min < s->digital_max && td_edf_rate(h, i) > 0);
		require(!td_edf_volts(s, &scale, &offset) || !isnan(scale));
	}
	require(h->record_bytes == 2 * samples);
}

static void check_annotations(td_arena *a, const td_edf *h, const uint8_t *data)
{
	td_edf_events x = {0};
	td_err e = {0};
	for (int64_t r = 0; r < h->records; r++) {
		/* a copy, so that a sanitizer sees what is read beyond the end */
		char *record = malloc((size_t)h->record_bytes);
		require(record != NULL);
		memcpy(record, data + h->header_bytes + r * h->record_bytes,
		       (size_t)h->record_bytes);
		bool ok = td_edf_annotations(a, h, r, record, &x, &e);
		free(record);
		if (!ok) {
			check_message(&e);
			return;
		}
	}
	for (int i = 0; i < x.n; i++) {
		require(isfinite(x.items[i].onset) && x.items[i].duration >= 0);
		require(x.items[i].text[0] && x.items[i].at >= h->header_bytes);
		for (const char *s = x.items[i].text; *s; s++)
			require((unsigned char)*s >= ' ');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	td_arena a = {0};
	td_edf h;
	td_err e = {0};
	if (td_edf_header(&a, data, (int64_t)n, &h, &e)) {
		check_header(&h, n);
		check_annotations(&a, &h, data);
		require(!td_edf_header(&a, data, (int64_t)n - 1, &h, &e));
	}
	if (e.code)
		check_message(&e);
	td_arena_fini(&a);
	return 0;
}
