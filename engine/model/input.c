#include "input.h"

#include "../base/fetch.h"
#include "../base/file.h"
#include "csv.h"
#include "dtype.h"
#include "npy.h"
#include "safetensors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, PIECE = 1 << 20, CSV_MAX = 1 << 30 };

/* A file being read, from its first byte to its last, hashed on the way. */
typedef struct {
	int fd;
	size_t bytes; /* size when it was opened */
	td_hasher *hash;
	const td_input_data *same; /* the file was hashed already; or NULL */
	int64_t stamp[3];
	td_npy npy;
	td_csv csv;
	td_safetensors tensors;
	const td_safetensor *tensor;
} source;

/* A file format. `look` fills dtype, rank and dims; `read` then the data, for which there is room. */
typedef struct {
	const char *ending;
	bool (*look)(source *s, const td_input *in, td_tensor *t, td_err *e);
	bool (*read)(source *s, const td_tensor *t, td_err *e);
} format;

char *td_input_path(const td_input *in)
{
	td_str path = {0};
	if (!in->path)
		return in->url && in->pin && td_sha256_valid(in->pin) ? td_fetch_path(in->pin)
		                                                      : NULL;
	td_str_add(&path, in->path);
	return path.data;
}

/* -- reading -------------------------------------------------------------- */

static bool read_exactly(source *s, void *data, size_t n, td_err *e)
{
	ssize_t got = td_fd_read(s->fd, data, n);
	if (got < 0)
		return td_fail_errno(e, TD_E_DATA, "cannot be read");
	if ((size_t)got < n)
		return td_fail(e, TD_E_DATA, "it became shorter while it was read");
	if (!s->same)
		td_hasher_add(s->hash, data, n);
	return true;
}

static bool npy_look(source *s, const td_input *in, td_tensor *t, td_err *e)
{
	if (in->columns)
		return td_fail(e, TD_E_DATA, "`columns` is for .csv files; a .npy file has none");
	char *head = td_alloc(TD_NPY_HEADER_MAX);
	ssize_t n = td_fd_read(s->fd, head, TD_NPY_HEADER_MAX);
	bool ok = n >= 0 ? td_npy_header(head, (size_t)n, s->bytes, &s->npy, e)
	                 : td_fail_errno(e, TD_E_DATA, "cannot be read");
	if (ok && lseek(s->fd, (off_t)s->npy.data_offset, SEEK_SET) < 0)
		ok = td_fail_errno(e, TD_E_DATA, "cannot be read");
	if (ok)
		td_hasher_add(s->hash, head, s->npy.data_offset);
	free(head);
	*t = (td_tensor){.dtype = s->npy.dtype, .rank = s->npy.rank};
	memcpy(t->dim, s->npy.dim, sizeof t->dim);
	return ok;
}

static bool npy_read(source *s, const td_tensor *t, td_err *e)
{
	int64_t size = (int64_t)td_sizeof(t->dtype), most = PIECE / size, done = 0;
	char *piece = td_alloc(PIECE);
	bool ok = true;
	while (ok && done < s->npy.n) {
		int64_t n = s->npy.n - done < most ? s->npy.n - done : most;
		ok = read_exactly(s, piece, (size_t)(n * size), e);
		if (ok)
			td_npy_place(&s->npy, done, n, piece, t->data);
		done += n;
	}
	free(piece);
	return ok;
}

/* A table is f64 [rows, columns]; one column may be declared as [rows] too. */
static bool csv_look(source *s, const td_input *in, td_tensor *t, td_err *e)
{
	if (s->bytes > CSV_MAX)
		return td_fail(e, TD_E_DATA, "it is %zu bytes long; at most %d are read", s->bytes,
		               CSV_MAX);
	char *text = td_alloc(s->bytes);
	bool ok = read_exactly(s, text, s->bytes, e) &&
	          td_csv_parse(text, s->bytes, in->columns, &s->csv, e);
	free(text);
	*t = (td_tensor){.dtype = TD_F64, .rank = s->csv.columns == 1 && in->rank == 1 ? 1 : 2};
	t->dim[0] = s->csv.rows;
	t->dim[1] = t->rank == 2 ? s->csv.columns : 0;
	return ok;
}

static bool csv_read(source *s, const td_tensor *t, td_err *e)
{
	(void)e;
	if (s->csv.rows)
		memcpy(t->data, s->csv.items, (size_t)td_numel(t) * sizeof *s->csv.items);
	return true;
}

