#include "npy.h"

#include "../base/arena.h"
#include "../base/file.h"
#include "dtype.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The format: "\x93NUMPY", version major and minor, length of the header (2 bytes in version 1, else
 * 4, little-endian), the header, then the elements. The header is a Python dict literal. Source:
 * NumPy Enhancement Proposal 1 and numpy.lib.format. */

enum { MAGIC = 6, ALIGN = 64 };

static const bool host_is_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

/* -- the dict ------------------------------------------------------------- */

typedef struct {
	const char *begin, *at, *end; /* the file, the place in the header, the header's end */
	char descr[16];
	bool fortran;
	int rank; /* may be above TD_MAX_RANK: counted, not stored */
	int64_t dim[TD_MAX_RANK];
	unsigned seen;
	td_err *e;
} reader;

static bool fail_at(reader *r, const char *what)
{
	return td_fail(r->e, TD_E_DATA, "its header is damaged at byte %td: %s", r->at - r->begin,
	               what);
}

static void skip_blanks(reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t'))
		r->at++;
}

static bool take(reader *r, char c)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* A Python string without escapes, in either kind of quotes; `out` gets it without them. */
static bool read_string(reader *r, char *out, size_t cap)
{
	skip_blanks(r);
	if (r->at == r->end)
		return fail_at(r, "a string in quotes is needed");
	char quote = *r->at;
	if (quote != '\'' && quote != '"')
		return fail_at(r, "a string in quotes is needed");
	const char *from = r->at + 1;
	size_t n = 0, room = (size_t)(r->end - from);
	while (n < room && from[n] != quote)
		n++;
	if (n == room)
		return fail_at(r, "the string has no end");
	for (size_t i = 0; i < n; i++)
		if (n >= cap || from[i] == '\\' || from[i] < ' ' || from[i] > '~')
			return fail_at(r, "the string is none that numpy writes");
	memcpy(out, from, n);
	out[n] = '\0';
	r->at = from + n + 1;
	return true;
}

static bool read_descr(reader *r)
{
	skip_blanks(r);
	if (r->at < r->end && (*r->at == '[' || *r->at == '('))
		return td_fail(r->e, TD_E_DATA,
		               "its elements are records of several fields; save one field: "
		               "np.save(path, a[\"field\"])");
	return read_string(r, r->descr, sizeof r->descr);
}

static bool read_flag(reader *r)
{
	static const char *const word[] = {"False", "True"};
	skip_blanks(r);
	for (int i = 0; i < 2; i++) {
		size_t n = strlen(word[i]);
		if ((size_t)(r->end - r->at) >= n && memcmp(r->at, word[i], n) == 0) {
			r->fortran = i;
			r->at += n;
			return true;
		}
	}
	return fail_at(r, "True or False is needed");
}

static bool read_dim(reader *r)
{
	int64_t x = 0;
	bool negative = take(r, '-'), big = false;
	if (r->at == r->end || !isdigit((unsigned char)*r->at))
		return fail_at(r, "a number or ')' is needed");
	for (; r->at < r->end && isdigit((unsigned char)*r->at); r->at++)
		big |= __builtin_mul_overflow(x, 10, &x) ||
		       __builtin_add_overflow(x, *r->at - '0', &x);
	if (r->at < r->end && *r->at == 'L') /* as Python 2 wrote them */
		r->at++;
	if (negative)
		return td_fail(r->e, TD_E_DATA, "dim %d of its shape is negative", r->rank + 1);
	if (big)
		return td_fail(r->e, TD_E_DATA, "dim %d of its shape is larger than any file",
		               r->rank + 1);
	if (r->rank < TD_MAX_RANK)
		r->dim[r->rank] = x;
	r->rank++;
	return true;
}

static bool read_shape(reader *r)
{
	if (!take(r, '('))
		return fail_at(r, "'(' is needed");
	for (bool comma = true; !take(r, ')');) {
		if (!comma)
			return fail_at(r, "',' or ')' is needed");
		if (!read_dim(r))
			return false;
		comma = take(r, ',');
		if (!comma && r->rank == 1)
			return fail_at(r, "a tuple of one number needs ','");
	}
	return true;
}

static const struct {
	const char *name;
	bool (*read)(reader *r);
} keys[] = {{"descr", read_descr}, {"fortran_order", read_flag}, {"shape", read_shape}};

static bool read_entry(reader *r)
{
	char key[16];
	if (!read_string(r, key, sizeof key))
		return false;
	if (!take(r, ':'))
		return fail_at(r, "':' is needed");
	for (unsigned i = 0; i < TD_COUNT(keys); i++) {
		if (!td_same(key, keys[i].name))
			continue;
		if (r->seen & 1u << i)
			return td_fail(r->e, TD_E_DATA, "its header gives '%s' twice", key);
		r->seen |= 1u << i;
		return keys[i].read(r);
	}
	return td_fail(r->e, TD_E_DATA, "its header has the unknown key '%s'", key);
}

