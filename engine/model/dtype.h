/* dtype.h: element types. Layer 1. The table is complete for storage types too (f16, bf16). */
#ifndef TD_MODEL_DTYPE_H
#define TD_MODEL_DTYPE_H

#include "../base/err.h"

typedef struct {
	const char *name; /* "f32" */
	const char *npy;  /* type string of a .npy file without byte order, "f4"; NULL: none */
	unsigned char size;
	bool is_float;
	double unit_roundoff; /* 0 for integers */
	double lo, hi;        /* integers: range */
} td_dtype_info;

/* Never NULL; `d` must be a dtype. */
const td_dtype_info *td_dtype_of(td_dtype d);
const char *td_dtype_name(td_dtype d);
bool td_dtype_parse(const char *name, td_dtype *d);
/* "f32, f64 or i32" */
typedef struct {
	char text[64];
} td_dtypes_text;
td_dtypes_text td_dtypes_list(unsigned set);

#endif