static bool safetensors_look(source *s, const td_input *in, td_tensor *t, td_err *e)
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
	bool ok = read_exactly(s, head + sizeof first, needed - sizeof first, e) &&
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
static bool skip_to(source *s, size_t from, size_t end, char *piece, td_err *e)
{
	bool ok = true;
	if (s->same)
		return lseek(s->fd, (off_t)(s->tensors.data_offset + end), SEEK_SET) >= 0 ||
		       td_fail_errno(e, TD_E_DATA, "cannot be read");
	for (; ok && from < end; from += PIECE)
		ok = read_exactly(s, piece, end - from < PIECE ? end - from : PIECE, e);
	return ok;
}

static bool safetensors_read(source *s, const td_tensor *t, td_err *e)
{
	const td_safetensor *x = s->tensor;
	int64_t size = x->n ? (int64_t)(x->end - x->begin) / x->n : 1, most = PIECE / size;
	char *piece = td_alloc(PIECE);
	bool ok = skip_to(s, 0, x->begin, piece, e);
	for (int64_t done = 0; ok && done < x->n; done += most) {
		int64_t n = x->n - done < most ? x->n - done : most;
		ok = read_exactly(s, piece, (size_t)(n * size), e);
		if (ok)
			td_safetensor_place(x, t->dtype, done, n, piece, t->data);
	}
	ok = ok && skip_to(s, x->end, s->bytes - s->tensors.data_offset, piece, e);
	free(piece);
	return ok;
}

static const format formats[] = {{".npy", npy_look, npy_read},
                                 {".csv", csv_look, csv_read},
                                 {".safetensors", safetensors_look, safetensors_read}};

/* The format by the ending of the path, or of the URL without "?…" and "#…". */
static const format *find_format(const td_input *in, td_err *e)
{
	const char *name = in->path ? in->path : in->url;
	size_t n = in->path ? strlen(name) : strcspn(name, "?#");
	for (size_t i = 0; i < TD_COUNT(formats); i++) {
		size_t m = strlen(formats[i].ending);
		if (n > m && memcmp(name + n - m, formats[i].ending, m) == 0)
			return &formats[i];
	}
	td_fail(e, TD_E_DATA, "its name must end with .npy, .csv or .safetensors");
	return NULL;
}

/* Opens the file of an input and reads what its shape takes. */
static bool open_source(source *s, const td_input *in, const char *path, const format **f,
                        td_tensor *t, const td_input_data *same, td_err *e)
{
	struct stat st;
	*s = (source){.fd = -1};
	*f = find_format(in, e);
	if (!*f || !td_file_open(path, &s->fd, &s->bytes, e))
		return false;
	if (fstat(s->fd, &st) != 0)
		return td_fail_errno(e, TD_E_DATA, "cannot be read");
	s->stamp[0] = (int64_t)st.st_ino;
	s->stamp[1] = (int64_t)st.st_mtim.tv_sec;
	s->stamp[2] = (int64_t)st.st_mtim.tv_nsec;
	if (same && (size_t)same->bytes == s->bytes &&
	    memcmp(same->stamp, s->stamp, sizeof s->stamp) == 0)
		s->same = same;
	if (in->pin_bytes >= 0 && (size_t)in->pin_bytes != s->bytes)
		return td_fail(e, TD_E_DATA,
		               "it is %zu bytes long, the pin says %" PRId64
		               "; the file has changed, or the pin is wrong",
		               s->bytes, in->pin_bytes);
	s->hash = td_hasher_new();
	if (in->tensor && (*f)->look != safetensors_look)
		return td_fail(e, TD_E_DATA,
		               "`tensor` is for .safetensors files; it holds one array");
	if (in->columns && (*f)->look == safetensors_look)
		return td_fail(e, TD_E_DATA, "`columns` is for .csv files");
	return (*f)->look(s, in, t, e);
}

static void close_source(source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	td_hasher_free(s->hash);
	td_csv_fini(&s->csv);
	td_safetensors_fini(&s->tensors);
}

/* -- shapes --------------------------------------------------------------- */

/* What the symbols are, -1 where open; freed by the caller. */
static int64_t *symbol_values(const td_graph *g)
{
	int n = td_dims_count(g->dims);
	int64_t *values = td_alloc(td_size_mul((size_t)n, sizeof *values));
	for (int i = 0; i < n; i++) {
		const td_symbol *s = td_dims_symbol_c(g->dims, i);
		values[i] = s->lo == s->hi && !s->late ? s->lo : -1;
	}
	return values;
}

