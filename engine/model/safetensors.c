#include "safetensors.h"

#include "../base/file.h"
#include "dtype.h"
#include "half.h"
#include "npy.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 8, ALIGN = 8 };

static const bool host_is_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

/* The dtypes of the format, and which of them are tandem's. */
static const struct {
	const char *type;
	unsigned size;
	td_dtype dtype;
} types[] = {
	{"F32", 4, TD_F32},
	{"F64", 8, TD_F64},
	{"I32", 4, TD_I32},
	{"I64", 8, TD_I64},
	{"U8", 1, TD_U8},
	{"BOOL", 1, TD_U8},
	{"F16", 2, TD_F16},
	{"BF16", 2, TD_BF16},
	{"I8", 1, TD_N_DTYPES},
	{"I16", 2, TD_N_DTYPES},
	{"U16", 2, TD_N_DTYPES},
	{"U32", 4, TD_N_DTYPES},
	{"U64", 8, TD_N_DTYPES},
	{"F8_E4M3", 1, TD_N_DTYPES},
	{"F8_E5M2", 1, TD_N_DTYPES},
};

/* -- names in messages: what a hostile file holds must not reach a terminal as it is --------- */

typedef struct {
	char text[80];
} shown;

static shown show(const char *name)
{
	shown s = {""};
	td_clip(s.text, sizeof s.text, "%s", name);
	for (char *c = s.text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return s;
}

/* -- one tensor -------------------------------------------------------------------- */

static bool wrong(const td_safetensor *t, td_err *e, const char *what)
{
	return td_fail(e, TD_E_DATA, "its tensor \"%s\" %s", show(t->name).text, what);
}

/* A whole number from 0 on; JSON numbers with a point are none. */
static bool natural(const json_t *j, int64_t *x)
{
	*x = json_is_integer(j) ? json_integer_value(j) : -1;
	return *x >= 0;
}

static bool read_type(td_safetensor *t, const json_t *j, unsigned *size, td_err *e)
{
	const char *type = json_string_value(j);
	if (!type)
		return wrong(t, e, "has no dtype, which is a string");
	for (size_t i = 0; i < TD_COUNT(types); i++)
		if (td_same(type, types[i].type)) {
			t->type = types[i].type;
			t->dtype = types[i].dtype;
			*size = types[i].size;
			return true;
		}
	return td_fail(e, TD_E_DATA, "its tensor \"%s\" has the unknown dtype \"%s\"",
	               show(t->name).text, show(type).text);
}

/* Zeros are left out of the product that must fit, so that every span of dims fits too. */
static bool read_shape(td_safetensor *t, const json_t *j, td_err *e)
{
	int64_t extent = 1;
	bool empty = false;
	if (!json_is_array(j))
		return wrong(t, e, "has no shape, which is a list of whole numbers");
	if (json_array_size(j) > TD_MAX_RANK)
		return wrong(t, e, "has more than 8 dims");
	t->rank = (int)json_array_size(j);
	for (int i = 0; i < t->rank; i++) {
		if (!natural(json_array_get(j, (size_t)i), &t->dim[i]))
			return wrong(t, e, "has a shape that is no list of whole numbers");
		empty |= t->dim[i] == 0;
		if (__builtin_mul_overflow(extent, t->dim[i] ? t->dim[i] : 1, &extent))
			return wrong(t, e, "has a shape larger than any file");
	}
	t->n = empty ? 0 : extent;
	return true;
}

static bool read_offsets(td_safetensor *t, const json_t *j, unsigned size, size_t data_bytes,
                         td_err *e)
{
	int64_t from, to, bytes;
	if (!json_is_array(j) || json_array_size(j) != 2 || !natural(json_array_get(j, 0), &from) ||
	    !natural(json_array_get(j, 1), &to))
		return wrong(t, e, "has no data_offsets, which are two whole numbers");
	if (from > to || (uint64_t)to > data_bytes)
		return td_fail(e, TD_E_DATA,
		               "its tensor \"%s\" is said to lie at bytes %" PRId64 " … %" PRId64
		               " of the data, of which there are %zu",
		               show(t->name).text, from, to, data_bytes);
	if (__builtin_mul_overflow(t->n, (int64_t)size, &bytes) || to - from != bytes)
		return td_fail(e, TD_E_DATA,
		               "its tensor \"%s\" has %" PRId64
		               " elements of %u bytes, but data_offsets of %" PRId64 " bytes",
		               show(t->name).text, t->n, size, to - from);
	t->begin = (size_t)from;
	t->end = (size_t)to;
	return true;
}

static bool read_tensor(td_safetensor *t, json_t *j, size_t data_bytes, td_err *e)
{
	unsigned size = 0;
	const char *key;
	json_t *value;
	if (!json_is_object(j))
		return wrong(t, e, "is no object with dtype, shape and data_offsets");
	json_object_foreach(j, key, value)
	{
		if (!td_same(key, "dtype") && !td_same(key, "shape") &&
		    !td_same(key, "data_offsets"))
			return td_fail(e, TD_E_DATA, "its tensor \"%s\" has the unknown key \"%s\"",
			               show(t->name).text, show(key).text);
	}
	return read_type(t, json_object_get(j, "dtype"), &size, e) &&
	       read_shape(t, json_object_get(j, "shape"), e) &&
	       read_offsets(t, json_object_get(j, "data_offsets"), size, data_bytes, e);
}

/* -- all of them -------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
	const td_safetensor *x = *(const td_safetensor *const *)a,
			    *y = *(const td_safetensor *const *)b;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

/* Every byte of the data belongs to one tensor. */
static bool check_places(const td_safetensors *s, size_t data_bytes, td_err *e)
{
	const td_safetensor **order = td_alloc(td_size_mul((size_t)s->n + 1, sizeof *order));
	size_t at = 0;
	bool ok = true;
	for (int i = 0; i < s->n; i++)
		order[i] = &s->items[i];
	qsort(order, (size_t)s->n, sizeof *order, by_place);
	for (int i = 0; i < s->n && ok; i++) {
		const td_safetensor *t = order[i];
		if (t->begin < at)
			ok = td_fail(e, TD_E_DATA, "its tensors \"%s\" and \"%s\" overlap",
			             show(order[i - 1]->name).text, show(t->name).text);
		else if (t->begin > at)
			ok = td_fail(e, TD_E_DATA,
			             "bytes %zu … %zu of its data belong to no tensor", at,
			             t->begin);
		at = t->end;
	}
	if (ok && at != data_bytes)
		ok = td_fail(e, TD_E_DATA, "bytes %zu … %zu of its data belong to no tensor", at,
		             data_bytes);
	free(order);
	return ok;
}

static bool check_metadata(json_t *j, td_err *e)
{
	const char *key;
	json_t *value;
	bool ok = json_is_object(j);
	json_object_foreach(j, key, value) ok &= json_is_string(value);
	return ok || td_fail(e, TD_E_DATA, "its __metadata__ is no object of strings");
}

static bool read_all(td_safetensors *s, json_t *root, size_t data_bytes, td_err *e)
{
	const char *name;
	json_t *j;
	if (!json_is_object(root))
		return td_fail(e, TD_E_DATA, "its header is no JSON object");
	s->items = td_arena_array(&s->arena, json_object_size(root) + 1, sizeof *s->items);
	json_object_foreach(root, name, j)
	{
		if (td_same(name, "__metadata__")) {
			if (!check_metadata(j, e))
				return false;
			continue;
		}
		td_safetensor *t = &s->items[s->n++];
		*t = (td_safetensor){.name = td_arena_strdup(&s->arena, name)};
		if (!read_tensor(t, j, data_bytes, e))
			return false;
	}
	return check_places(s, data_bytes, e);
}

bool td_safetensors_head(const void *bytes, size_t n, size_t file_bytes, size_t *needed, td_err *e)
{
	const unsigned char *p = bytes;
	uint64_t length = 0;
	if (n < LENGTH || file_bytes < LENGTH)
		return td_fail(e, TD_E_DATA, "it is no .safetensors file: it has %zu bytes",
		               file_bytes);
	for (int i = LENGTH; i-- > 0;)
		length = length << 8 | p[i];
	if (length > file_bytes - LENGTH)
		return td_fail(e, TD_E_DATA,
		               "it is cut off or no .safetensors file: its header is said to have "
		               "%" PRIu64 " bytes, the file has %zu",
		               length, file_bytes);
	if (length > TD_SAFETENSORS_HEADER_MAX)
		return td_fail(e, TD_E_DATA,
		               "its header is %" PRIu64 " bytes long; at most %zu are read", length,
		               TD_SAFETENSORS_HEADER_MAX);
	*needed = LENGTH + (size_t)length;
	return true;
}

bool td_safetensors_header(const void *bytes, size_t n, size_t file_bytes, td_safetensors *out,
                           td_err *e)
{
	size_t needed = 0;
	json_error_t why;
	*out = (td_safetensors){0};
	if (!td_safetensors_head(bytes, n, file_bytes, &needed, e))
		return false;
	if (n < needed)
		return td_fail(e, TD_E_DATA, "it is cut off in its header");
	out->data_offset = needed;
	json_t *root = json_loadb((const char *)bytes + LENGTH, needed - LENGTH,
	                          JSON_REJECT_DUPLICATES, &why);
	bool ok = root ? read_all(out, root, file_bytes - needed, e)
	               : td_fail(e, TD_E_DATA, "its header is damaged at byte %d: %s",
	                         why.position + LENGTH, show(why.text).text);
	json_decref(root);
	return ok;
}

void td_safetensors_fini(td_safetensors *s)
{
	td_arena_fini(&s->arena);
	*s = (td_safetensors){0};
}

/* -- reading one ----------------------------------------------------------------------- */

static const char *name_at(const void *s, int i)
{
	return ((const td_safetensors *)s)->items[i].name;
}

bool td_safetensors_find(const td_safetensors *s, const char *name, const td_safetensor **out,
                         td_err *e)
{
	for (int i = 0; i < s->n; i++) {
		const td_safetensor *t = &s->items[i];
		if (!td_same(t->name, name))
			continue;
		*out = t;
		return t->dtype != TD_N_DTYPES || td_fail(e, TD_E_DATA,
		                                          "its tensor \"%s\" is %s; tandem reads "
		                                          "F32, F64, F16, BF16, I32, I64, "
		                                          "U8 and BOOL",
		                                          show(name).text, t->type);
	}
	const char *close = td_closest(name, s->n, name_at, s);
	close = close ? close : s->n ? s->items[0].name : NULL;
	return td_fail(e, TD_E_DATA, "it has no tensor \"%s\"; %s%s%s among %d", name,
	               close ? "there is \"" : "there is none", close ? show(close).text : "",
	               close ? "\"" : "", s->n);
}

td_dtype td_safetensor_dtype(const td_safetensor *t, td_dtype wanted)
{
	bool half = t->dtype == TD_F16 || t->dtype == TD_BF16;
	return half && wanted == TD_F32 ? TD_F32 : t->dtype;
}

void td_safetensor_place(const td_safetensor *t, td_dtype as, int64_t first, int64_t n,
                         const void *raw, void *out)
{
	if (t->dtype == as) {
		td_npy h = {.dtype = t->dtype,
		            .n = t->n,
		            .swapped = host_is_big && td_sizeof(t->dtype) > 1};
		td_npy_place(&h, first, n, raw, out);
		return;
	}
	const unsigned char *p = raw;
	for (int64_t i = 0; i < n; i++, p += 2) {
		uint16_t h = (uint16_t)(p[0] | p[1] << 8);
		((float *)out)[first + i] = t->dtype == TD_F16 ? td_from_f16(h) : td_from_bf16(h);
	}
}

/* -- writing ------------------------------------------------------------------------------ */

static const char *type_of(td_dtype d)
{
	for (size_t i = 0; i < TD_COUNT(types); i++)
		if (types[i].dtype == d)
			return types[i].type;
	return NULL;
}

static size_t bytes_of(const td_tensor *t)
{
	return td_size_mul((size_t)td_numel(t), td_sizeof(t->dtype));
}

bool td_safetensors_write(const char *path, const char *const *names,
                          const td_tensor *const *tensors, int n, td_err *e)
{
	if (host_is_big) /* nobody has such a machine to test it on */
		return td_fail(e, TD_E_DEVICE,
		               "%s: .safetensors is written on little-endian machines only", path);
	json_t *root = json_object();
	td_file_part *part = td_alloc(td_size_mul((size_t)n + 2, sizeof *part));
	unsigned char length[LENGTH];
	size_t at = 0;
	for (int i = 0; i < n; i++) {
		const td_tensor *t = tensors[i];
		json_t *shape = json_array();
		for (int k = 0; k < t->rank; k++)
			json_array_append_new(shape, json_integer(t->dim[k]));
		json_int_t from = (json_int_t)at;
		at += bytes_of(t);
		json_object_set_new(root, names[i],
		                    json_pack("{s:s, s:o, s:[I, I]}", "dtype", type_of(t->dtype),
		                              "shape", shape, "data_offsets", from,
		                              (json_int_t)at));
		part[i + 2] = (td_file_part){t->data, bytes_of(t)};
	}
	char *json = json_dumps(root, JSON_COMPACT);
	td_str head = {0};
	td_str_add(&head, json);
	while (head.n % ALIGN)
		td_str_add(&head, " ");
	for (int i = 0; i < LENGTH; i++)
		length[i] = (unsigned char)(head.n >> 8 * i);
	part[0] = (td_file_part){length, LENGTH};
	part[1] = (td_file_part){head.data, head.n};
	bool ok = td_file_write_parts(path, part, (size_t)n + 2, e);
	td_str_fini(&head);
	free(json);
	free(part);
	json_decref(root);
	return ok;
}
