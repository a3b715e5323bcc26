/* td_stored.h: numbers kept as f32, f16 or bf16, worked on as floats; the same bits in C and in OpenCL C.
 *
 *   td_stored_at(p, i, kind)                 where number i of p stands
 *   td_stored_get(p, i, kind)                number i; exact
 *   td_stored_set(p, i, kind, x)             rounds to the nearest, of two the even one; NaN is the one of td_half.h
 *   td_stored_load(p, i, n, kind)            numbers i … i + 15 as a vector, 0 behind the first n
 *   td_stored_store(v, p, i, n, kind)        the first n of a vector
 *   td_stored_widen(p, i, n, kind, to)       n numbers from i on
 *   td_stored_turned(p, i, column, …, to)    a span of columns, neighbours along k, as rows (td_pack_turned)
 * Tests of `kind` are the same for whole loops, so they cost nothing to speak of. */
#ifndef TD_STORED_H
#define TD_STORED_H

#include "td_half.h"
#include "td_product.h"

enum { TD_STORED_F32, TD_STORED_F16, TD_STORED_BF16 };

typedef const TD_GLOBAL void *td_stored; /* numbers of a kind that is said elsewhere */

TD_VINLINE td_stored td_stored_at(td_stored p, td_i64 i, int kind)
{
	return kind == TD_STORED_F32 ? (td_stored)((const TD_GLOBAL float *)p + i)
	                             : (td_stored)((const TD_GLOBAL td_h16 *)p + i);
}

TD_VINLINE float td_stored_get(td_stored p, td_i64 i, int kind)
{
	if (kind == TD_STORED_F32)
		return ((const TD_GLOBAL float *)p)[i];
	td_h16 h = ((const TD_GLOBAL td_h16 *)p)[i];
	return kind == TD_STORED_F16 ? td_of_f16(h) : td_of_bf16(h);
}

TD_VINLINE void td_stored_set(TD_GLOBAL void *p, td_i64 i, int kind, float x)
{
	if (kind == TD_STORED_F32)
		((TD_GLOBAL float *)p)[i] = x;
	else
		((TD_GLOBAL td_h16 *)p)[i] = kind == TD_STORED_F16 ? td_to_f16(x) : td_to_bf16(x);
}

/* -- 16 at once ------------------------------------------------------------------------ */

/* bf16 is the upper half of a float: rounded, shifted down; NaN is td_vone_nan's already. */
TD_VINLINE td_m16 td_stored_upper(td_v16 v)
{
	td_m16 bits = td_bits16(v);
	return (bits + td_mall(0x7fff) + ((bits >> 16) & td_mall(1))) >> 16;
}

#ifdef __OPENCL_C_VERSION__

static inline float16 td_stored_load_16(const __global ushort *p, int kind)
{
	return kind == TD_STORED_F16 ? vload_half16(0, (const __global half *)p)
	                             : as_float16(convert_uint16(vload16(0, p)) << 16);
}

static inline void td_stored_store_16(float16 v, __global ushort *p, int kind)
{
	if (kind == TD_STORED_F16)
		vstore_half16_rte(v, 0, (__global half *)p);
	else
		vstore16(convert_ushort16(td_stored_upper(v) & 0xffff), 0, p);
}

#else

typedef uint16_t td_h16x16 __attribute__((vector_size(32)));
typedef uint32_t td_h32x16 __attribute__((vector_size(64)));

TD_VINLINE td_v16 td_stored_load_16(const td_h16 *p, int kind)
{
	td_h16x16 h;
	memcpy(&h, p, sizeof h);
	if (kind == TD_STORED_BF16)
		/* not << 16, whose vector gcc 12's -fanalyzer takes for a number of 4 bits */
		return td_float16(__builtin_convertvector(h, td_h32x16) * 0x10000u);
#ifdef __AVX512F__
	return (td_v16)_mm512_maskz_cvtph_ps(0xffff, (__m256i)h);
#else
	td_v16 v;
	for (int l = 0; l < 16; l++)
		v[l] = td_of_f16(h[l]);
	return v;
#endif
}

TD_VINLINE void td_stored_store_16(td_v16 v, td_h16 *p, int kind)
{
	td_h16x16 h;
	if (kind == TD_STORED_BF16)
		h = __builtin_convertvector(td_stored_upper(v), td_h16x16);
	else
#ifdef __AVX512F__
		h = (td_h16x16)_mm512_maskz_cvtps_ph(0xffff, (__m512)v, _MM_FROUND_TO_NEAREST_INT);
#else
		for (int l = 0; l < 16; l++)
			h[l] = td_to_f16(v[l]);
#endif
	memcpy(p, &h, sizeof h);
}

#endif

TD_VINLINE td_v16 td_stored_load(td_stored p, td_i64 i, td_i64 n, int kind)
{
	p = td_stored_at(p, i, kind);
	if (kind == TD_STORED_F32)
		return td_vload_part((const TD_GLOBAL float *)p, n, 0);
	if (n >= 16)
		return td_stored_load_16((const TD_GLOBAL td_h16 *)p, kind);
	float some[16];
	for (int l = 0; l < 16; l++)
		some[l] = l < n ? td_stored_get(p, l, kind) : 0;
	return td_vload(some);
}

TD_VINLINE void td_stored_store(td_v16 v, TD_GLOBAL void *p, td_i64 i, td_i64 n, int kind)
{
	if (kind == TD_STORED_F32) {
		td_vstore_part(v, (TD_GLOBAL float *)p + i, n);
		return;
	}
	if (n >= 16) {
		td_stored_store_16(td_vone_nan(v), (TD_GLOBAL td_h16 *)p + i, kind);
		return;
	}
	float some[16];
	td_vstore(v, some);
	for (int l = 0; l < n; l++)
		td_stored_set(p, i + l, kind, some[l]);
}

/* -- many ------------------------------------------------------------------------------ */

TD_VINLINE void td_stored_widen(td_stored p, td_i64 i, int n, int kind, float *to)
{
	int k = 0;
	for (; k + 16 <= n; k += 16)
		td_vstore(td_stored_load(p, i + k, 16, kind), to + k);
	for (; k < n; k++)
		to[k] = td_stored_get(p, i + k, kind);
}

/* 16 columns of which `columns` are there, n values of k; rows of `to` are `wide` apart. */
TD_VINLINE void td_stored_turned(td_stored p, td_i64 i, td_i64 column, int columns, int n, int kind,
                                 float *to, int wide)
{
	int k = 0;
	for (; k + 16 <= n && columns >= 16; k += 16) {
		td_v16 m[16];
		TD_UNROLLED(16)
		for (int j = 0; j < 16; j++)
			m[j] = td_stored_load(p, i + j * column + k, 16, kind);
		td_turn(m);
		TD_UNROLLED(16)
		for (int j = 0; j < 16; j++)
			td_vstore(m[j], to + (k + j) * wide);
	}
	for (; k < n; k++)
		for (int j = 0; j < 16; j++)
			to[k * wide + j] =
				j < columns ? td_stored_get(p, i + j * column + k, kind) : 0;
}

#endif