/* `axis`: the dim that differs, or TD_NONE; if it is an expression, `value` is what it comes to. */
static bool fail_shape(const td_graph *g, const td_input *in, const td_tensor *t, int axis,
                       int64_t value, td_err *e)
{
	td_shape declared = {.dtype = in->dtype, .rank = in->rank};
	memcpy(declared.dim, in->dim, sizeof declared.dim);
	td_str want = {0}, have = {0};
	int64_t number;
	td_shape_text(g->dims, &declared, &want);
	for (int i = 0; i < t->rank; i++)
		td_str_addf(&have, "%s%" PRId64, i ? " " : "", t->dim[i]);
	td_str_addf(&want, "\"");
	if (axis >= 0 && !td_dim_const(g->dims, in->dim[axis], &number)) {
		td_str_add(&want, ", where ");
		td_dim_text(g->dims, in->dim[axis], &want);
		td_str_addf(&want, " is %" PRId64, value);
	}
	td_fail(e, TD_E_DATA, "its shape is \"%s\", the input declares \"%s", td_str_text(&have),
	        want.data);
	td_str_fini(&want);
	td_str_fini(&have);
	return false;
}

/* Compares the dims with what the symbols make of the declared ones; those that are still open
 * pass, unless `all` are to be known. */
static bool check_dims(const td_graph *g, const td_input *in, const td_tensor *t, bool all,
                       td_err *e)
{
	int64_t *values = symbol_values(g), value = 0;
	bool ok = true;
	for (int i = 0; ok && i < t->rank; i++) {
		bool known = td_dim_eval(g->dims, in->dim[i], values, &value);
		if (known && value != t->dim[i])
			ok = fail_shape(g, in, t, i, value, e);
		else if (!known && all)
			ok = td_fail(e, TD_E_DATA,
			             "it was not there when the graph was checked; check again");
	}
	free(values);
	return ok;
}

static bool check_dtype_rank(const td_graph *g, const td_input *in, const td_tensor *t, td_err *e)
{
	const char *have = td_dtype_name(t->dtype), *want = td_dtype_name(in->dtype);
	if (t->dtype != in->dtype)
		return td_fail(e, TD_E_DATA,
		               "it holds %s, the input declares %s; declare dtype = \"%s\" and "
		               "convert it with t.tensor.cast { x, dtype = \"%s\" }",
		               have, want, have, want);
	return t->rank == in->rank || fail_shape(g, in, t, TD_NONE, 0, e);
}

/* -- the headers of all inputs -------------------------------------------- */

/* What was found, per input, and which input fixed each symbol (number + 1). */
typedef struct {
	td_graph *g;
	td_tensor *found; /* rank -1: the file is not there */
	int *fixed_by;
} binder;

static bool within_input(td_err *e, const td_input *in, const char *path)
{
	return path ? td_within(e, "input \"%s\", %s", in->name, path)
	            : td_within(e, "input \"%s\"", in->name);
}

static bool fail_symbol(const binder *b, const td_symbol *s, int64_t extent, int by, td_err *e)
{
	if (!by)
		return td_fail(e, TD_E_DATA,
		               "%s is %" PRId64 " here, but declared as %" PRId64 " … %" PRId64,
		               s->name, extent, s->lo, s->hi);
	const td_input *other = &b->g->inputs.items[by - 1];
	char *path = td_input_path(other);
	td_fail(e, TD_E_DATA, "%s is %" PRId64 " here, but %" PRId64 " in input \"%s\", %s",
	        s->name, extent, s->lo, other->name, path);
	free(path);
	return false;
}

static bool bind_symbol(const binder *b, int symbol, int64_t extent, int input, td_err *e)
{
	td_symbol *s = td_dims_symbol(b->g->dims, symbol);
	if (s->late)
		return td_fail(e, TD_E_DATA,
		               "%s is found during the run; it cannot be a dim of an input",
		               s->name);
	if (extent < s->lo || extent > s->hi)
		return fail_symbol(b, s, extent, b->fixed_by[symbol], e);
	s->lo = s->hi = extent;
	if (!b->fixed_by[symbol])
		b->fixed_by[symbol] = input + 1;
	return true;
}

static bool bind_input(const binder *b, int input, td_err *e)
{
	const td_input *in = &b->g->inputs.items[input];
	const td_tensor *t = &b->found[input];
	if (!check_dtype_rank(b->g, in, t, e))
		return false;
	for (int i = 0; i < t->rank; i++) {
		int symbol = td_dim_symbol(b->g->dims, in->dim[i]);
		if (symbol >= 0 && !bind_symbol(b, symbol, t->dim[i], input, e))
			return false;
	}
	return true;
}

/* Finds the shape of one input, if its file is there, and binds what it can. */
static bool open_input(const binder *b, int input, td_err *e)
{
	const td_input *in = &b->g->inputs.items[input];
	const format *f;
	source s;
	char *path = td_input_path(in);
	bool ok = true;
	if (path && (in->path || td_fetch_cached(in->pin, in->pin_bytes))) {
		ok = (open_source(&s, in, path, &f, &b->found[input], NULL, e) &&
		      bind_input(b, input, e)) ||
		     within_input(e, in, path);
		close_source(&s);
	}
	free(path);
	return ok;
}