static bool read_dict(reader *r)
{
	if (!take(r, '{'))
		return fail_at(r, "'{' is needed");
	for (bool comma = true; !take(r, '}');) {
		if (!comma)
			return fail_at(r, "',' or '}' is needed");
		if (!read_entry(r))
			return false;
		comma = take(r, ',');
	}
	skip_blanks(r);
	if (r->at != r->end)
		return fail_at(r, "nothing may follow the dict");
	for (unsigned i = 0; i < TD_COUNT(keys); i++)
		if (!(r->seen & 1u << i))
			return td_fail(r->e, TD_E_DATA, "its header lacks '%s'", keys[i].name);
	return true;
}

/* -- what it means -------------------------------------------------------- */

/* What numpy can hold and tandem cannot, by the kind letter of the type string. */
static const struct {
	char kind;
	const char *what, *cure;
} foreign[] = {
	{'O', "are Python objects",
         "save numbers that all have one type: np.save(path, np.array(a, dtype=np.float32))"},
	{'c', "are complex numbers",
         "save real and imaginary parts: np.save(path, np.stack([a.real, a.imag], -1))"},
	{'U', "are text", "tandem reads numbers only"},
	{'S', "are text", "tandem reads numbers only"},
	{'a', "are text", "tandem reads numbers only"},
	{'V', "are records or raw bytes", "tandem reads numbers only"},
	{'M', "are dates", "save them as numbers: np.save(path, a.astype(np.int64))"},
	{'m', "are durations", "save them as numbers: np.save(path, a.astype(np.int64))"},
};

static bool find_dtype(const char *type, td_dtype *dtype)
{
	if (td_same(type, "b1")) {
		*dtype = TD_U8;
		return true;
	}
	for (unsigned i = 0; i < TD_N_DTYPES; i++)
		if (td_dtype_of((td_dtype)i)->npy && td_same(type, td_dtype_of((td_dtype)i)->npy)) {
			*dtype = (td_dtype)i;
			return true;
		}
	return false;
}

/* "<f4": byte order, kind, size. */
static bool set_dtype(td_npy *h, const char *descr, td_err *e)
{
	char order = descr[0];
	const char *type = descr + 1;
	if (!order || !strchr("<>|", order))
		return td_fail(e, TD_E_DATA,
		               "its type '%s' does not start with a byte order: <, > or |", descr);
	for (size_t i = 0; i < TD_COUNT(foreign); i++)
		if (foreign[i].kind == *type)
			return td_fail(e, TD_E_DATA, "its elements %s (%s); %s", foreign[i].what,
			               descr, foreign[i].cure);
	if (!find_dtype(type, &h->dtype))
		return td_fail(e, TD_E_DATA,
		               "its elements are '%s'; tandem reads f2, f4, f8, i4, i8, u1 and b1: "
		               "save it again with np.save(path, a.astype(np.float32)), or another "
		               "of these",
		               descr);
	if (order == '|' && td_sizeof(h->dtype) > 1)
		return td_fail(e, TD_E_DATA, "its type '%s' does not say the byte order: < or >",
		               descr);
	h->swapped = td_sizeof(h->dtype) > 1 && (order == '>') != host_is_big;
	return true;
}

static bool set_shape(td_npy *h, const reader *r, td_err *e)
{
	int64_t n = 1, extent = 1, bytes; /* extent: zeros left out, so that every span fits too */
	if (r->rank > TD_MAX_RANK)
		return td_fail(e, TD_E_DATA, "it has %d dims; tandem reads at most %d", r->rank,
		               TD_MAX_RANK);
	h->rank = r->rank;
	for (int i = 0; i < r->rank; i++) {
		h->dim[i] = r->dim[i];
		if (__builtin_mul_overflow(extent, r->dim[i] ? r->dim[i] : 1, &extent))
			return td_fail(e, TD_E_DATA, "its shape is larger than any file");
		n *= r->dim[i] ? 1 : 0;
	}
	if (__builtin_mul_overflow(extent, (int64_t)td_sizeof(h->dtype), &bytes))
		return td_fail(e, TD_E_DATA, "its shape is larger than any file");
	h->n = n ? extent : 0;
	return true;
}

static bool check_bytes(const td_npy *h, size_t file_bytes, td_err *e)
{
	size_t needed = (size_t)h->n * td_sizeof(h->dtype);
	size_t there = file_bytes > h->data_offset ? file_bytes - h->data_offset : 0;
	if (there < needed)
		return td_fail(
			e, TD_E_DATA,
			"it is cut off: its header promises %zu bytes of data, %zu are there",
			needed, there);
	if (there > needed)
		return td_fail(e, TD_E_DATA,
		               "%zu bytes follow the %zu bytes of data that its header promises",
		               there - needed, needed);
	return true;
}

