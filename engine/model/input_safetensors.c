/* One tensor of a .safetensors file as an input. */
#include "../base/file.h"
#include "input_inner.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 20 };

bool td_safetensors_look(td_source_file *s, const td_input *in, td_tensor *t, td_err *e)
{
	unsigned char first[8];
	size_t needed = 0;
	ssize_t n = td_fd_read(s->fd, first, sizeof first);
	if (n < 0)
		return td_fail_errno(e, TD_E_DATA, "cannot be read");
	if (!td_safetensors_head(first, (size_t)n, s->bytes, &needed, e))
		return false;
	if (!in->tensor)
		return td_fail(e, TD_E_DATA, "it holds tensors by name: say which, tensor = \"…\"");
	char *head = td_alloc(needed);
	memcpy(head, first, sizeof first);
	td_hasher_add(s->hash, first, sizeof first);
	bool ok = td_source_read(s, head + sizeof first, needed - sizeof first, e) &&
	          td_safetensors_header(head, needed, s->bytes, &s->tensors, e) &&
	          td_safetensors_find(&s->tensors, in->tensor, &s->tensor, e);
	free(head);
	if (!ok)
		return false;
	*t = (td_tensor){.dtype = td_safetensor_dtype(s->tensor, in->dtype),
	                 .rank = s->tensor->rank};
	memcpy(t->dim, s->tensor->dim, sizeof t->dim);
	return true;
}

/* Reads up to `end` of the data; nothing is kept. */
static bool skip_to(td_source_file *s, size_t from, size_t end, char *piece, td_err *e)
{
	bool ok = true;
	if (s->same)
		return lseek(s->fd, (off_t)(s->tensors.data_offset + end), SEEK_SET) >= 0 ||
		       td_fail_errno(e, TD_E_DATA, "cannot be read");
	for (; ok && from < end; from += PIECE)
		ok = td_source_read(s, piece, end - from < PIECE ? end - from : PIECE, e);
	return ok;
}

bool td_safetensors_read(td_source_file *s, const td_input *in, const td_tensor *t, td_err *e)
{
	(void)in;
	const td_safetensor *x = s->tensor;
	int64_t size = x->n ? (int64_t)(x->end - x->begin) / x->n : 1, most = PIECE / size;
	char *piece = td_alloc(PIECE);
	bool ok = skip_to(s, 0, x->begin, piece, e);
	for (int64_t done = 0; ok && done < x->n; done += most) {
		int64_t n = x->n - done < most ? x->n - done : most;
		ok = td_source_read(s, piece, (size_t)(n * size), e);
		if (ok)
			td_safetensor_place(x, t->dtype, done, n, piece, t->data);
	}
	ok = ok && skip_to(s, x->end, s->bytes - s->tensors.data_offset, piece, e);
	free(piece);
	return ok;
}