bool td_inputs_open(td_graph *g, td_err *e)
{
	size_t n = (size_t)g->inputs.n, n_symbols = (size_t)td_dims_count(g->dims);
	binder b = {.g = g,
	            .found = td_alloc(td_size_mul(n, sizeof *b.found)),
	            .fixed_by = td_alloc(td_size_mul(n_symbols, sizeof *b.fixed_by))};
	bool ok = true;
	for (int i = 0; i < g->inputs.n; i++)
		b.found[i].rank = TD_NONE;
	for (int i = 0; ok && i < g->inputs.n; i++)
		ok = open_input(&b, i, e);
	for (int i = 0; ok && i < g->inputs.n; i++) { /* expressions need all symbols */
		const td_input *in = &g->inputs.items[i];
		char *path = td_input_path(in);
		ok = check_dims(g, in, &b.found[i], false, e) || within_input(e, in, path);
		free(path);
	}
	free(b.found);
	free(b.fixed_by);
	return ok;
}

/* -- the data of one input ------------------------------------------------ */

/* Whole pages: a device with unified memory uses them in place. */
static bool give_pages(td_tensor *t, td_err *e)
{
	size_t bytes = (size_t)td_numel(t) * td_sizeof(t->dtype);
	size_t room = bytes / PAGE * PAGE + PAGE;
	t->data = aligned_alloc(PAGE, room);
	if (!t->data)
		return td_fail(e, TD_E_DEVICE, "there is no memory for its %zu bytes", bytes);
	memset((char *)t->data + bytes, 0, room - bytes);
	return true;
}

/* The file must end where its size said, and be the pinned one. */
static bool check_end(source *s, const td_input *in, td_sha256 *sha, td_err *e)
{
	char more;
	if (td_fd_read(s->fd, &more, 1) != 0)
		return td_fail(e, TD_E_DATA, "it became longer while it was read");
	*sha = s->same ? s->same->sha : td_hasher_end(s->hash);
	return !in->pin || td_same(in->pin, sha->hex) ||
	       td_fail(e, TD_E_DATA,
	               "its SHA-256 is %s, the pin says %s; the file has changed, or the pin is "
	               "wrong",
	               sha->hex, in->pin);
}

static bool read_input(const td_graph *g, const td_input *in, const char *path, source *s,
                       const td_input_data *same, td_input_data *out, td_err *e)
{
	const format *f;
	td_tensor *t = &out->tensor;
	if (!open_source(s, in, path, &f, t, same, e) || !check_dtype_rank(g, in, t, e) ||
	    !check_dims(g, in, t, true, e) || !give_pages(t, e) || !f->read(s, t, e))
		return false;
	out->bytes = (int64_t)s->bytes;
	memcpy(out->stamp, s->stamp, sizeof s->stamp);
	return check_end(s, in, &out->sha, e);
}

/* Can there be a file at all? */
static bool check_given(const td_input *in, td_err *e)
{
	bool pinned = in->pin && in->pin_bytes >= 0;
	if (in->path)
		return true;
	if (!in->url)
		return td_fail(e, TD_E_DATA, "no file is given; add -p %s=FILE", in->name);
	if (!pinned || !td_sha256_valid(in->pin))
		return td_fail(e, TD_E_DATA,
		               "%s cannot be fetched without a pin: its sha256 (64 lower-case hex "
		               "digits) and its size in bytes",
		               in->url);
	return true;
}

bool td_input_load(const td_graph *g, int input, const td_input_data *same, td_input_data *out,
                   td_err *e)
{
	const td_input *in = &g->inputs.items[input];
	source s;
	*out = (td_input_data){0};
	if (!check_given(in, e))
		return within_input(e, in, NULL);
	if (!in->path && !td_fetch_cached(in->pin, in->pin_bytes)) {
		td_fail(e, TD_E_DATA, "%s is not in the cache yet; run `tandem fetch` first",
		        in->url);
		return within_input(e, in, NULL);
	}
	char *path = td_input_path(in);
	bool ok = read_input(g, in, path, &s, same, out, e) || within_input(e, in, path);
	close_source(&s);
	free(path);
	if (!ok)
		td_input_data_fini(out);
	return ok;
}

void td_input_data_fini(td_input_data *d)
{
	free(d->tensor.data);
	*d = (td_input_data){0};
}

/* -- fetching ------------------------------------------------------------- */

bool td_inputs_fetch(const td_graph *g, td_err *e)
{
	for (int i = 0; i < g->inputs.n; i++) {
		const td_input *in = &g->inputs.items[i];
		if (in->path || !in->url)
			continue;
		td_fetch f = {.url = in->url, .sha256 = in->pin, .bytes = in->pin_bytes};
		if (!check_given(in, e) || !td_fetch_run(&f, e))
			return within_input(e, in, NULL);
	}
	return true;
}
