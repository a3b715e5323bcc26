#include "input.h"

#include "../base/fetch.h"
#include "../base/file.h"
#include "dtype.h"
#include "input_inner.h"
#include "unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, PIECE = 1 << 20, CSV_MAX = 1 << 30 };

typedef td_source_file source;
typedef td_source_format format;

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

bool td_source_read(source *s, void *data, size_t n, td_err *e)
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

/* What only recordings have is refused elsewhere. A table may leave out rows and give their numbers. */
static bool plain(const td_input *in, bool table, td_err *e)
{
	const td_pick *p = &in->pick;
	bool rows = table && (!p->part || td_same(p->part, "rows"));
	if ((!rows && (p->part || p->except)) || p->events || p->samples || p->count)
		return td_fail(e, TD_E_DATA,
		               "part, except and epochs are for recordings (.edf) only");
	return table || !(p->like || p->rows) ||
	       td_fail(e, TD_E_DATA, "channels_of is for recordings (.edf) and tables (.csv)");
}

static bool npy_look(source *s, const td_input *in, td_tensor *t, td_err *e)
{
	if (in->columns)
		return td_fail(e, TD_E_DATA, "`columns` is for .csv files; a .npy file has none");
	if (!plain(in, false, e))
		return false;
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

static bool npy_read(source *s, const td_input *in, const td_tensor *t, td_err *e)
{
	(void)in;
	int64_t size = (int64_t)td_sizeof(t->dtype), most = PIECE / size, done = 0;
	char *piece = td_alloc(PIECE);
	bool ok = true;
	while (ok && done < s->npy.n) {
		int64_t n = s->npy.n - done < most ? s->npy.n - done : most;
		ok = td_source_read(s, piece, (size_t)(n * size), e);
		if (ok)
			td_npy_place(&s->npy, done, n, piece, t->data);
		done += n;
	}
	free(piece);
	return ok;
}

/* A table is f64 [rows, columns]; one column may be declared as [rows] too; part "rows" is the numbers of
 * the rows that are left, i32 [rows]. */
static bool csv_parse(source *s, const td_input *in, const char *text, td_err *e)
{
	const td_pick *p = &in->pick;
	bool drop = p->except || p->part, named = drop || p->rows;
	return td_csv_parse_named(text, s->bytes, in->columns, named ? "name" : NULL, &s->csv, e) &&
	       (!drop || td_csv_drop(&s->csv, p->except ? p->except : "", e)) &&
	       (!p->rows || td_csv_match(&s->csv, p->rows, e));
}

static bool csv_look(source *s, const td_input *in, td_tensor *t, td_err *e)
{
	const td_pick *p = &in->pick;
	if (!plain(in, true, e))
		return false;
	if (p->like && (!p->rows || p->part))
		return td_fail(e, TD_E_DATA, "input \"%s\", whose channels it has, %s", p->like,
		               p->part ? "knows no rows: leave out part"
		                       : "is not a recording that was read");
	if (s->bytes > CSV_MAX)
		return td_fail(e, TD_E_DATA, "it is %zu bytes long; at most %d are read", s->bytes,
		               CSV_MAX);
	char *text = td_alloc(s->bytes);
	bool ok = td_source_read(s, text, s->bytes, e) && csv_parse(s, in, text, e);
	free(text);
	bool list = p->part || (s->csv.columns == 1 && in->rank == 1);
	*t = (td_tensor){.dtype = p->part ? TD_I32 : TD_F64, .rank = list ? 1 : 2};
	t->dim[0] = s->csv.rows;
	t->dim[1] = list ? 0 : s->csv.columns;
	return ok;
}

static bool csv_read(source *s, const td_input *in, const td_tensor *t, td_err *e)
{
	(void)e;
	const void *from = in->pick.part ? (const void *)s->csv.numbers : s->csv.items;
	if (s->csv.rows)
		memcpy(t->data, from, (size_t)td_numel(t) * td_sizeof(t->dtype));
	return true;
}

static const format formats[] = {
	{".npy", npy_look, npy_read},
	{".csv", csv_look, csv_read},
	{".edf", td_edf_look, td_edf_read},
	{".safetensors", td_safetensors_look, td_safetensors_read, .by_name = true}};

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
	td_fail(e, TD_E_DATA, "its name must end with .npy, .csv, .edf or .safetensors");
	return NULL;
}