/* Length of what stands before the header, and of the header. */
static bool read_lengths(const unsigned char *p, size_t n, size_t *before, size_t *length,
                         td_err *e)
{
	if (n < MAGIC + 2 || memcmp(p, "\x93NUMPY", MAGIC) != 0)
		return td_fail(e, TD_E_DATA,
		               "it is no .npy file: it does not start with \\x93NUMPY");
	unsigned major = p[6], minor = p[7];
	if (major < 1 || major > 3 || minor)
		return td_fail(
			e, TD_E_DATA,
			"it has version %u.%u of the .npy format; tandem reads 1.0, 2.0 and 3.0",
			major, minor);
	*before = major == 1 ? 10 : 12;
	if (n < *before)
		return td_fail(e, TD_E_DATA, "it is cut off: it ends after %zu bytes", n);
	*length = (size_t)p[8] | (size_t)p[9] << 8;
	if (major > 1)
		*length |= (size_t)p[10] << 16 | (size_t)p[11] << 24;
	return true;
}

bool td_npy_header(const void *bytes, size_t n, size_t file_bytes, td_npy *h, td_err *e)
{
	size_t before = 0, length = 0;
	*h = (td_npy){0};
	if (!read_lengths(bytes, n, &before, &length, e))
		return false;
	if (length > TD_NPY_HEADER_MAX - before)
		return td_fail(e, TD_E_DATA, "its header is %zu bytes long; at most %zu are read",
		               length, TD_NPY_HEADER_MAX - before);
	if (length > n - before)
		return td_fail(e, TD_E_DATA,
		               "it is cut off: its header needs %zu bytes, %zu are there", length,
		               n - before);
	const char *text = bytes;
	reader r = {.begin = text, .at = text + before, .end = text + before + length, .e = e};
	h->data_offset = before + length;
	if (!read_dict(&r) || !set_dtype(h, r.descr, e) || !set_shape(h, &r, e))
		return false;
	h->fortran = r.fortran && h->rank > 1;
	return check_bytes(h, file_bytes, e);
}

bool td_npy_open(const char *path, td_npy *h, td_err *e)
{
	int fd;
	size_t bytes;
	if (!td_file_open(path, &fd, &bytes, e))
		return false;
	char *head = td_alloc(TD_NPY_HEADER_MAX);
	ssize_t n = td_fd_read(fd, head, TD_NPY_HEADER_MAX);
	bool ok;
	if (n < 0)
		ok = td_fail_errno(e, TD_E_DATA, "cannot read %s", path);
	else
		ok = td_npy_header(head, (size_t)n, bytes, h, e) || td_within(e, "%s", path);
	close(fd);
	free(head);
	return ok;
}

/* -- elements ------------------------------------------------------------- */

static void copy_element(char *to, const char *from, size_t size, bool swapped)
{
	if (!swapped)
		memcpy(to, from, size);
	else
		for (size_t i = 0; i < size; i++)
			to[i] = from[size - 1 - i];
}

/* Where element `k` of a file in Fortran order stands in row-major order. */
static int64_t row_major(const td_npy *h, int64_t k)
{
	int64_t at = 0, stride = h->n;
	for (int i = 0; i < h->rank; i++) {
		stride /= h->dim[i];
		at += k % h->dim[i] * stride;
		k /= h->dim[i];
	}
	return at;
}

void td_npy_place(const td_npy *h, int64_t first, int64_t n, const void *raw, void *out)
{
	size_t size = td_sizeof(h->dtype);
	const char *from = raw;
	char *to = out;
	if (!h->fortran && !h->swapped) {
		memcpy(to + (size_t)first * size, from, (size_t)n * size);
		return;
	}
	for (int64_t k = first; k < first + n; k++, from += size) {
		int64_t at = h->fortran ? row_major(h, k) : k;
		copy_element(to + (size_t)at * size, from, size, h->swapped);
	}
}

/* -- writing -------------------------------------------------------------- */

bool td_npy_write(const char *path, const td_tensor *t, td_err *e)
{
	const td_dtype_info *info = td_dtype_of(t->dtype);
	if (!info->npy)
		return td_fail(e, TD_E_USAGE, "%s: .npy files cannot hold %s; cast it to f32 first",
		               path, info->name);
	td_str head = {0};
	td_str_add_n(&head, "\x93NUMPY\x01\x00", MAGIC + 2);
	td_str_add_n(&head, "\0\0", 2); /* the length, below */
	td_str_addf(&head, "{'descr': '%c%s', 'fortran_order': False, 'shape': (",
	            info->size == 1 ? '|'
	            : host_is_big   ? '>'
	                            : '<',
	            info->npy);
	for (int i = 0; i < t->rank; i++)
		td_str_addf(&head, "%s%" PRId64 "%s", i ? ", " : "", t->dim[i],
		            t->rank == 1 ? "," : "");
	td_str_add(&head, "), }");
	while ((head.n + 1) % ALIGN)
		td_str_add(&head, " ");
	td_str_add(&head, "\n");
	size_t length = head.n - 10;
	head.data[8] = (char)(length & 255);
	head.data[9] = (char)(length >> 8);
	bool ok = td_file_write_two(path, head.data, head.n, t->data,
	                            td_size_mul((size_t)td_numel(t), info->size), e);
	td_str_fini(&head);
	return ok;
}
