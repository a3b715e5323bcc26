#include "dtype.h"

#include "../base/str.h"

#include <string.h>

static const td_dtype_info table[TD_N_DTYPES] = {
	[TD_F32] = {"f32", "f4", 4, true, 0x1p-24, 0, 0},
	[TD_F64] = {"f64", "f8", 8, true, 0x1p-53, 0, 0},
	[TD_I32] = {"i32", "i4", 4, false, 0, -0x1p31, 0x1p31 - 1},
	[TD_I64] = {"i64", "i8", 8, false, 0, -0x1p63, 0x1p63},
	[TD_U8] = {"u8", "u1", 1, false, 0, 0, 255},
	[TD_F16] = {"f16", "f2", 2, true, 0x1p-11, 0, 0},
	[TD_BF16] = {"bf16", NULL, 2, true, 0x1p-8, 0, 0},
};

const td_dtype_info *td_dtype_of(td_dtype d)
{
	return &table[d];
}

const char *td_dtype_name(td_dtype d)
{
	return table[d].name;
}

size_t td_sizeof(td_dtype d)
{
	return table[d].size;
}

bool td_dtype_parse(const char *name, td_dtype *d)
{
	for (unsigned i = 0; i < TD_N_DTYPES; i++)
		if (td_same(name, table[i].name)) {
			*d = (td_dtype)i;
			return true;
		}
	return false;
}

td_dtypes_text td_dtypes_list(unsigned set)
{
	td_dtypes_text out = {""};
	for (unsigned i = 0; i < TD_N_DTYPES; i++) {
		if (!(set & TD_BIT(i)))
			continue;
		set &= ~TD_BIT(i);
		size_t n = strlen(out.text);
		const char *join = !n ? "" : set ? ", " : " or ";
		td_clip(out.text + n, sizeof out.text - n, "%s%s", join, table[i].name);
	}
	return out;
}

int64_t td_numel(const td_tensor *t)
{
	return td_span(t, 0, t->rank);
}

double td_elements(const td_tensor *t)
{
	int64_t n = td_numel(t);
	return (double)n;
}

double td_bytes(const td_tensor *t)
{
	return td_elements(t) * (double)table[t->dtype].size;
}

int64_t td_span(const td_tensor *t, int first, int last)
{
	int64_t n = 1;
	for (int i = first < 0 ? t->rank + first : first; i < (last < 0 ? t->rank + last : last);
	     i++)
		n *= t->dim[i];
	return n;
}