/* Opens the file of an input and reads what its shape takes. */
bool td_source_open(source *s, const td_input *in, const char *path, td_tensor *t,
                    const td_input_data *same, td_err *e)
{
	struct stat st;
	*s = (source){.fd = -1};
	s->format = find_format(in, e);
	if (!s->format || !td_file_open(path, &s->fd, &s->bytes, e))
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
	if (in->tensor && !s->format->by_name)
		return td_fail(e, TD_E_DATA,
		               "`tensor` is for .safetensors files; it holds one array");
	if (in->columns && s->format->by_name)
		return td_fail(e, TD_E_DATA, "`columns` is for .csv files");
	if (s->format->by_name && !plain(in, false, e))
		return false;
	return s->format->look(s, in, t, e);
}

void td_source_close(source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	td_hasher_free(s->hash);
	td_csv_fini(&s->csv);
	td_arena_fini(&s->edf.arena);
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
bool td_source_check_dims(const td_graph *g, const td_input *in, const td_tensor *t, bool all,
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

bool td_source_check_type(const td_graph *g, const td_input *in, const td_tensor *t, td_err *e)
{
	const char *have = td_dtype_name(t->dtype), *want = td_dtype_name(in->dtype);
	if (t->dtype != in->dtype)
		return td_fail(e, TD_E_DATA,
		               "it holds %s, the input declares %s; declare dtype = \"%s\" and "
		               "convert it with t.tensor.cast { x, dtype = \"%s\" }",
		               have, want, have, want);
	return t->rank == in->rank || fail_shape(g, in, t, TD_NONE, 0, e);
}

/* The rate of the last dim, where the file has one, is that of its symbol. */
bool td_source_check_rate(const td_graph *g, const td_input *in, double rate, td_err *e)
{
	int symbol = in->rank ? td_dim_symbol(g->dims, in->dim[in->rank - 1]) : TD_NONE;
	const td_symbol *s = symbol >= 0 ? td_dims_symbol_c(g->dims, symbol) : NULL;
	return rate <= 0 || !s || td_feq_exact(s->rate, rate) ||
	       td_fail(e, TD_E_DATA,
	               "it has %s samples a second, but the time axis %s has %s; resample it, or "
	               "declare rate = %s",
	               td_number_text(rate).text, s->name, td_number_text(s->rate).text,
	               td_number_text(rate).text);
}

bool td_source_within(td_err *e, const td_input *in, const char *path)
{
	return path ? td_within(e, "input \"%s\", %s", in->name, path)
	            : td_within(e, "input \"%s\"", in->name);
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
	       td_fail(e, TD_E_DATA, "its SHA-256 is %s, the pin says %s; %s", sha->hex, in->pin,
	               in->path ? "the file has changed, or the pin is wrong"
	                        : "it is damaged: `tandem fetch` brings it again");
}

static bool read_input(const td_graph *g, const td_input *in, const char *path, source *s,
                       const td_input_data *same, td_input_data *out, td_err *e)
{
	td_tensor *t = &out->tensor;
	if (!td_source_open(s, in, path, t, same, e) || !td_source_check_type(g, in, t, e) ||
	    !td_source_check_dims(g, in, t, true, e) || !td_source_check_rate(g, in, s->rate, e) ||
	    !give_pages(t, e) || !s->format->read(s, in, t, e))
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
		return td_source_within(e, in, NULL);
	if (!in->path && !td_fetch_cached(in->pin, in->pin_bytes)) {
		td_fail(e, TD_E_DATA, "%s is not in the cache yet; run `tandem fetch` first",
		        in->url);
		return td_source_within(e, in, NULL);
	}
	char *path = td_input_path(in);
	bool ok = read_input(g, in, path, &s, same, out, e) || td_source_within(e, in, path);
	td_source_close(&s);
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
			return td_source_within(e, in, NULL);
	}
	return true;
}
